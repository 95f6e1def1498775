"""The linear operations and the products, each of which is its own derivative.

An array with a tangent carries K directions on a leading axis: a primal of shape s, a tangent of
shape (K, *s). So a function here takes `lead`, the number of axes that stand before the operation's
own: 0 for a primal, 1 for a tangent.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradparity.backends.longdouble import products as extended_product
from gradparity.problems import Array, InputError
from gradparity.problems.matrices import functions
from gradparity.problems.operations import numpy_functions

Function = Callable[..., Any]


def axes_of(axis: int | tuple[int, ...] | None, ndim: int, lead: int) -> tuple[int, ...]:
    """Return `axis` of an array of `ndim` axes, counted from 0, moved behind `lead` axes."""
    if axis is None:
        return tuple(range(lead, ndim + lead))
    given = axis if isinstance(axis, tuple) else (axis,)
    return tuple(lead + np.lib.array_utils.normalize_axis_index(a, ndim) for a in given)


def _sum(x: Array, lead: int, axis: Any = None, keepdims: bool = False) -> Array:
    return np.sum(x, axis=axes_of(axis, x.ndim - lead, lead), keepdims=keepdims)


def _mean(x: Array, lead: int, axis: Any = None, keepdims: bool = False) -> Array:
    axes = axes_of(axis, x.ndim - lead, lead)
    count = np.longdouble(math.prod(x.shape[a] for a in axes))
    return np.sum(x, axis=axes, keepdims=keepdims) / count


def _cumulative_sum(
    x: Array, lead: int, axis: int | None = None, include_initial: bool = False
) -> Array:
    along = _one_axis(x, lead, axis, "cumulative_sum")
    return np.cumulative_sum(x, axis=along, include_initial=include_initial)


def _one_axis(x: Array, lead: int, axis: int | None, name: str) -> int:
    if axis is None:
        if x.ndim - lead != 1:
            raise InputError(f"xp.{name} of {x.ndim - lead} dimensions needs an axis")
        return lead
    return axes_of(axis, x.ndim - lead, lead)[0]


def _reshape(x: Array, lead: int, shape: Any) -> Array:
    return np.reshape(x, (*x.shape[:lead], *_shape(shape)))


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(shape) if isinstance(shape, tuple | list) else (shape,)


def _expand_dims(x: Array, lead: int, axis: Any = 0) -> Array:
    added = len(axis) if isinstance(axis, tuple) else 1
    return np.expand_dims(x, axes_of(axis, x.ndim - lead + added, lead))


def _squeeze(x: Array, lead: int, axis: Any) -> Array:
    return np.squeeze(x, axes_of(axis, x.ndim - lead, lead))


def _broadcast_to(x: Array, lead: int, shape: Any) -> Array:
    wanted = _shape(shape)
    return np.broadcast_to(lifted(x, len(wanted), lead), (*x.shape[:lead], *wanted))


def _permute_dims(x: Array, lead: int, axes: tuple[int, ...]) -> Array:
    return np.transpose(x, (*range(lead), *axes_of(tuple(axes), x.ndim - lead, lead)))


def _matrix_transpose(x: Array, lead: int) -> Array:
    if x.ndim - lead < 2:
        raise InputError("a matrix transpose (x.T, xp.matrix_transpose) needs two axes or more")
    return np.swapaxes(x, -1, -2)


def _flip(x: Array, lead: int, axis: Any = None) -> Array:
    return np.flip(x, axes_of(axis, x.ndim - lead, lead))


def _roll(x: Array, lead: int, shift: Any, axis: Any = None) -> Array:
    if axis is None:
        flat = np.reshape(x, (*x.shape[:lead], -1))
        return np.reshape(np.roll(flat, shift, lead), x.shape)
    return np.roll(x, shift, axes_of(axis, x.ndim - lead, lead))


def _take(x: Array, lead: int, indices: Any, axis: int | None = None) -> Array:
    return np.take(x, indices, axis=_one_axis(x, lead, axis, "take"))


def _take_along_axis(x: Array, lead: int, indices: Any, axis: int = -1) -> Array:
    placed = np.reshape(indices, (*(1,) * lead, *np.shape(indices)))
    return np.take_along_axis(x, placed, axis=axes_of(axis, x.ndim - lead, lead)[0])


def _segment_sum(x: Array, lead: int, segment_ids: Any, num_segments: int) -> Array:
    turned = np.moveaxis(x, lead, 0)
    return np.moveaxis(numpy_functions.segment_sum(turned, segment_ids, num_segments), 0, lead)


def _fourier(x: Array, lead: int, axis: int = -2, inverse: bool = False) -> Array:
    along = axes_of(axis, x.ndim - lead, lead)[0]
    return functions.fourier(x, axis=along - x.ndim, inverse=inverse)


def index(x: Array, lead: int, key: Any) -> Array:
    """Return x[key] on the axes behind `lead`."""
    if lead == 0:
        return x[key]
    # The axis of directions goes last: in front it would join the places that integer arrays fill.
    keys = key if isinstance(key, tuple) else (key,)
    if any(part is Ellipsis for part in keys):
        keys = (*keys, slice(None))
    return np.moveaxis(np.moveaxis(x, 0, -1)[keys], -1, 0)


# y = f(x) linear in x: f(x, lead, ...), the same for primal and tangent.
LINEAR: dict[str, Function] = {
    "sum": _sum,
    "mean": _mean,
    "cumulative_sum": _cumulative_sum,
    "segment_sum": _segment_sum,
    "reshape": _reshape,
    "expand_dims": _expand_dims,
    "squeeze": _squeeze,
    "broadcast_to": _broadcast_to,
    "permute_dims": _permute_dims,
    "matrix_transpose": _matrix_transpose,
    "flip": _flip,
    "roll": _roll,
    "take": _take,
    "take_along_axis": _take_along_axis,
    "fourier": _fourier,
}

SUMS = {LINEAR[name] for name in ("sum", "mean", "cumulative_sum", "segment_sum", "fourier")}
"""Those that add up, and so need an array in longdouble; the others move its entries about."""


def lifted(tangent: Array, ndim: int, lead: int = 1) -> Array:
    """Return a tangent with axes of length 1 behind its directions, as a primal of `ndim` axes."""
    missing = ndim - (tangent.ndim - lead)
    return np.reshape(tangent, (*tangent.shape[:lead], *(1,) * missing, *tangent.shape[lead:]))


def matmul(operands: Sequence[Array], direction: int | None) -> Array:
    """Return x @ y where the operand numbered `direction` has a leading axis of directions."""
    x, y = operands
    x_lead, y_lead = int(direction == 0), int(direction == 1)
    if 0 in (x.ndim - x_lead, y.ndim - y_lead):
        raise InputError("a matrix product needs arrays of one axis or more; write x * y")
    rows = np.expand_dims(x, -2) if x.ndim - x_lead == 1 else x
    columns = np.expand_dims(y, -1) if y.ndim - y_lead == 1 else y
    rank = max(rows.ndim - x_lead, columns.ndim - y_lead)
    if x_lead:
        rows = lifted(rows, rank)
    if y_lead:
        columns = lifted(columns, rank)
    product = extended_product.matmul(rows, columns)
    if y.ndim - y_lead == 1:
        product = product[..., 0]
    if x.ndim - x_lead == 1:
        product = product[..., 0] if y.ndim - y_lead == 1 else product[..., 0, :]
    return product


def einsum(operands: Sequence[Array], direction: int | None, subscripts: str) -> Array:
    """Return einsum where the operand numbered `direction` has a leading axis of directions."""
    inputs, output = _explicit(subscripts)
    if len(inputs) != len(operands):
        raise InputError(
            f"xp.einsum({subscripts!r}) names {len(inputs)} arrays, got {len(operands)}"
        )
    if direction is not None:
        letter = next(x for x in string.ascii_letters if x not in subscripts)
        inputs[direction] = letter + inputs[direction]
        output = letter + output
    if len(operands) == 2:
        return extended_product.contract(f"{','.join(inputs)}->{output}", *operands)
    return np.einsum(f"{','.join(inputs)}->{output}", *operands, dtype=np.longdouble)


def _explicit(subscripts: str) -> tuple[list[str], str]:
    """Return the subscripts of the operands and of the output; without "->", einsum's own rule."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        letters = sorted({x for x in inputs if x.isalpha() and inputs.count(x) == 1})
        output = ("..." if "..." in inputs else "") + "".join(letters)
    return inputs.split(","), output

"""The operations of `problems.namespace`, as a loss calls them, taken apart into primitives.

Arguments are those of the Python array API standard 2024.12. Here negative axes are counted from
the front, axis=None becomes all axes, and shapes are checked, so that the rules need not.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine import elementwise as e
from gradparity.backends.numpy_tape.engine import primitive as p
from gradparity.backends.numpy_tape.engine.box import Primitive
from gradparity.backends.numpy_tape.engine.einsum_subscripts import einsum
from gradparity.backends.numpy_tape.engine.indexing import matrix_transpose
from gradparity.backends.numpy_tape.engine.loss_array import LossArray, raised
from gradparity.backends.numpy_tape.engine.loss_operands import admit, admitting, checked
from gradparity.problems import Array, InputError, Namespace
from gradparity.problems.namespace import ELEMENTWISE, require

Axis = int | tuple[int, ...] | None

__all__ = ["einsum", "matrix_transpose", "namespace"]


require("backends/numpy_tape/engine/elementwise.py", {"pow", *e.ELEMENTWISE}, ELEMENTWISE)
FUNCTIONS: dict[str, Callable[..., Array]] = {
    **{name: admitting(e.ELEMENTWISE[name]) for name in ELEMENTWISE if name != "pow"},
    "pow": raised,
}
"""The elementwise operations, each of which is a primitive."""

matmul = admitting(p.matmul)


def array(x: Any) -> LossArray:
    """x itself, if it is an array of the loss; otherwise InputError, which says what to wrap."""
    if not isinstance(admit(x), LossArray):
        raise InputError(f"an operation on arrays got the Python number {x}")
    return x  # type: ignore[no-any-return]


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """`axis` counted from the front; None is all axes. InputError if there is no such axis."""
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    for a in given:
        if not -ndim <= a < ndim:
            raise InputError(f"axis {a} of an array of {ndim} axes")
    return tuple(a % ndim for a in given)


def _one_axis(axis: int | None, ndim: int, name: str) -> int:
    if axis is None and ndim != 1:
        raise InputError(f"xp.{name} of {ndim} dimensions needs an axis")
    return axes_of(axis, ndim)[0]


def clip(x: Any, min: Any = None, max: Any = None) -> Array:
    """x between min and max."""
    above = x if min is None else checked(e.maximum, x, min)
    return above if max is None else checked(e.minimum, above, max)


def where(condition: Any, x: Any, y: Any) -> Array:
    """x where the condition holds, else y."""
    return checked(e.where, condition, x, y)


def _reduction(primitive: Primitive) -> Callable[..., Array]:
    def operation(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
        over = axes_of(axis, array(x).ndim)
        if not over:
            return x
        return checked(primitive, x, axis=tuple(sorted(over)), keepdims=keepdims)

    return operation


sum, prod = _reduction(p.sum), _reduction(p.prod)
max, min = _reduction(p.max), _reduction(p.min)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean over axes."""
    count = math.prod(x.shape[a] for a in axes_of(axis, array(x).ndim))
    return sum(x, axis=axis, keepdims=keepdims) / count


def cumulative_sum(x: Any, axis: int | None = None, include_initial: bool = False) -> Array:
    """Running sums along an axis; with include_initial a zero comes first."""
    along = _one_axis(axis, array(x).ndim, "cumulative_sum")
    summed = p.cumulative_sum(x, axis=along)
    if not include_initial:
        return summed
    shape = (*x.shape[:along], 1, *x.shape[along + 1 :])
    first = x.create(p.full, shape=shape, value=0, dtype=summed.dtype)
    return p.concat(first, summed, axis=along)


def reshape(x: Any, shape: int | Sequence[int]) -> Array:
    """x in another shape, in row-major order; one entry may be -1."""
    wanted = _shape(shape)
    known = math.prod(n for n in wanted if n != -1)
    if wanted.count(-1) == 1 and known:
        wanted = tuple(array(x).size // known if n == -1 else n for n in wanted)
    if math.prod(wanted) != array(x).size or -1 in wanted:
        raise InputError(f"an array of shape {x.shape} cannot be reshaped to {_shape(shape)}")
    return x if wanted == x.shape else p.reshape(x, shape=wanted)


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in shape) if isinstance(shape, Sequence) else (int(shape),)


def expand_dims(x: Any, axis: int | tuple[int, ...] = 0) -> Array:
    """x with new axes of length 1, at these places of the result."""
    count = len(axis) if isinstance(axis, tuple) else 1
    places = axes_of(axis, array(x).ndim + count)
    lengths = iter(x.shape)
    return reshape(x, [1 if a in places else next(lengths) for a in range(x.ndim + count)])


def squeeze(x: Any, axis: int | tuple[int, ...]) -> Array:
    """x without these axes, which must be of length 1."""
    dropped = axes_of(axis, array(x).ndim)
    if any(x.shape[a] != 1 for a in dropped):
        raise InputError(f"xp.squeeze: axis {axis} of shape {x.shape} is not of length 1")
    return reshape(x, [n for a, n in enumerate(x.shape) if a not in dropped])


def broadcast_to(x: Any, shape: int | Sequence[int]) -> Array:
    """x repeated to a shape."""
    wanted = _shape(shape)
    return x if array(x).shape == wanted else p.broadcast_to(x, shape=wanted)


def permute_dims(x: Any, axes: Sequence[int]) -> Array:
    """x with its axes in another order."""
    order = axes_of(tuple(axes), array(x).ndim)
    if sorted(order) != list(range(x.ndim)):
        raise InputError(f"xp.permute_dims: {tuple(axes)} does not order {x.ndim} axes")
    return p.transpose(x, axes=order)


def concat(arrays: Sequence[Any], axis: int | None = 0) -> Array:
    """The arrays one behind the other along an axis; flattened first, if it is None."""
    parts = [array(x) for x in arrays]
    if not parts:
        raise InputError("xp.concat of no arrays")
    if axis is None:
        return concat([reshape(x, -1) for x in parts])
    return checked(p.concat, *parts, axis=axes_of(axis, parts[0].ndim)[0])


def stack(arrays: Sequence[Any], axis: int = 0) -> Array:
    """The arrays side by side along a new axis."""
    return concat([expand_dims(x, axis) for x in arrays], axis=axis)


def flip(x: Any, axis: Axis = None) -> Array:
    """x in reversed order along axes."""
    return p.flip(x, axis=axes_of(axis, array(x).ndim))


def roll(x: Any, shift: int | tuple[int, ...], axis: Axis = None) -> Array:
    """x moved on along axes, round the end; flattened for the purpose, if axis is None."""
    if axis is None:
        return reshape(roll(reshape(x, -1), shift, 0), array(x).shape)
    over = axes_of(axis, array(x).ndim)
    shifts = shift if isinstance(shift, tuple) else (shift,) * len(over)
    return p.roll(x, shift=shifts, axis=over)


def take(x: Any, indices: Any, axis: int | None = None) -> Array:
    """The entries along an axis at integer `indices`."""
    along = _one_axis(axis, array(x).ndim, "take")
    return checked(p.take, x, _integers(indices), axis=along)


def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Array:
    """For each line along an axis the entries at that line's `indices`."""
    along = axes_of(axis, array(x).ndim)[0]
    return checked(p.take_along_axis, x, _integers(indices), axis=along)


def _integers(indices: Any) -> LossArray:
    if array(indices).dtype.kind not in "iu":
        raise InputError(f"indices are integers, not {indices.dtype}")
    return indices  # type: ignore[no-any-return]


def _like(value: int, x: Any, dtype: Any = None) -> Array:
    kind = np.dtype(array(x).dtype if dtype is None else dtype)
    return x.create(p.full, shape=x.shape, value=kind.type(value).item(), dtype=kind)


zeros_like, ones_like = partial(_like, 0), partial(_like, 1)


def astype(x: Any, dtype: Any) -> Array:
    """x in another dtype."""
    wanted = np.dtype(dtype)
    if wanted.kind == "c":
        raise InputError(f"{wanted} is complex; a loss computes with real numbers")
    return x if array(x).dtype == wanted else e.astype(x, dtype=wanted)


def _arange(
    like: LossArray, start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None
) -> Array:
    """start, start + step, ... before stop; floats in `like.floating`."""
    first, last = (0, start) if stop is None else (start, stop)
    if any(isinstance(admit(x), LossArray) for x in (first, last, step)):
        raise InputError("xp.arange of an array: its length would depend on values")
    floats = any(isinstance(x, float) for x in (first, last, step))
    kind = np.dtype(dtype or (like.floating if floats else np.int64))
    count = math.ceil((last - first) / step)
    counted = like.create(p.arange, n=count if count > 0 else 0, dtype=kind)
    scaled = counted if step == 1 else counted * step
    return scaled if first == 0 else scaled + first


def _where(like: LossArray, condition: Any, x: Any, y: Any) -> Array:
    """`where`; two Python floats become `like.floating`."""
    numbers = [admit(x), admit(y)]
    if not any(isinstance(v, LossArray) for v in numbers) and float in map(type, numbers):
        x = like.create(p.full, shape=(), value=x, dtype=like.floating)
    return where(condition, x, y)


def namespace(like: LossArray) -> Namespace:
    """The `xp` of a loss whose parameters are boxes such as `like`."""
    return _NAMESPACE.replaced(arange=partial(_arange, like), where=partial(_where, like))


_NAMESPACE = Namespace("tape", sys.modules[__name__], FUNCTIONS | {"arange": _arange})

"""What moves entries about, and picks some."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from gradparity.backends.numpy_tape.operations.arguments import (
    Axis,
    array,
    axes_of,
    integers,
    one_axis,
    shape_of,
)
from gradparity.backends.numpy_tape.operations.indexing import matrix_transpose
from gradparity.backends.numpy_tape.operations.loss_operands import checked
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.problems import Array, InputError


def reshape(x: Any, shape: int | Sequence[int]) -> Array:
    """x in another shape, in row-major order; one entry may be -1."""
    wanted = shape_of(shape)
    known = math.prod(n for n in wanted if n != -1)
    if wanted.count(-1) == 1 and known:
        wanted = tuple(array(x).size // known if n == -1 else n for n in wanted)
    if math.prod(wanted) != array(x).size or -1 in wanted:
        raise InputError(f"an array of shape {x.shape} cannot be reshaped to {shape_of(shape)}")
    return x if wanted == x.shape else p.reshape(x, shape=wanted)


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
    wanted = shape_of(shape)
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
    along = one_axis(axis, array(x).ndim, "take")
    return checked(p.take, x, integers(indices), axis=along)


def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Array:
    """For each line along an axis the entries at that line's `indices`."""
    along = axes_of(axis, array(x).ndim)[0]
    return checked(p.take_along_axis, x, integers(indices), axis=along)


OPERATIONS: dict[str, Callable[..., Array]] = {
    "reshape": reshape,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "broadcast_to": broadcast_to,
    "permute_dims": permute_dims,
    "matrix_transpose": matrix_transpose,
    "concat": concat,
    "stack": stack,
    "flip": flip,
    "roll": roll,
    "take": take,
    "take_along_axis": take_along_axis,
}

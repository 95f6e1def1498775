"""The arguments of an operation: arrays, axes counted from the front, shapes, integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradparity.backends.numpy_tape.operations.loss_array import LossArray
from gradparity.backends.numpy_tape.operations.loss_operands import admit
from gradparity.problems import InputError

Axis = int | tuple[int, ...] | None


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


def one_axis(axis: int | None, ndim: int, name: str) -> int:
    """`axis` counted from the front; None is the only one. InputError if there are several."""
    if axis is None and ndim != 1:
        raise InputError(f"xp.{name} of {ndim} dimensions needs an axis")
    return axes_of(axis, ndim)[0]


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple; one integer is one axis."""
    return tuple(int(n) for n in shape) if isinstance(shape, Sequence) else (int(shape),)


def integers(indices: Any) -> LossArray:
    """The indices; InputError unless they are integers."""
    if array(indices).dtype.kind not in "iu":
        raise InputError(f"indices are integers, not {indices.dtype}")
    return indices  # type: ignore[no-any-return]

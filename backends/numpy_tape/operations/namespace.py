"""The `xp` of a loss: the operations of `problems/operations/`, taken apart into primitives.

Arguments are those of the Python array API standard 2024.12. Here negative axes are counted from
the front, axis=None becomes all axes, and shapes are checked, so that the rules need not. A file of
this room is one line of `FILES`; what is composed of other operations needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gradparity.backends.numpy_tape.operations import (
    control,
    creation,
    elementwise,
    fourier,
    linear_algebra,
    order,
    products,
    reductions,
    shapes,
)
from gradparity.backends.numpy_tape.operations.loss_array import LossArray
from gradparity.problems import Array, Namespace

FILES = (elementwise, reductions, order, products, linear_algebra, fourier, shapes, creation)

_OPERATIONS: dict[str, Callable[..., Array]] = {
    name: operation for file in FILES for name, operation in file.OPERATIONS.items()
}
_CREATING: dict[str, Callable[..., Array]] = {**creation.CREATING, "where": elementwise.where_of}
TAPE = Namespace("tape", None, _OPERATIONS | _CREATING | control.CONTROL, complex_pairs=True)
"""The operations, but for those that must know which interpreter makes an array."""


def namespace(like: LossArray) -> Namespace:
    """The `xp` of a loss whose parameters are boxes such as `like`."""
    xp = TAPE.replaced(**{name: partial(f, like) for name, f in _CREATING.items()})
    return xp.replaced(**{name: partial(f, xp, like) for name, f in control.CONTROL.items()})

"""Operations entry by entry: a primitive each, and those that are two of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.operations.loss_array import LossArray, raised
from gradparity.backends.numpy_tape.operations.loss_operands import admit, admitting, checked
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE
from gradparity.problems import Array
from gradparity.problems.namespace import require
from gradparity.problems.operations import families


def clip(x: Any, min: Any = None, max: Any = None) -> Array:
    """x between min and max."""
    above = x if min is None else checked(e.maximum, x, min)
    return above if max is None else checked(e.minimum, above, max)


def where(condition: Any, x: Any, y: Any) -> Array:
    """x where the condition holds, else y."""
    return checked(e.where, condition, x, y)


def where_of(like: LossArray, condition: Any, x: Any, y: Any) -> Array:
    """`where`; two Python floats become `like.floating`."""
    numbers = [admit(x), admit(y)]
    if not any(isinstance(v, LossArray) for v in numbers) and float in map(type, numbers):
        x = like.create(p.full, shape=(), value=x, dtype=like.floating)
    return where(condition, x, y)


require(
    "the records of backends/numpy_tape/primitives/", {"pow", *ELEMENTWISE}, families.ELEMENTWISE
)
OPERATIONS: dict[str, Callable[..., Array]] = {
    **{name: admitting(ELEMENTWISE[name]) for name in families.ELEMENTWISE if name != "pow"},
    "pow": raised,
    "clip": clip,
    "where": where,
}

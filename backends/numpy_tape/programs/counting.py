"""Counting boxes: plain arrays, and a tally of the primitives that meet them.

The lowest interpreter but one: below it there is NumPy alone, above it whatever a loss and its
derivative are made of. So it sees each primitive that is applied, the rules' own included.
"""

from __future__ import annotations

from typing import Any

from gradparity.backends.numpy_tape.primitives.box import Box, Primitive
from gradparity.backends.numpy_tape.programs.program import LEAVES
from gradparity.problems import Arrays

LEVEL = 1


class PrimitiveTally:
    """How many primitives have been applied; an array of one value that is made is not counted."""

    def __init__(self) -> None:
        self.operations = 0


class CountingBox(Box):
    """An array whose primitives are counted."""

    __slots__ = ("level", "tally", "value")

    def __init__(self, value: Any, tally: PrimitiveTally) -> None:
        self.value, self.tally, self.level = value, tally, LEVEL

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The shape, as of a NumPy array."""
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype, as of a NumPy array."""
        return self.value.dtype

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> CountingBox:
        """Count, and compute."""
        self.tally.operations += primitive.name not in LEAVES
        values = (x.value if isinstance(x, CountingBox) else x for x in operands)
        return CountingBox(primitive.numpy(*values, **static), self.tally)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    __index__ = __int__

    def __float__(self) -> float:
        return float(self.value)


def boxed(arrays: Arrays, tally: PrimitiveTally) -> Arrays:
    """The arrays as counting boxes."""
    return {name: CountingBox(x, tally) for name, x in arrays.items()}

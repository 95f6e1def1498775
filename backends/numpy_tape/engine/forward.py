"""Forward mode: carry along how each value moves when the parameters move in a given direction.

A forward box holds x and its tangent ẋ, the derivative of x along the direction. For y = f(x) the
chain rule says ẏ = ∂f/∂x ẋ, and `FORWARD_RULES` states it for each primitive. Value and tangent are
computed side by side, and nothing is remembered.

One direction at a time, of any interpreter's arrays: if the tangent is a batch (`batch.py`), many.
"""

from __future__ import annotations

from typing import Any

from gradparity.backends.numpy_tape.engine.forward_rules import tangent_of
from gradparity.backends.numpy_tape.operations.loss_array import LossArray
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Box, Primitive, anew, apply
from gradparity.backends.numpy_tape.primitives.table import FLAT
from gradparity.problems import Array


class ForwardBox(LossArray):
    """An array and its tangent, of the same shape; None for an array that does not move."""

    __slots__ = ("floating", "level", "tangent", "value")

    def __init__(
        self, value: Array, level: int, floating: Any, tangent: Array | None = None
    ) -> None:
        self.value, self.level, self.floating, self.tangent = value, level, floating, tangent

    def anew(self) -> ForwardBox:
        """See `Box.anew`."""
        tangent = None if self.tangent is None else anew(self.tangent)
        return ForwardBox(anew(self.value), self.level, self.floating, tangent)

    def taken_back(self, g: Any) -> Any:
        """See `Box.taken_back`."""
        return self.value.taken_back(g) if isinstance(self.value, Box) else g

    def constant(self, value: Array) -> ForwardBox:
        """See `LossArray.constant`."""
        return ForwardBox(value, self.level, self.floating)

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> ForwardBox:
        """Compute the result below, and its tangent from those of the operands."""
        values, tangents = [], []
        for x in operands:
            mine = isinstance(x, ForwardBox) and x.level == self.level
            values.append(x.value if mine else x)
            tangents.append(x.tangent if mine else None)
        result = apply(primitive, *values, **static)
        moves = any(tangent is not None for tangent in tangents)
        if not moves or primitive.name in FLAT or result.dtype.kind != "f":
            return ForwardBox(result, self.level, self.floating)
        tangent = tangent_of(primitive)(tangents, result, values, static)
        if tangent.dtype != result.dtype:
            tangent = e.astype(tangent, dtype=result.dtype)
        if tangent.shape != result.shape:
            tangent = p.broadcast_to(tangent, shape=result.shape)
        return ForwardBox(result, self.level, self.floating, tangent)

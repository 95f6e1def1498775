"""A primitive whose rules are methods of its own, for any number of operands."""

from __future__ import annotations

from typing import Any

from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.problems import Array


class SelfRuled(Primitive):
    """A primitive that no table of rules has a line for."""

    __slots__ = ()

    def adjoint(self, place: int, g: Array, z: Array, operands: Any, static: Any) -> Array:
        """From g, the adjoint of the result z, that of the operand numbered `place`."""
        raise NotImplementedError

    def tangent(self, tangents: Any, z: Array, operands: Any, static: Any) -> Array:
        """The tangent of the result, from those of the operands; None for one that stays."""
        raise NotImplementedError

    def told(self, static: dict[str, Any], places: tuple[int, ...]) -> dict[str, Any]:
        """The statics, with the places of the operands that an adjoint will be asked of."""
        raise NotImplementedError

"""The operators of `tape-eager`: the rules applied as the loss runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.backends.operators import differentiated
from gradparity.problems import Arrays, Problem


@dataclass(frozen=True, slots=True)
class EagerOperators:
    """Every operator by `engine/derivatives.py`; results as `numpy_native.decoder` takes them."""

    problem: Problem

    def value(self, params: Arrays, data: Arrays) -> Any:
        """The loss on the tape, which is not walked."""
        return derivatives.value(self.problem.loss, params, data)

    def gradient(self, params: Arrays, data: Arrays) -> Any:
        """Reverse mode."""
        return derivatives.value_and_gradient(self.problem.loss, params, data)

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Any:
        """Forward mode."""
        return derivatives.jvp(self.problem.loss, params, data, direction)

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Any:
        """Forward over reverse."""
        return derivatives.hvp(self.problem.loss, params, data, direction)

    def hessian(self, params: Arrays, data: Arrays) -> Any:
        """The hvp along all unit directions, many at once."""
        return derivatives.hessian(self.problem.loss, params, data)

    def jacobian(self, params: Arrays, data: Arrays) -> Any:
        """By rows (reverse mode) or columns (forward mode), whichever are fewer."""
        return derivatives.jacobian(differentiated(self.problem, "jacobian"), params, data)

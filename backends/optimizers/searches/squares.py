"""What the methods for sums of squares share: residuals and Jacobian where they stand."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Objective, Stalled, Vector

AGREE = 1e-3
"""How far half the sum of squares may be from the loss, for both to be the same function."""


class Squares:
    """The residuals of a loss that is half the sum of their squares."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self._residuals: Vector | None = None

    def begin(self, theta: Vector) -> tuple[Vector, np.ndarray[Any, Any]]:
        """r, (m,), and ∂r/∂θ, (m, P). Raises Stalled where Jᵀ r is 0, and for another loss."""
        if self._residuals is None:
            self._residuals = self.objective.residuals(theta)
            half, loss = _half(self._residuals), self.objective.value(theta)
            if not abs(half - loss) <= AGREE * abs(loss) + 1e-30:
                raise Stalled(
                    f"half the sum of the squared residuals is {half:.6g}, the loss {loss:.6g}: "
                    "a method for least squares would minimise something else"
                )
        jacobian = self.objective.jacobian(theta)
        if not np.all(np.isfinite(jacobian)):
            raise Stalled("the Jacobian is not finite")
        if not np.any(self._residuals @ jacobian):
            raise Stalled("the gradient is exactly 0")
        return self._residuals, jacobian

    def move(self, theta: Vector, there: Vector, residuals: Vector) -> float:
        """Move theta there, where these are the residuals; return the loss."""
        theta[:] = there
        self._residuals = residuals
        return _half(residuals)


def _half(r: Vector) -> float:
    return 0.5 * float(np.dot(r, r))

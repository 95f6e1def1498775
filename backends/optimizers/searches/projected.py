"""A loss between bounds, low <= θ <= high, as a line search sees it: f(P(θ)), P the projection.

Its gradient is that of f at P(θ) where a parameter is free to move, and 0 where it is held: where
θ_i is not inside and a step down the gradient leads further out, and where θ_i is out altogether.
It is exactly 0 where no step between the bounds lowers f to first order (Karush, Kuhn, Tucker).

Source: Bertsekas (1982), Projected Newton methods for optimization problems with simple
constraints, SIAM J. Control and Optimization 20.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Limits, Objective, Vector


class Projected:
    """f(P(θ)). low, high: (P,) each. It keeps the gradients of f that it has asked for."""

    def __init__(self, objective: Objective, limits: Limits) -> None:
        self.objective = objective
        self.low, self.high = limits
        self._seen: list[tuple[Vector, Vector]] = []

    def point(self, theta: Vector) -> Vector:
        """P(θ), an array of its own."""
        found: Vector = np.clip(theta, self.low, self.high).astype(theta.dtype)
        return found

    def outside(self, theta: Vector) -> bool:
        """Whether P moves θ."""
        return bool(np.any(theta < self.low) or np.any(theta > self.high))

    def held(self, theta: Vector, gradient: Vector) -> Vector:
        """Which parameters a bound holds, (P,), where f has this gradient at P(θ)."""
        low, high = self.low, self.high
        out = (theta < low) | (theta > high)
        held: Vector = (
            out | ((theta == low) & (gradient > 0.0)) | ((theta == high) & (gradient < 0.0))
        )
        return held

    def value(self, theta: Vector) -> float:
        """f(P(θ))."""
        return self.objective.value(self.point(theta))

    def gradient(self, theta: Vector) -> tuple[float, Vector]:
        """f(P(θ)), and its gradient: 0 where a bound holds."""
        at = self.point(theta)
        value, gradient = self.objective.gradient(at)
        self._seen.append((at, gradient))
        return value, self.reduced(theta, gradient)

    def reduced(self, theta: Vector, gradient: Vector) -> Vector:
        """The gradient (P,) of f at P(θ), with 0 where a bound holds."""
        found: Vector = np.where(self.held(theta, gradient), gradient.dtype.type(0.0), gradient)
        return found

    def whole(self, theta: Vector) -> Vector:
        """The gradient of f at θ, which is between the bounds; what was asked before is kept."""
        for at, gradient in reversed(self._seen):
            if np.array_equal(at, theta):
                return gradient
        return self.objective.gradient(theta)[1]

    def forget(self, theta: Vector) -> None:
        """Keep nothing but what was asked for at θ."""
        self._seen = [seen for seen in self._seen if np.array_equal(seen[0], theta)][-1:]

"""Newton's method, made to descend where the Hessian is not positive definite.

    d = -(H + τ I)⁻¹ g,   τ >= 0 so large that H + τ I has a Cholesky factor
    θ ← θ + α d,          α from `line_search.py`, 1 tried first

τ starts at 0, or at what lifts the lowest entry of the diagonal to 1e-3 ‖H‖ if one is not positive,
and grows tenfold until there is a factor.

pure: θ ← θ - H⁻¹ g whatever H is: the textbook's, which any saddle attracts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.optimizers.line_search import line_search
from gradparity.backends.optimizers.optimizer import Move, Objective, Optimizer, Stalled, Vector


def start(
    objective: Objective, theta: Vector, rng: np.random.Generator, *, pure: bool = False
) -> Move:
    """The search; it has no rate."""
    here: tuple[float, Vector] | None = None

    def step(theta: Vector, rate: float) -> float:
        nonlocal here
        value, gradient = here if here is not None else objective.gradient(theta)
        here = value, gradient
        if not np.any(gradient):
            raise Stalled("the gradient is exactly 0")
        hessian = objective.hessian(theta)
        if not np.all(np.isfinite(hessian)):
            raise Stalled("the Hessian is not finite")
        if pure:
            try:
                theta -= np.linalg.solve(hessian, gradient)
            except np.linalg.LinAlgError:
                raise Stalled("the Hessian is singular") from None
            here = objective.gradient(theta)
            return here[0]
        direction = -_solved(hessian, gradient)
        point = line_search(objective, theta, value, gradient, direction, 1.0)
        if point is None:
            raise Stalled("no step along Newton's direction lowers the loss")
        theta[:] = point.theta
        here = point.value, point.gradient
        return point.value

    return step


def _solved(hessian: np.ndarray[Any, Any], gradient: Vector) -> Vector:
    """(H + τ I)⁻¹ g with the first τ that makes the matrix positive definite."""
    size = float(np.linalg.norm(hessian))
    lowest = float(np.min(np.diag(hessian)))
    floor = 1e-3 * size or 1.0
    tau = 0.0 if lowest > 0.0 else floor - lowest
    unit = np.eye(len(gradient), dtype=hessian.dtype)
    while True:
        try:
            factor = np.linalg.cholesky(hessian + tau * unit)
        except np.linalg.LinAlgError:
            tau = max(10.0 * tau, floor)
        else:
            return np.linalg.solve(factor.T, np.linalg.solve(factor, gradient))


OPTIMIZER = Optimizer(
    "newton",
    "search",
    start,
    ("gradient", "hessian"),
    None,
    "Nocedal and Wright, Numerical Optimization (2006), algorithms 3.2 and 3.3",
)

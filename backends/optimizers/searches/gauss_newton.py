"""Gauss-Newton: least squares, as if the residuals were linear.

For f = ½ ‖r(θ)‖², J = ∂r/∂θ:

    p = minimiser of ‖r + J p‖, the shortest where there are several
    θ ← θ + α p,   α the first of 1, ½, ¼, ... with f(θ + α p) <= f(θ) + 1e-4 α r·J p

Jᵀ J is the Hessian without the residuals' own curvature, so that no second derivative is needed.
Where residuals are large at the minimum, or J has hardly its rank, Levenberg-Marquardt is better.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import (
    Move,
    Objective,
    Optimizer,
    Stalled,
    Vector,
)
from gradparity.backends.optimizers.searches.squares import Squares

TRIALS = 50


def start(objective: Objective, theta: Vector, rng: np.random.Generator) -> Move:
    """The search; it has no rate."""
    squares = Squares(objective)

    def step(theta: Vector, rate: float) -> float:
        r, jacobian = squares.begin(theta)
        p = np.linalg.lstsq(jacobian, -r, rcond=None)[0].astype(theta.dtype)
        ahead = jacobian @ p
        slope = float(r @ ahead)  # of ½ ‖r‖² along p
        alpha = 1.0
        for _ in range(TRIALS):
            there = theta + theta.dtype.type(alpha) * p
            if not slope < 0.0 or np.array_equal(there, theta):
                break
            found = objective.residuals(there)
            fall = 0.5 * float((r - found) @ (r + found))
            if np.all(np.isfinite(found)) and fall >= -1e-4 * alpha * slope:
                return squares.move(theta, there, found)
            alpha *= 0.5
        raise Stalled("no step along Gauss and Newton's makes the residuals smaller")

    return step


OPTIMIZER = Optimizer(
    "gauss-newton",
    "search",
    start,
    ("value", "jacobian"),
    None,
    "Nocedal and Wright, Numerical Optimization (2006), section 10.3",
)

"""Levenberg-Marquardt: least squares by the Jacobian of the residuals, damped.

For f = ½ ‖r(θ)‖², J = ∂r/∂θ:

    p = minimiser of ‖r + J p‖² + μ ‖D p‖²,   D_i = the largest norm of J's column i so far
    ρ = (‖r‖² - ‖r(θ + p)‖²)/(‖J p‖² + 2 μ ‖D p‖²)
    ρ > 1e-4:   θ ← θ + p,   μ ← μ max(1/3, 1 - (2 ρ - 1)³),   ν ← 2
    else once more with   μ ← μ ν,   ν ← 2 ν

p is found by least squares of the stacked matrix, so that J is never squared. The fall is computed
as (r - r(θ + p))·(r + r(θ + p)), which loses fewer digits than a difference of two squares.
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

TRIALS = 60


def start(
    objective: Objective, theta: Vector, rng: np.random.Generator, *, damping: float = 1e-3
) -> Move:
    """The search; damping is the first μ. It has no rate."""
    squares = Squares(objective)
    scale = np.zeros_like(theta)
    mu, nu = damping, 2.0

    def step(theta: Vector, rate: float) -> float:
        nonlocal mu, nu
        r, jacobian = squares.begin(theta)
        np.maximum(scale, np.linalg.norm(jacobian, axis=0), out=scale)
        d = np.where(scale > 0.0, scale, 1.0)
        for _ in range(TRIALS):
            stacked = np.vstack([jacobian / d, np.sqrt(mu) * np.eye(theta.size)])
            right = np.concatenate([-r, np.zeros(theta.size)])
            scaled = np.linalg.lstsq(stacked, right, rcond=None)[0].astype(theta.dtype)
            there = theta + scaled / d
            ahead = jacobian @ (scaled / d)
            predicted = float(ahead @ ahead + 2.0 * mu * (scaled @ scaled))
            if not predicted > 0.0 or np.array_equal(there, theta):
                break
            found = objective.residuals(there)
            ratio = float((r - found) @ (r + found)) / predicted
            if ratio > 1e-4 and np.all(np.isfinite(found)):
                mu = max(mu * max(1.0 / 3.0, 1.0 - (2.0 * ratio - 1.0) ** 3), 1e-300)
                nu = 2.0
                return squares.move(theta, there, found)
            mu, nu = mu * nu, 2.0 * nu
        raise Stalled("no damped step makes the residuals smaller but by rounding")

    return step


OPTIMIZER = Optimizer(
    "levenberg-marquardt",
    "search",
    start,
    ("value", "jacobian"),
    None,
    "Marquardt (1963); Nielsen (1999), Damping parameter in Marquardt's method; Moré (1978) for D",
)

"""Saddle-free Newton: the Hessian with the absolute values of its eigenvalues.

    H = Q Λ Qᵀ,   d = -Q |Λ|⁻¹ Qᵀ g,   |λ| at least `floor` times the largest
    θ ← θ + α d,   α from `line_search.py`, 1 tried first

Newton's step along an eigenvector of negative curvature goes up to the saddle; this one goes as far
the other way, away from it. Where the gradient is exactly 0 and an eigenvalue is negative, the step
is one along that eigenvector of unit length at most, to whichever side lowers the loss.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.line_search import TRIALS, line_search
from gradparity.backends.optimizers.optimizer import Move, Objective, Optimizer, Stalled, Vector


def start(
    objective: Objective, theta: Vector, rng: np.random.Generator, *, floor: float = 1e-8
) -> Move:
    """The search; it has no rate."""
    here: tuple[float, Vector] | None = None

    def step(theta: Vector, rate: float) -> float:
        nonlocal here
        value, gradient = here if here is not None else objective.gradient(theta)
        here = value, gradient
        hessian = objective.hessian(theta)
        if not np.all(np.isfinite(hessian)):
            raise Stalled("the Hessian is not finite")
        eigenvalues, vectors = np.linalg.eigh(hessian)
        if not np.any(gradient):
            if not eigenvalues[0] < 0.0:
                raise Stalled("the gradient is exactly 0 and no eigenvalue is negative")
            here = None
            return _downhill(objective, theta, value, vectors[:, 0])
        sizes = np.abs(eigenvalues)
        largest = float(np.max(sizes))
        sizes = np.maximum(sizes, floor * largest) if largest > 0.0 else np.ones_like(sizes)
        direction = -(vectors @ ((vectors.T @ gradient) / sizes))
        point = line_search(objective, theta, value, gradient, direction, 1.0)
        if point is None:
            raise Stalled("no step along the saddle-free direction lowers the loss")
        theta[:] = point.theta
        here = point.value, point.gradient
        return point.value

    return step


def _downhill(objective: Objective, theta: Vector, value: float, direction: Vector) -> float:
    """Moves theta along ± direction, by the first of 1, 1/4, 1/16, ... that lowers the loss."""
    length = 1.0
    for _ in range(TRIALS):
        for side in (length, -length):
            there = theta + side * direction
            found = objective.value(there)
            if found < value:
                theta[:] = there
                return found
        length *= 0.25
    raise Stalled("no step along the negative curvature lowers the loss")


OPTIMIZER = Optimizer(
    "saddle-free-newton",
    "search",
    start,
    ("value", "gradient", "hessian"),
    None,
    "Dauphin et al. (2014), Identifying and attacking the saddle point problem, arXiv 1406.2572",
)

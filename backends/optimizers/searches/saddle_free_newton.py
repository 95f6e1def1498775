"""Saddle-free Newton: the Hessian with the absolute values of its eigenvalues.

    D⁻¹ H D⁻¹ = Q Λ Qᵀ,   d = -D⁻¹ Q |Λ|⁻¹ Qᵀ D⁻¹ g,   |λ| at least `floor` times the largest
    θ ← θ + α d,   α from `line_search.py`, 1 tried first

Newton's step along an eigenvector of negative curvature goes up to the saddle; this one goes as far
the other way, away from it. Where the gradient is exactly 0 and an eigenvalue is negative, the step
is one along that eigenvector of unit length at most, to whichever side lowers the loss.

D_i = √|H_ii| brings parameters to units of their own curvature: where units differ by 1e6,
curvatures differ by 1e12, and no floor tells the smallest from 0.
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
from gradparity.backends.optimizers.searches.descending import Descending
from gradparity.backends.optimizers.searches.line_search import TRIALS


def start(
    objective: Objective, theta: Vector, rng: np.random.Generator, *, floor: float = 1e-9
) -> Move:
    """The search; it has no rate."""
    now = Descending(objective)

    def step(theta: Vector, rate: float) -> float:
        now.begin(theta)
        hessian = objective.hessian(theta)
        if not np.all(np.isfinite(hessian)):
            raise Stalled("the Hessian is not finite")
        diagonal = np.sqrt(np.abs(np.diag(hessian)))
        units = np.where(diagonal > 0.0, diagonal, 1.0)
        eigenvalues, vectors = np.linalg.eigh(hessian / np.outer(units, units))
        if now.length == 0.0:
            if not eigenvalues[0] < 0.0:
                raise Stalled("the gradient is exactly 0 and no eigenvalue is negative")
            down = vectors[:, 0] / units
            _downhill(objective, theta, now.value, down / np.linalg.norm(down))
            return now.look(theta)
        sizes = np.abs(eigenvalues)
        largest = float(np.max(sizes))
        sizes = np.maximum(sizes, floor * largest) if largest > 0.0 else np.ones_like(sizes)
        direction = -(vectors @ ((vectors.T @ (now.gradient / units)) / sizes)) / units
        point = now.along(theta, direction)
        if point is None:
            raise now.stalled(theta)
        return now.move(theta, point)

    return step


def _downhill(objective: Objective, theta: Vector, value: float, direction: Vector) -> None:
    """Moves theta along ± direction, by the first of 1, 1/4, 1/16, ... that lowers the loss."""
    length = 1.0
    for _ in range(TRIALS):
        for side in (length, -length):
            there = theta + side * direction
            found = objective.value(there)
            if found < value:
                theta[:] = there
                return
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

"""Random search: try points around, keep the best.

θ_i = θ + η ξ_i, ξ_i standard normal, i = 1 ... samples;   θ ← the best of θ, θ_1, ...
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Move, Objective, Optimizer, Vector


def start(
    objective: Objective, theta: Vector, rng: np.random.Generator, *, samples: int = 1
) -> Move:
    """The search; its rate is η, how far around it tries."""
    best: float | None = None

    def step(theta: Vector, rate: float) -> float:
        nonlocal best
        if best is None:
            best = objective.value(theta)
        centre = theta.copy()
        for _ in range(samples):
            there = centre + rate * rng.standard_normal(theta.shape, theta.dtype.type)
            value = objective.value(there)
            if value < best:
                best = value
                theta[:] = there
        return best

    return step


OPTIMIZER = Optimizer(
    "random-search",
    "search",
    start,
    ("value",),
    1e-1,
    "Rastrigin (1963), The convergence of the random search method",
)

"""Evolution strategy: descent along a gradient estimated from values in random directions.

    ĝ = 1/K Σ_i (f(θ + σ ξ_i) - f(θ - σ ξ_i))/(2 σ) ξ_i,   ξ_i standard normal, i = 1 ... K
    θ ← θ - η ĝ

On a linear f of P parameters ĝ has mean g, and the angle between the two is known. With a_i the
entry of ξ_i along g and S = Σ a_i², the part of K ĝ/‖g‖ along g is S, and the square of the rest is
S times a χ² of P - 1 degrees of freedom. S is a χ² of K, hence

    cos² = S/(S + χ²_{P-1})   has the distribution Beta(K/2, (P - 1)/2), its mean K/(K + P - 1).

A pair with a value that is not finite is left out.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Move, Objective, Optimizer, Vector


def start(
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    *,
    pairs: int = 8,
    sigma: float = 1e-2,
) -> Move:
    """The search; pairs is K, sigma σ; its rate is η."""

    def step(theta: Vector, rate: float) -> None:
        estimate = np.zeros_like(theta)
        for _ in range(pairs):
            xi = rng.standard_normal(theta.shape, theta.dtype.type)
            difference = objective.value(theta + sigma * xi) - objective.value(theta - sigma * xi)
            if math.isfinite(difference):
                estimate += difference / (2.0 * sigma * pairs) * xi
        theta -= rate * estimate

    return step


OPTIMIZER = Optimizer(
    "es",
    "search",
    start,
    ("value",),
    1e-2,
    "Salimans et al. (2017), Evolution strategies as a scalable alternative, arXiv 1703.03864",
)

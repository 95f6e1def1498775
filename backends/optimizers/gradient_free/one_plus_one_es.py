"""(1+1)-ES: one parent, one child, and a spread that follows their success.

    child = θ + σ ξ, ξ standard normal;   θ ← child if f(child) <= f(θ)
    σ ← σ exp((1 - s)/√(P + 1)) after a success, σ exp(-s/√(P + 1)) otherwise

so that σ stays where a share s of the children succeed; s = 1/5 is Rechenberg's rule. On a sphere
of P dimensions, P → ∞, with σ = σ* r/P the distance r falls by the factor exp(-φ/P) an evaluation,

    φ = σ*/√(2π) exp(-σ*²/8) - ½ σ*² Φ(-½ σ*),   a share p = Φ(-½ σ*) of the children succeeding:

at best φ = 0.2025, at p = 0.27; p = 1/5 gives 0.188. But σ has to follow r: its logarithm falls by
(s - p)/√(P + 1) an evaluation, which in the long run is φ/P, so that p = s - φ √(P + 1)/P. At
P = 30 the rule of 1/5 has p = 0.168 and φ = 0.172; s = 0.31 has the best φ.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import (
    Move,
    Objective,
    Optimizer,
    Stalled,
    Vector,
)


def start(
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    *,
    sigma: float = 0.3,
    success: float = 0.2,
) -> Move:
    """The search; sigma is the first σ, success is s. It has no rate."""
    damping = math.sqrt(theta.size + 1.0)
    up, down = math.exp((1.0 - success) / damping), math.exp(-success / damping)
    spread = sigma
    best: float | None = None

    def step(theta: Vector, rate: float) -> float:
        nonlocal best, spread
        if best is None:
            best = objective.value(theta)
        child = theta + spread * rng.standard_normal(theta.shape, theta.dtype.type)
        if np.array_equal(child, theta):
            raise Stalled("the spread has shrunk to rounding")
        value = objective.value(child)
        if value <= best:
            best = value
            theta[:] = child
            spread *= up
        else:
            spread *= down
        return best

    return step


OPTIMIZER = Optimizer(
    "one-plus-one-es",
    "search",
    start,
    ("value",),
    None,
    "Rechenberg (1973); Hansen, Arnold and Auger (2015), Evolution strategies, algorithm 4",
)

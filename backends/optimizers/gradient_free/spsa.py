"""SPSA: a gradient from two values, whatever the number of parameters.

    Δ: every entry +1 or -1 with equal chance
    ĝ = (f(θ + c_k Δ) - f(θ - c_k Δ))/(2 c_k) Δ
    θ ← θ - a_k ĝ,   a_k = η/(k + 1 + A)^α,   c_k = c/(k + 1)^γ,   k = 0, 1, ...

α = 0.602 and γ = 0.101 are the smallest powers for which convergence is proved. Where either value
is not finite θ stays.
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
    spread: float = 1e-2,
    stability: float = 0.0,
    rate_power: float = 0.602,
    spread_power: float = 0.101,
) -> Move:
    """The search; spread is c, stability A, rate_power α, spread_power γ; its rate is η."""
    k = 0

    def step(theta: Vector, rate: float) -> None:
        nonlocal k
        c = spread / (k + 1) ** spread_power
        a = rate / (k + 1 + stability) ** rate_power
        k += 1
        delta = rng.integers(0, 2, theta.shape).astype(theta.dtype) * 2 - 1
        slope = (objective.value(theta + c * delta) - objective.value(theta - c * delta)) / (2 * c)
        if math.isfinite(slope):
            theta -= a * slope * delta

    return step


OPTIMIZER = Optimizer(
    "spsa",
    "search",
    start,
    ("value",),
    1e-2,
    "Spall (1992), IEEE Transactions on Automatic Control 37; gains: Spall (1998)",
)

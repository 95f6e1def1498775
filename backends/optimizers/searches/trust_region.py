"""Trust region: the quadratic model is minimised only as far as it has proved right.

    p = minimiser of m(p) = g·p + ½ pᵀ H p over ‖p‖ <= Δ, by `steihaug.py`, to ‖g + H p‖ <= η ‖g‖
    ρ = (f(θ) - f(θ + p))/(-m(p))
    ρ < ¼ or f not finite:           Δ ← ‖p‖/4
    ρ > ¾ and p on the boundary:     Δ ← 2 Δ
    ρ > 1e-4:                        θ ← θ + p, else once more with the smaller Δ

η = min(forcing, √(‖g‖/‖g₀‖)) makes convergence superlinear (Dembo, Eisenstat and Steihaug 1982).
Where f changes by rounding alone, the slopes at both ends say by how much it fell.
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
from gradparity.backends.optimizers.searches.descending import Descending
from gradparity.backends.optimizers.searches.steihaug import Model


def start(
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    *,
    radius: float | None = None,
    forcing: float = 0.5,
    products: int | None = None,
) -> Move:
    """The search; it has no rate.

    radius: the first Δ; None for ten times ‖g‖³/|gᵀ H g|, how far the minimum along g is.
    products: Hessian products per step at most; None for twice the number of parameters.
    """
    now = Descending(objective)
    delta, first = radius, 0.0
    most = products or 2 * theta.size

    def step(theta: Vector, rate: float) -> float:
        nonlocal delta, first
        now.begin(theta)
        gradient, length = now.gradient, now.length
        if length == 0.0:
            raise Stalled("the gradient is exactly 0")
        first = first or length
        model = Model(gradient, lambda direction: objective.hvp(theta, direction))
        if delta is None:
            delta = 10.0 * model.cauchy()
        tolerance = min(forcing, math.sqrt(length / first)) * length
        while True:
            p, predicted, edge = model.step(delta, tolerance, most)
            there = theta + p
            size = float(np.linalg.norm(p))
            if not predicted > 0.0 or np.array_equal(there, theta):
                raise now.stalled(theta)
            found, slope = objective.gradient(there)
            ratio = now.ratio(there - theta, found, slope, predicted)
            if ratio > 0.75 and edge:
                delta *= 2.0
            elif not ratio >= 0.25:
                delta = 0.25 * size
            if ratio > 1e-4:
                return now.arrive(theta, there, found, slope)
            delta = min(delta, 0.25 * size)

    return step


OPTIMIZER = Optimizer(
    "trust-region",
    "search",
    start,
    ("gradient", "hvp"),
    None,
    "Steihaug (1983); Nocedal and Wright, Numerical Optimization (2006), algorithms 4.1 and 7.2",
)

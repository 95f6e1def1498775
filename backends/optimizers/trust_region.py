"""Trust region: the quadratic model is minimised only as far as it has proved right.

    p = minimiser of m(p) = g·p + ½ pᵀ H p over ‖p‖ <= Δ, by `steihaug.py`, to ‖g + H p‖ <= η ‖g‖
    ρ = (f(θ) - f(θ + p))/(-m(p))
    ρ < ¼ or f not finite:           Δ ← ‖p‖/4
    ρ > ¾ and p on the boundary:     Δ ← 2 Δ
    ρ > 1e-4:                        θ ← θ + p, else once more with the smaller Δ

η = min(forcing, √(‖g‖/‖g₀‖)) makes convergence superlinear (Dembo, Eisenstat and Steihaug 1982).
Where f and m change by rounding alone, θ moves if that makes the gradient smaller.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.optimizers.optimizer import Move, Objective, Optimizer, Stalled, Vector
from gradparity.backends.optimizers.steihaug import Model

ROUNDING = 8.0
"""How many units in the last place of f it may change by and still say nothing."""


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
    here: tuple[float, Vector] | None = None
    delta, first = radius, 0.0
    most = products or 2 * theta.size
    unit = float(np.finfo(theta.dtype).eps)

    def step(theta: Vector, rate: float) -> float:
        nonlocal here, delta, first
        value, gradient = here if here is not None else objective.gradient(theta)
        here = value, gradient
        length = float(np.linalg.norm(gradient))
        if length == 0.0:
            raise Stalled("the gradient is exactly 0")
        first = first or length
        model = Model(gradient, lambda direction: objective.hvp(theta, direction))
        if delta is None:
            delta = 10.0 * model.cauchy()
        tolerance = min(forcing, math.sqrt(length / first)) * length
        noise = ROUNDING * unit * abs(value)
        while True:
            p, predicted, edge = model.step(delta, tolerance, most)
            there = theta + p
            size = float(np.linalg.norm(p))
            if not predicted > 0.0 or np.array_equal(there, theta):
                raise Stalled("no step that the model proposes changes anything but by rounding")
            found, slope = objective.gradient(there)
            fall = value - found
            if predicted <= noise and abs(fall) <= noise:
                if not float(np.linalg.norm(slope)) < length:
                    raise Stalled("the loss changes by rounding alone")
                break
            ratio = fall / predicted
            if ratio > 0.75 and edge:
                delta *= 2.0
            elif not ratio >= 0.25:
                delta = 0.25 * size
            if ratio > 1e-4 and np.all(np.isfinite(slope)):
                break
            delta = min(delta, 0.25 * size)
        theta[:] = there
        here = found, slope
        return found

    return step


OPTIMIZER = Optimizer(
    "trust-region",
    "search",
    start,
    ("gradient", "hvp"),
    None,
    "Steihaug (1983); Nocedal and Wright, Numerical Optimization (2006), algorithms 4.1 and 7.2",
)

"""Trust region: the quadratic model is minimised only as far as it has proved right.

In the coordinates D θ, where H̃ = D⁻¹ H D⁻¹ and g̃ = D⁻¹ g,

    p̃ = the step that lowers g̃·p̃ + ½ p̃ᵀ H̃ p̃ within ‖p̃‖ <= Δ, by `lanczos.py`
    ρ = (f(θ) - f(θ + D⁻¹ p̃))/(what the model falls by)
    ρ < ¼ or f not finite:           Δ ← ‖p̃‖/4
    ρ > ¾ and p̃ on the boundary:     Δ ← 2 ‖p̃‖
    ρ > 1e-4:                        θ ← θ + D⁻¹ p̃, else once more with the smaller Δ

Products with H̃ are asked for until ‖g̃ + H̃ p̃‖ <= η ‖g̃‖. Of few parameters η is 1e-12: where the
Hessian is ill-conditioned, a step less right follows the steepest descent and crawls. Of many it is
min(½, √(‖g̃‖/‖g̃₀‖)), which makes convergence superlinear (Dembo, Eisenstat and Steihaug 1982).

D is 1 until a step's products have spanned the space; then D_i = √|H_ii|, the largest so far (Moré
1978, as in MINPACK): parameters in other units take the same steps, and no product more is asked
for. Where an eigenvalue is negative no model says how far to go: a step that proved right is
doubled as long as the loss falls. Where f changes by rounding alone, the slopes at both ends say by
how much it fell.
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
from gradparity.backends.optimizers.searches.lanczos import Model
from gradparity.backends.optimizers.searches.quadratic import onwards

FEW = 50
"""Parameters, up to which a step is as right as rounding allows."""
EXACT, SUPERLINEAR = 1e-12, 0.5


def start(
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    *,
    radius: float | None = None,
    forcing: float | None = None,
    products: int | None = None,
) -> Move:
    """The search; it has no rate.

    radius: the first Δ; None for the length of the model's own first step. forcing: η, at most;
    None for 1e-12 of no more than 50 parameters, and ½ of more.
    products: Hessian products per step at most; None for the number of parameters.
    """
    now = Descending(objective)
    delta, first = math.inf if radius is None else radius, 0.0
    most = products or theta.size
    eta = forcing or (EXACT if theta.size <= FEW else SUPERLINEAR)
    scale = np.zeros_like(theta)

    def step(theta: Vector, rate: float) -> float:
        nonlocal delta, first
        now.begin(theta)
        if now.length == 0.0:
            raise Stalled("the gradient is exactly 0")
        d = np.where(scale > 0.0, scale, 1.0).astype(theta.dtype)
        gradient = now.gradient / d
        length = float(np.linalg.norm(gradient))
        first = first or length
        model = Model(gradient, lambda direction: objective.hvp(theta, direction / d) / d)
        tolerance = min(eta, math.sqrt(length / first)) * length
        while True:
            scaled, predicted, edge = model.step(delta, tolerance, most)
            there = theta + scaled / d
            size = float(np.linalg.norm(scaled))
            if not predicted > 0.0 or np.array_equal(there, theta):
                raise now.stalled(theta)
            found = objective.gradient(there)
            ratio = now.ratio(there - theta, *found, predicted)
            if ratio > 0.75 and edge:
                delta = 2.0 * size
            elif not ratio >= 0.25:
                delta = 0.25 * size
            elif delta == math.inf:
                delta = size
            if ratio > 1e-4:
                break
            delta = min(delta, 0.25 * size)
        if ratio > 0.75 and not model.convex:
            there, found = onwards(objective, theta, there, found)
        diagonal = model.diagonal()
        if diagonal is not None:
            np.maximum(scale, d * np.sqrt(np.abs(diagonal)), out=scale)
        return now.arrive(theta, there, *found)

    return step


OPTIMIZER = Optimizer(
    "trust-region",
    "search",
    start,
    ("gradient", "hvp"),
    None,
    "Gould, Lucidi, Roma and Toint (1999), SIAM J. Optimization 9; Moré (1978) for D",
)

"""Newton's method in a trust region: its step as far as it has proved right.

In the coordinates D θ, where H̃ = D⁻¹ H D⁻¹ = Q Λ Qᵀ and g̃ = D⁻¹ g,

    p̃(λ) = -Q (|Λ| + λ I)⁻¹ Qᵀ g̃,   λ = 0, or so large that ‖p̃(λ)‖ = Δ where that is less,
    θ ← θ + D⁻¹ p̃ where the loss falls; Δ follows what g̃·p̃ + ½ p̃ᵀ H̃ p̃ foretold (`trust_region.py`)

with D_i = √|H_ii|, the largest so far: parameters in other units take the same steps. Where all
eigenvalues are positive and Δ is large, it is Newton's step, -H⁻¹ g. Along an eigenvector of
negative curvature that would go up; with |Λ| it goes down, as far as it would have gone up. λ is
found by Newton's method on 1/‖p̃(λ)‖ - 1/Δ, nearly a line (Moré and Sorensen 1983). Δ starts at the
length of the first step. Where an eigenvalue is negative no model says how far to go: a step that
proved right is doubled as long as the loss falls.

pure: θ ← θ - H⁻¹ g whatever H is: the textbook's, which any saddle attracts.
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
from gradparity.backends.optimizers.searches.quadratic import Quadratic, onwards

TRIALS = 60


def start(
    objective: Objective, theta: Vector, rng: np.random.Generator, *, pure: bool = False
) -> Move:
    """The search; it has no rate."""
    now = Descending(objective)
    scale = np.zeros_like(theta)
    radius = math.inf

    def step(theta: Vector, rate: float) -> float:
        nonlocal radius
        now.begin(theta)
        if now.length == 0.0:
            raise Stalled("the gradient is exactly 0")
        hessian = objective.hessian(theta)
        if not np.all(np.isfinite(hessian)):
            raise Stalled("the Hessian is not finite")
        if pure:
            try:
                theta -= np.linalg.solve(hessian, now.gradient)
            except np.linalg.LinAlgError:
                raise Stalled("the Hessian is singular") from None
            return now.look(theta)
        np.maximum(scale, np.sqrt(np.abs(np.diag(hessian))), out=scale)
        d = np.where(scale > 0.0, scale, 1.0).astype(theta.dtype)
        model = Quadratic(hessian / np.outer(d, d), now.gradient / d)
        for _ in range(TRIALS):
            scaled = model.within(radius)
            size, predicted = float(np.linalg.norm(scaled)), model.fall(scaled)
            there = theta + scaled / d
            if not predicted > 0.0 or np.array_equal(there, theta):
                break
            found = objective.gradient(there)
            ratio = now.ratio(there - theta, *found, predicted)
            edge = size >= 0.99 * radius
            if ratio > 0.75 and edge:
                radius = 2.0 * size
            elif not ratio >= 0.25:
                radius = 0.25 * size
            elif radius == math.inf:
                radius = size
            if ratio > 1e-4:
                if ratio > 0.75 and not model.convex:
                    there, found = onwards(objective, theta, there, found)
                return now.arrive(theta, there, *found)
        raise now.stalled(theta)

    return step


OPTIMIZER = Optimizer(
    "newton",
    "search",
    start,
    ("gradient", "hessian"),
    None,
    "Moré and Sorensen (1983), Computing a trust region step, SIAM J. Sci. Stat. Comput. 4",
)

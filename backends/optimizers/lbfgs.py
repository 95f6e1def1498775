"""L-BFGS: Newton's method with an inverse Hessian remembered from the last few steps.

With s_i = θ_{i+1} - θ_i, y_i = g_{i+1} - g_i, ρ_i = 1/(s_i·y_i), BFGS makes the inverse Hessian

    H_{i+1} = (I - ρ_i s_i y_iᵀ) H_i (I - ρ_i y_i s_iᵀ) + ρ_i s_i s_iᵀ.

H g is had from the last m pairs without any matrix (the two loops), latest pair first, then back:

    q ← g;   a_i = ρ_i s_i·q,   q ← q - a_i y_i
    r ← γ q, γ = s·y/y·y of the latest pair;   r ← r + (a_i - ρ_i y_i·r) s_i

The direction is -r, the step from `line_search.py`, 1 tried first. Where no step is found the pairs
are forgotten and the gradient is tried once.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from gradparity.backends.optimizers.line_search import line_search
from gradparity.backends.optimizers.optimizer import Move, Objective, Optimizer, Stalled, Vector

Pair = tuple[Vector, Vector, float]
"""s, y, ρ = 1/(s·y)."""


def start(
    objective: Objective, theta: Vector, rng: np.random.Generator, *, memory: int = 10
) -> Move:
    """The search; memory is m, how many pairs are kept. It has no rate."""
    pairs: deque[Pair] = deque(maxlen=memory)
    here: tuple[float, Vector] | None = None

    def step(theta: Vector, rate: float) -> float:
        nonlocal here
        value, gradient = here if here is not None else objective.gradient(theta)
        here = value, gradient
        length = float(np.linalg.norm(gradient))
        if length == 0.0:
            raise Stalled("the gradient is exactly 0")
        point = None
        if pairs:
            direction = -_product(pairs, gradient)
            point = line_search(objective, theta, value, gradient, direction, 1.0)
        if point is None:
            pairs.clear()
            point = line_search(objective, theta, value, gradient, -gradient, min(1.0, 1 / length))
        if point is None:
            raise Stalled("no step along the gradient lowers the loss")
        s, y = point.theta - theta, point.gradient - gradient
        product = float(np.dot(s, y))
        if product > 1e-16 * float(np.dot(y, y)):
            pairs.append((s, y, 1.0 / product))
        theta[:] = point.theta
        here = point.value, point.gradient
        return point.value

    return step


def _product(pairs: deque[Pair], gradient: Vector) -> Vector:
    """The inverse Hessian of these pairs times the gradient."""
    q = gradient.copy()
    shares = []
    for s, y, rho in reversed(pairs):
        a = rho * float(np.dot(s, q))
        q -= a * y
        shares.append(a)
    s, y, rho = pairs[-1]
    q *= 1.0 / (rho * float(np.dot(y, y)))
    for (s, y, rho), a in zip(pairs, reversed(shares), strict=True):
        q += (a - rho * float(np.dot(y, q))) * s
    return q


OPTIMIZER = Optimizer(
    "lbfgs",
    "search",
    start,
    ("gradient",),
    None,
    "Nocedal (1980); Nocedal and Wright, Numerical Optimization (2006), algorithm 7.4",
)

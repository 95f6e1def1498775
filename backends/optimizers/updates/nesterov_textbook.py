"""Nesterov's method as textbooks have it: the gradient is taken ahead of the iterates x, at y.

    x_{k+1} = y_k - η ∇f(y_k)
    y_{k+1} = x_{k+1} + μ_k (x_{k+1} - x_k),   y_0 = x_0

θ holds y, where the next gradient is asked for. For convex f, μ_k = (t_k - 1)/t_{k+1} with t_0 = 1
and t_{k+1} = (1 + √(1 + 4 t_k²))/2 gives f(x_k) - f* <= 2 L R²/(k + 1)² at η = 1/L. For strongly
convex f, the constant μ_k = (√κ - 1)/(√κ + 1) gives 1 - 1/√κ per step for f.
No library has it; with constant μ and η it is `nesterov.py`, with neither of the two changing.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(theta: Vector, rng: np.random.Generator, *, momentum: float | None = None) -> Update:
    """The update; momentum is a constant μ, or None for the sequence of convex functions."""
    x, ahead = theta.copy(), np.empty_like(theta)
    mu, eta = scalar(0.0 if momentum is None else momentum, theta), scalar(0.0, theta)
    t = 1.0

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        nonlocal t
        eta[()] = rate
        if momentum is None:
            after = 0.5 + math.sqrt(0.25 + t * t)
            mu[()] = (t - 1.0) / after
            t = after
        np.multiply(gradient, eta, gradient)
        np.subtract(theta, gradient, theta)
        np.subtract(theta, x, ahead)
        np.copyto(x, theta)
        np.multiply(ahead, mu, ahead)
        np.add(theta, ahead, theta)

    return step


OPTIMIZER = Optimizer(
    "nesterov-textbook",
    "update",
    start,
    ("gradient",),
    1e-2,
    "Nesterov (1983); Introductory Lectures on Convex Optimization (2004), section 2.2",
)

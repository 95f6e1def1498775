"""Momentum, Polyak's heavy ball.

    v ← μ v + g
    θ ← θ - η v

torch: SGD(lr=η, momentum=μ). optax: sgd(η, momentum=μ). While η is constant this is the textbook's
θ_{k+1} = θ_k - η g_k + μ (θ_k - θ_{k-1}).
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(theta: Vector, rng: np.random.Generator, *, momentum: float = 0.9) -> Update:
    """The update; momentum is μ."""
    v, mu, eta = np.zeros_like(theta), scalar(momentum, theta), scalar(0.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        eta[()] = rate
        np.multiply(v, mu, v)
        np.add(v, gradient, v)
        np.multiply(v, eta, gradient)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer(
    "momentum",
    "update",
    start,
    ("gradient",),
    1e-2,
    "Polyak (1964), Some methods of speeding up the convergence of iteration methods",
)

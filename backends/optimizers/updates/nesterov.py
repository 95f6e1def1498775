"""Nesterov's momentum as libraries have it.

    v ← μ v + g
    θ ← θ - η (g + μ v)

torch: SGD(lr=η, momentum=μ, nesterov=True). optax: sgd(η, momentum=μ, nesterov=True). While η is
constant this is the sequence y of `nesterov_textbook.py` with constant μ, where θ = y.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(theta: Vector, rng: np.random.Generator, *, momentum: float = 0.9) -> Update:
    """The update; momentum is μ."""
    v, ahead = np.zeros_like(theta), np.empty_like(theta)
    mu, eta = scalar(momentum, theta), scalar(0.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        eta[()] = rate
        np.multiply(v, mu, v)
        np.add(v, gradient, v)
        np.multiply(v, mu, ahead)
        np.add(gradient, ahead, gradient)
        np.multiply(gradient, eta, gradient)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer(
    "nesterov",
    "update",
    start,
    ("gradient",),
    1e-2,
    "Sutskever, Martens, Dahl and Hinton (2013), On the importance of initialization and momentum",
)

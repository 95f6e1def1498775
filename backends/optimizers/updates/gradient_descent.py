"""Gradient descent.

    θ ← θ - η g

torch: SGD(lr=η). optax: sgd(η).
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(theta: Vector, rng: np.random.Generator) -> Update:
    """The update; it remembers nothing."""
    eta = scalar(0.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        eta[()] = rate
        np.multiply(gradient, eta, gradient)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer("gd", "update", start, ("gradient",), 1e-2, "Cauchy (1847)")

"""Langevin dynamics: descent with noise, which leaves saddles and shallow minima.

    θ ← θ - η g + √(2 η T) ξ,   ξ standard normal

As η → 0 the iterates are spread with density ∝ exp(-f/T). On f = ½ k x² their variance is exactly
T/(k (1 - η k/2)).
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(theta: Vector, rng: np.random.Generator, *, temperature: float = 1e-4) -> Update:
    """The update; temperature is T, in units of the loss."""
    noise, eta, spread = np.empty_like(theta), scalar(0.0, theta), scalar(0.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        eta[()] = rate
        spread[()] = math.sqrt(2.0 * rate * temperature)
        rng.standard_normal(out=noise, dtype=noise.dtype.type)
        np.multiply(noise, spread, noise)
        np.multiply(gradient, eta, gradient)
        np.subtract(theta, gradient, theta)
        np.add(theta, noise, theta)

    return step


OPTIMIZER = Optimizer(
    "langevin",
    "update",
    start,
    ("gradient",),
    1e-2,
    "Welling and Teh (2011), Bayesian learning via stochastic gradient Langevin dynamics",
)

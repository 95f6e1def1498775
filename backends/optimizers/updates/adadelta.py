"""Adadelta: the rate of each parameter from its own past steps, in its own units.

    s ← ρ s + (1 - ρ) g²
    d = √(u + ε)/√(s + ε) g
    u ← ρ u + (1 - ρ) d²
    θ ← θ - η d

torch: Adadelta(lr=η, rho=ρ, eps=ε). optax: adadelta(η, ρ, ε). ρ is the option `decay`.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(
    theta: Vector, rng: np.random.Generator, *, decay: float = 0.9, epsilon: float = 1e-6
) -> Update:
    """The update."""
    squares, steps, scratch = np.zeros_like(theta), np.zeros_like(theta), np.empty_like(theta)
    rho, rest, eps = scalar(decay, theta), scalar(1.0 - decay, theta), scalar(epsilon, theta)
    eta = scalar(0.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        eta[()] = rate
        _average(squares, gradient, scratch)
        np.add(squares, eps, scratch)
        np.sqrt(scratch, scratch)
        np.divide(gradient, scratch, gradient)
        np.add(steps, eps, scratch)
        np.sqrt(scratch, scratch)
        np.multiply(gradient, scratch, gradient)
        _average(steps, gradient, scratch)
        np.multiply(gradient, eta, gradient)
        np.subtract(theta, gradient, theta)

    def _average(mean: Vector, x: Vector, scratch: Vector) -> None:
        np.square(x, scratch)
        np.multiply(scratch, rest, scratch)
        np.multiply(mean, rho, mean)
        np.add(mean, scratch, mean)

    return step


OPTIMIZER = Optimizer(
    "adadelta",
    "update",
    start,
    ("gradient",),
    1.0,
    "Zeiler (2012), ADADELTA: an adaptive learning rate method, arXiv 1212.5701",
)

"""AMSGrad: Adam whose running mean of squares never falls, so that no rate ever grows.

    m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²,   w ← max(w, v)
    θ ← θ - η/(1 - β₁ᵗ) m/(√(w/(1 - β₂ᵗ)) + ε)

torch: Adam(lr=η, amsgrad=True). optax's amsgrad takes the maximum of v/(1 - β₂ᵗ) instead.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(
    theta: Vector,
    rng: np.random.Generator,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Update:
    """The update."""
    first, second, most = (np.zeros_like(theta) for _ in range(3))
    b1, b2 = scalar(beta1, theta), scalar(beta2, theta)
    c1, c2 = scalar(1.0 - beta1, theta), scalar(1.0 - beta2, theta)
    eps, eta, root = scalar(epsilon, theta), scalar(0.0, theta), scalar(0.0, theta)
    scratch = np.empty_like(theta)
    t = 0

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        nonlocal t
        t += 1
        eta[()] = rate / (1.0 - beta1**t)
        root[()] = math.sqrt(1.0 - beta2**t)
        np.multiply(gradient, c1, scratch)
        np.multiply(first, b1, first)
        np.add(first, scratch, first)
        np.square(gradient, gradient)
        np.multiply(gradient, c2, gradient)
        np.multiply(second, b2, second)
        np.add(second, gradient, second)
        np.maximum(most, second, out=most)
        np.sqrt(most, gradient)
        np.divide(gradient, root, gradient)
        np.add(gradient, eps, gradient)
        np.divide(first, gradient, gradient)
        np.multiply(gradient, eta, gradient)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer(
    "amsgrad",
    "update",
    start,
    ("gradient",),
    1e-3,
    "Reddi, Kale and Kumar (2018), On the convergence of Adam and beyond, arXiv 1904.09237",
)

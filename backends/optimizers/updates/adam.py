"""Adam: momentum over the root of a running mean of the square, both freed of their start at 0.

    m ← β₁ m + (1 - β₁) g,    m̂ = m/(1 - β₁ᵗ)
    v ← β₂ v + (1 - β₂) g²,   v̂ = v/(1 - β₂ᵗ)
    θ ← θ - η m̂/(√v̂ + ε),   or m̂/√(v̂ + ε) with epsilon_inside

torch: Adam(lr=η). optax: adam(η). Their defaults are ours; epsilon_inside is optax's
adam(η, eps=0, eps_root=ε).

What is stored is M = m/(1 - β₁) and V = v/(1 - β₂), which saves a multiplication each. With
c = (1 - β₂)/(1 - β₂ᵗ), so that v̂ = c V,

    M ← β₁ M + g,   V ← β₂ V + g²
    m̂/(√v̂ + ε) = (1 - β₁)/(1 - β₁ᵗ)/√c · M/(√V + ε/√c)
    m̂/√(v̂ + ε) = (1 - β₁)/(1 - β₁ᵗ)/√c · M/√(V + ε/c)

and g², then the denominator and the step, are written over g: ten ufuncs and no scratch.
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
    epsilon_inside: bool = False,
) -> Update:
    """The update."""
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    b1, b2 = scalar(beta1, theta), scalar(beta2, theta)
    eps, eta = scalar(0.0, theta), scalar(0.0, theta)
    t = 0

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        nonlocal t
        t += 1
        c = (1.0 - beta2) / (1.0 - beta2**t)
        root = math.sqrt(c)
        eta[()] = rate * (1.0 - beta1) / (1.0 - beta1**t) / root
        np.multiply(first, b1, first)
        np.add(first, gradient, first)
        np.square(gradient, gradient)
        np.multiply(second, b2, second)
        np.add(second, gradient, second)
        if epsilon_inside:
            eps[()] = epsilon / c
            np.add(second, eps, gradient)
            np.sqrt(gradient, gradient)
        else:
            eps[()] = epsilon / root
            np.sqrt(second, gradient)
            np.add(gradient, eps, gradient)
        np.divide(first, gradient, gradient)
        np.multiply(gradient, eta, gradient)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer(
    "adam",
    "update",
    start,
    ("gradient",),
    1e-3,
    "Kingma and Ba (2015), Adam: a method for stochastic optimization, arXiv 1412.6980",
)

"""NAdam: Adam that looks ahead as Nesterov's momentum does.

    μ_t = β₁ (1 - ½ 0.96^(t ψ)),   M_t = μ₁ μ₂ ... μ_t
    m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
    θ ← θ - η ((1 - μ_t)/(1 - M_t) g + μ_{t+1}/(1 - M_{t+1}) m)/(√(v/(1 - β₂ᵗ)) + ε)

torch: NAdam(lr=η, momentum_decay=ψ), which keeps M in torch's default dtype: in float32, unless
that is set otherwise, its rounding moves θ by some 1e-11 of itself. optax's nadam has no ψ: its μ
is β₁ throughout.
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
    momentum_decay: float = 4e-3,
) -> Update:
    """The update; momentum_decay is ψ."""
    first, second, scratch = np.zeros_like(theta), np.zeros_like(theta), np.empty_like(theta)
    b1, b2 = scalar(beta1, theta), scalar(beta2, theta)
    c1, c2 = scalar(1.0 - beta1, theta), scalar(1.0 - beta2, theta)
    eps, now, ahead, root = (scalar(x, theta) for x in (epsilon, 0.0, 0.0, 0.0))
    t, product = 0, 1.0

    def momentum(t: int) -> float:
        return beta1 * (1.0 - 0.5 * math.pow(0.96, t * momentum_decay))

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        nonlocal t, product
        t += 1
        mu, coming = momentum(t), momentum(t + 1)
        product *= mu
        now[()] = rate * (1.0 - mu) / (1.0 - product)
        ahead[()] = rate * coming / (1.0 - product * coming)
        root[()] = math.sqrt(1.0 - beta2**t)
        np.multiply(gradient, c1, scratch)
        np.multiply(first, b1, first)
        np.add(first, scratch, first)
        np.square(gradient, scratch)
        np.multiply(scratch, c2, scratch)
        np.multiply(second, b2, second)
        np.add(second, scratch, second)
        np.multiply(gradient, now, gradient)
        np.multiply(first, ahead, scratch)
        np.add(gradient, scratch, gradient)
        np.sqrt(second, scratch)
        np.divide(scratch, root, scratch)
        np.add(scratch, eps, scratch)
        np.divide(gradient, scratch, gradient)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer(
    "nadam",
    "update",
    start,
    ("gradient",),
    2e-3,
    "Dozat (2016), Incorporating Nesterov momentum into Adam, ICLR workshop",
)

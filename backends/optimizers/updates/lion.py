"""Lion: the sign of a mixture of momentum and gradient, so that every entry moves by the rate.

    u = sign(β₁ m + (1 - β₁) g)
    m ← β₂ m + (1 - β₂) g
    θ ← (1 - η λ) θ - η u

optax: lion(η) is weight_decay=1e-3; λ is decoupled, as in AdamW. torch.optim has no Lion.

What is stored is M = m/(1 - β₂); the sign is then that of  β₁ (1 - β₂)/(1 - β₁) M + g. It is
written over g, for in place np.sign takes ten times as long (NumPy 2.4, on signs at random).
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(
    theta: Vector,
    rng: np.random.Generator,
    *,
    weight_decay: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.99,
) -> Update:
    """The update; weight_decay is λ, and no gradient sees it."""
    m, mixture = np.zeros_like(theta), np.empty_like(theta)
    b2, share = scalar(beta2, theta), scalar(beta1 * (1.0 - beta2) / (1.0 - beta1), theta)
    eta, kept = scalar(0.0, theta), scalar(1.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        eta[()] = rate
        np.multiply(m, share, mixture)
        np.add(mixture, gradient, mixture)
        np.multiply(m, b2, m)
        np.add(m, gradient, m)
        np.sign(mixture, gradient)
        np.multiply(gradient, eta, gradient)
        if weight_decay:
            kept[()] = 1.0 - rate * weight_decay
            np.multiply(theta, kept, theta)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer(
    "lion",
    "update",
    start,
    ("gradient",),
    1e-4,
    "Chen et al. (2023), Symbolic discovery of optimization algorithms, arXiv 2302.06675",
)

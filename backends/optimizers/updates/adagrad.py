"""AdaGrad: a rate for every entry, the less it is the more gradient that entry has seen.

    s ← s + g²,   s₀ = initial
    θ ← θ - η g/(√s + ε),   or g/√(s + ε) with epsilon_inside

torch: Adagrad(lr=η), its defaults are ours: s₀ = 0, ε = 1e-10 outside.
optax: adagrad(η) is initial=0.1, epsilon=1e-7, epsilon_inside=True.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def start(
    theta: Vector,
    rng: np.random.Generator,
    *,
    epsilon: float = 1e-10,
    epsilon_inside: bool = False,
    initial: float = 0.0,
) -> Update:
    """The update; initial is s₀."""
    s, root = np.full_like(theta, initial), np.empty_like(theta)
    eps, eta = scalar(epsilon, theta), scalar(0.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        eta[()] = rate
        np.square(gradient, root)
        np.add(s, root, s)
        if epsilon_inside:
            np.add(s, eps, root)
            np.sqrt(root, root)
        else:
            np.sqrt(s, root)
            np.add(root, eps, root)
        np.divide(gradient, root, gradient)
        np.multiply(gradient, eta, gradient)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer(
    "adagrad",
    "update",
    start,
    ("gradient",),
    1e-2,
    "Duchi, Hazan and Singer (2011), Adaptive subgradient methods, JMLR 12",
)

"""AdamW: Adam, with the weights decayed beside it instead of through its gradient (decoupled).

    θ ← (1 - η λ) θ
    θ ← θ - η m̂/(√v̂ + ε), as in `adam.py`

torch: AdamW(lr=η), its defaults are ours: λ = 1e-2. optax: adamw(η) is weight_decay=1e-4.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector
from gradparity.backends.optimizers.updates import adam
from gradparity.backends.optimizers.updates.scalars import scalar


def start(
    theta: Vector,
    rng: np.random.Generator,
    *,
    weight_decay: float = 1e-2,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    epsilon_inside: bool = False,
) -> Update:
    """The update; weight_decay is λ, and no gradient sees it."""
    update = adam.start(
        theta, rng, beta1=beta1, beta2=beta2, epsilon=epsilon, epsilon_inside=epsilon_inside
    )
    kept = scalar(1.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        kept[()] = 1.0 - rate * weight_decay
        np.multiply(theta, kept, theta)
        update(theta, gradient, rate)

    return step


OPTIMIZER = Optimizer(
    "adamw",
    "update",
    start,
    ("gradient",),
    1e-3,
    "Loshchilov and Hutter (2019), Decoupled weight decay regularization, arXiv 1711.05101",
)

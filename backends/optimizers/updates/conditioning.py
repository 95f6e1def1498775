"""What comes before every update: the gradient clipped, then the weights decayed.

    clip c:             g ← g c/‖g‖ where ‖g‖ >= c, the norm that of all entries together
    weight decay λ:     g ← g + λ θ, the gradient of ½ λ ‖θ‖² (coupled, L2)

An optimiser whose `start` names `weight_decay` itself decays in its own way (AdamW, Lion).

optax: chain(clip_by_global_norm(c), add_decayed_weights(λ), ...). torch.optim: weight_decay=λ; its
clip_grad_norm_ divides by ‖g‖ + 1e-6 instead.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Update, Vector
from gradparity.backends.optimizers.updates.scalars import scalar


def decayed(update: Update, theta: Vector, weight_decay: float) -> Update:
    """The update, told g + λ θ."""
    lam, term = scalar(weight_decay, theta), np.empty_like(theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        np.multiply(theta, lam, term)
        np.add(gradient, term, gradient)
        update(theta, gradient, rate)

    return step


def clipped(update: Update, theta: Vector, clip: float) -> Update:
    """The update, told the gradient scaled down to norm `clip` where it is longer."""
    factor = scalar(1.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        length = norm(gradient)
        if not length < clip:
            factor[()] = clip / length
            np.multiply(gradient, factor, gradient)
        update(theta, gradient, rate)

    return step


def norm(gradient: Vector) -> float:
    """‖g‖, accumulated in float64; scaled first where the squares overflow or vanish."""
    g = gradient if gradient.dtype == np.float64 else gradient.astype(np.float64)
    with np.errstate(over="ignore"):
        square = float(np.dot(g, g))
    if 1e-200 < square < math.inf or not g.size:
        return math.sqrt(square)
    largest = float(np.max(np.abs(g)))
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    g = g / largest
    return largest * math.sqrt(float(np.dot(g, g)))

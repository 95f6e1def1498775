"""RMSProp: the gradient over the root of a running mean of its square.

    v ← α v + (1 - α) g²,   v₀ = initial;   centered: also m ← α m + (1 - α) g, and v - m² for v
    u = g/(√v + ε),   or g/√(v + ε) with epsilon_inside
    θ ← θ - η u,   or with momentum  b ← μ b + u, θ ← θ - η b,
                   or with rate_first  b ← μ b + η u, θ ← θ - b

torch: RMSprop(lr=η), its defaults are ours: α = 0.99, ε = 1e-8 outside, the rate last.
optax: rmsprop(η) is decay=0.9, epsilon_inside=True; with momentum also rate_first=True, which makes
a difference where the rate changes. optax's nesterov and bias_correction have no counterpart here.

What is stored is V = v/(1 - α) and M = m/(1 - α), which saves a multiplication each:

    V ← α V + g²,   M ← α M + g,   v - m² = (1 - α)(V - (1 - α) M²)
    √v + ε = √(1 - α) (√V + ε/√(1 - α)),   √(v + ε) = √(1 - α) √(V + ε/(1 - α))

v - m² is a variance: where rounding makes it negative it counts as 0 (in torch it becomes NaN).
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
    decay: float = 0.99,
    epsilon: float = 1e-8,
    epsilon_inside: bool = False,
    centered: bool = False,
    momentum: float = 0.0,
    rate_first: bool = False,
    initial: float = 0.0,
) -> Update:
    """The update; decay is α, momentum μ, initial v₀."""
    share = 1.0 - decay
    square, scratch = np.full_like(theta, initial / share), np.empty_like(theta)
    mean = np.zeros_like(theta) if centered else None
    ball = np.zeros_like(theta) if momentum else None
    alpha, rest, mu = scalar(decay, theta), scalar(share, theta), scalar(momentum, theta)
    eps = scalar(epsilon / (share if epsilon_inside else math.sqrt(share)), theta)
    scale, eta = scalar(0.0, theta), scalar(0.0, theta)

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        np.square(gradient, scratch)
        np.multiply(square, alpha, square)
        np.add(square, scratch, square)
        variance = square
        if mean is not None:
            np.multiply(mean, alpha, mean)
            np.add(mean, gradient, mean)
            np.square(mean, scratch)
            np.multiply(scratch, rest, scratch)
            np.subtract(square, scratch, scratch)
            variance = np.maximum(scratch, 0.0, out=scratch)
        if epsilon_inside:
            np.add(variance, eps, scratch)
            np.sqrt(scratch, scratch)
        else:
            np.sqrt(variance, scratch)
            np.add(scratch, eps, scratch)
        np.divide(gradient, scratch, gradient)
        scale[()] = (rate if ball is None or rate_first else 1.0) / math.sqrt(share)
        np.multiply(gradient, scale, gradient)
        if ball is not None:
            np.multiply(ball, mu, ball)
            np.add(ball, gradient, ball)
            eta[()] = 1.0 if rate_first else rate
            np.multiply(ball, eta, gradient)
        np.subtract(theta, gradient, theta)

    return step


OPTIMIZER = Optimizer(
    "rmsprop",
    "update",
    start,
    ("gradient",),
    1e-2,
    "Tieleman and Hinton (2012), Coursera lecture 6.5; centred: Graves (2013), arXiv 1308.0850",
)

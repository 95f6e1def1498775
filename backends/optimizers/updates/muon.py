"""Muon: momentum whose matrices are made orthogonal; what is no matrix moves as by Adam.

    m ← μ m + (1 - μ) g
    u = μ m/(1 - μᵗ⁺¹) + (1 - μ) g/(1 - μᵗ),   or m/(1 - μᵗ) without nesterov
    matrix (n, k):  X = u/(‖u‖ + ε), then `iterations` times  A = X Xᵀ,  X ← a X + (b A + c A²) X
                    θ ← (1 - η λ) θ - η √max(1, k/n) X
    all others:     μ = β₁,  v ← β₂ v + (1 - β₂) g²
                    θ ← (1 - η λ) θ - η u/(√(v/(1 - β₂ᵗ)) + ε)

Five rounds of Newton and Schulz with these a, b, c bring the singular values of X to 0.7 ... 1.2, a
direction that u hardly has as far as one that it is full of. X is transposed where n > k.

optax: contrib.muon(η, weight_decay=λ, adam_weight_decay=λ), to rounding. torch.optim.Muon differs:
X is in bfloat16, u = (1 - μ) g + μ m without correction, the factor √max(1, n/k), and it takes
matrices alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer, Update, Vector

A, B, C = 3.4445, -4.7750, 2.0315


def start(
    theta: Vector,
    rng: np.random.Generator,
    shapes: Sequence[tuple[int, ...]],
    *,
    momentum: float = 0.95,
    nesterov: bool = True,
    weight_decay: float = 0.0,
    iterations: int = 5,
    epsilon: float = 1e-8,
    beta1: float = 0.9,
    beta2: float = 0.999,
) -> Update:
    """The update; momentum is μ of the matrices, weight_decay λ, which no gradient sees."""
    ends = accumulate((math.prod(shape) for shape in shapes), initial=0)
    places = [(slice(*bounds), shape) for bounds, shape in zip(pairwise(ends), shapes, strict=True)]
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    t = 0

    def ahead(m: Vector, g: Vector, mu: float) -> Vector:
        """m takes in g; u."""
        m *= mu
        m += (1.0 - mu) * g
        if not nesterov:
            return m / (1.0 - mu**t)
        return mu / (1.0 - mu ** (t + 1)) * m + (1.0 - mu) / (1.0 - mu**t) * g

    def step(theta: Vector, gradient: Vector, rate: float) -> None:
        nonlocal t
        t += 1
        for place, shape in places:
            x, g, m = (vector[place] for vector in (theta, gradient, first))
            if len(shape) == 2:
                u = orthogonal(ahead(m, g, momentum).reshape(shape), iterations, epsilon)
                u *= math.sqrt(max(1.0, shape[1] / max(1, shape[0])))
            else:
                v = second[place]
                v *= beta2
                v += (1.0 - beta2) * np.square(g)
                u = ahead(m, g, beta1)
                u /= np.sqrt(v / (1.0 - beta2**t)) + epsilon
            x *= 1.0 - rate * weight_decay
            x -= rate * u.reshape(-1)

    return step


def orthogonal(u: Vector, iterations: int = 5, epsilon: float = 1e-8) -> Vector:
    """A matrix (n, k) of about the singular vectors of u, and singular values about 1."""
    x = u.T if u.shape[0] > u.shape[1] else u
    x = x / (np.linalg.norm(x) + epsilon)
    for _ in range(iterations):
        a = x @ x.T
        x = A * x + (B * a + C * a @ a) @ x
    found: Vector = x.T if u.shape[0] > u.shape[1] else x
    return found


OPTIMIZER = Optimizer(
    "muon",
    "update",
    start,
    ("gradient",),
    2e-2,
    "Jordan et al. (2024), Muon: an optimizer for hidden layers in neural networks",
    shaped=True,
)

"""The gradient of `problems.systems.folding`: minus the forces.

Distances: with r = x_i - x_j, e = ‖r‖ - D and P pairs, x_i has e r/(‖r‖ P), x_j minus it.

Torsion: with w = (p, q), h = ‖w‖ and t = w/h - true, over N - 3 angles, the slope by w is that of a
unit vector, (t - (t·w) w/h²)/h. Backwards from there, π and κ the slopes by p and q:

    p = m·n:                  by m: π n,  by n: π m
    q = (m×n)·b/‖b‖, β = κ/‖b‖:
                              by m: β n×b,  by n: β b×m,  by b: β m×n - κ q b/‖b‖²
    m = a×b, μ by m:          by a: b×μ,  by b: μ×a
    n = b×c, ν by n:          by b: c×ν,  by c: ν×b
    a bond x_{k+1} - x_k:     its slope is added to one point and taken from the other.

So the forces add up to 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.systems.folding import loss


def _inner(x: Any, y: Any) -> Any:
    return np.sum(x * y, axis=1, keepdims=True)


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by x (N, 3)."""
    x, first, second = params["x"], data["first"], data["second"]
    r = x[first] - x[second]
    length = np.sqrt(_inner(r, r))
    e = length[:, 0] - data["distance"]
    share = (e / len(e))[:, None] * (r / length)
    slope = np.empty_like(x)
    for axis in range(3):
        one, count = share[:, axis], len(x)
        slope[:, axis] = np.bincount(first, one, count) - np.bincount(second, one, count)

    bonds = x[1:] - x[:-1]
    a, b, c = bonds[:-2], bonds[1:-1], bonds[2:]
    m, n, square = np.cross(a, b), np.cross(b, c), _inner(b, b)
    across, root = np.cross(m, n), np.sqrt(square)
    p, q = _inner(m, n), _inner(across, b) / root
    w = np.concatenate([p, q], axis=1)
    h = np.sqrt(_inner(w, w))
    t = w / h - data["angle"]
    value = 0.5 * (np.mean(e * e) + np.sum(t * t) / len(t))

    unit = w / h
    by_w = (t - _inner(t, unit) * unit) / (h * len(t))
    by_p, by_q = by_w[:, :1], by_w[:, 1:]
    beta = by_q / root
    by_m, by_n = by_p * n + beta * np.cross(n, b), by_p * m + beta * np.cross(b, m)
    by_b = beta * across - by_q * q * b / square + np.cross(by_m, a) + np.cross(c, by_n)
    by_bonds = np.zeros_like(bonds)
    by_bonds[:-2] += np.cross(b, by_m)
    by_bonds[1:-1] += by_b
    by_bonds[2:] += np.cross(by_n, b)
    slope[1:] += by_bonds
    slope[:-1] -= by_bonds
    return value, {"x": slope}


DERIVATIONS: dict[str, Derive] = {"folding": by_gradient(loss, gradient)}

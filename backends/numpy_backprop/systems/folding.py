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
from gradparity.backends.numpy_backprop.contract.vectors import collected, cross, inner
from gradparity.problems import Arrays
from gradparity.problems.systems.folding import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by x (N, 3)."""
    first, second, count = data["first"], data["second"], len(params["x"])
    x = np.ascontiguousarray(params["x"].T)  # a coordinate is a row
    r = np.take(x, first, axis=1)
    r -= np.take(x, second, axis=1)
    length = np.sqrt(inner(r, r))
    e = length - data["distance"]
    r *= e / (length * len(e))
    slope = collected(r, first, count)
    slope -= collected(r, second, count)

    bonds = x[:, 1:] - x[:, :-1]
    a, b, c = bonds[:, :-2], bonds[:, 1:-1], bonds[:, 2:]
    m, n, square = cross(a, b), cross(b, c), inner(b, b)
    across, root = cross(m, n), np.sqrt(square)
    w = np.stack([inner(m, n), inner(across, b) / root])
    h = np.sqrt(inner(w, w))
    unit = w / h
    t = unit - data["angle"].T
    angles = len(h)
    value = 0.5 * (np.mean(e * e) + np.sum(t * t) / angles)

    by_p, by_q = (t - inner(t, unit) * unit) / (h * angles)
    beta = by_q / root
    by_m, by_n = by_p * n + beta * cross(n, b), by_p * m + beta * cross(b, m)
    by_b = beta * across - (by_q * w[1] / square) * b + cross(by_m, a) + cross(c, by_n)
    by_bonds = np.zeros_like(bonds)
    by_bonds[:, :-2] += cross(b, by_m)
    by_bonds[:, 1:-1] += by_b
    by_bonds[:, 2:] += cross(by_n, b)
    slope[1:] += by_bonds.T
    slope[:-1] -= by_bonds.T
    return value, {"x": slope}


DERIVATIONS: dict[str, Derive] = {"folding": by_gradient(loss, gradient)}

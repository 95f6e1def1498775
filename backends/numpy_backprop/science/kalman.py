"""The gradient of `problems.science.kalman`: the filter, backwards through time.

Of one step, with μ and Π the derivatives by the m and P that it leaves (Π symmetric):

    m = m⁻ + u v/s,  P = P⁻ - u uᵀ/s,  share ½ (v²/s + ln s)
        by v:  ν = μᵀu/s + v/s
        by s:  σ = -μᵀu v/s² + uᵀ Π u/s² + ½ (1/s - v²/s²)
        by u:  ω = μ v/s - 2 Π u/s + σ c,             for s = cᵀ u + e^r as well
    v = y - cᵀ m⁻,  u = P⁻ c
        by m⁻: μ⁻ = μ - ν c
        by P⁻: Π⁻ = Π + ½ (ω cᵀ + c ωᵀ),              its symmetric part, for P⁻ is symmetric
    m⁻ = A m₀,  P⁻ = A P₀ Aᵀ + diag e^q
        by A:  μ⁻ m₀ᵀ + 2 Π⁻ A P₀,   by q: e^q diag Π⁻,   by r: e^r σ
        by m₀: Aᵀ μ⁻,                by P₀: Aᵀ Π⁻ A.

What the way back reads of a step, m₀, P₀, u, v and s, is kept on the way forwards.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.science.kalman import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by a (d, d), q (d,) and r."""
    a, c, y = params["a"], data["c"], data["y"]
    variance, see, dtype = np.exp(params["q"]), np.exp(params["r"]), c.dtype
    m, p, total = np.zeros_like(c), np.eye(c.size, dtype=dtype), dtype.type(0.0)
    steps = []
    for seen in y:
        before = m, p
        m, p = a @ m, a @ p @ a.T
        p[np.diag_indices(c.size)] += variance
        u = p @ c
        s, v = c @ u + see, seen - c @ m
        total += 0.5 * (v * v / s + np.log(s))
        steps.append((*before, u, v, s))
        m, p = m + u * (v / s), p - np.outer(u, u / s)

    by_m, by_p = np.zeros_like(c), np.zeros_like(p)
    by_a, by_q, by_see = np.zeros_like(a), np.zeros_like(c), dtype.type(0.0)
    for m, p, u, v, s in reversed(steps):
        along, bent = by_m @ u, by_p @ u
        by_v = (along + v) / s
        by_s = (u @ bent - along * v) / (s * s) + 0.5 * (1.0 - v * v / s) / s
        by_u = by_m * (v / s) - (2.0 / s) * bent + by_s * c
        by_m = by_m - by_v * c
        outer = np.outer(0.5 * by_u, c)
        by_p = by_p + outer + outer.T
        by_a += np.outer(by_m, m) + 2.0 * (by_p @ a @ p)
        by_q += np.diagonal(by_p)
        by_see += by_s
        by_m, by_p = a.T @ by_m, a.T @ by_p @ a
    constant = dtype.type(0.5 * y.size * math.log(2.0 * math.pi))
    return total + constant, {"a": by_a, "q": variance * by_q, "r": see * by_see}


DERIVATIONS: dict[str, Derive] = {"kalman": by_gradient(loss, gradient)}

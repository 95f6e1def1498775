"""The gradients of `problems.science.ode`: Runge and Kutta's method, backwards through time.

One step reads y and writes y⁺ = y + h/6 (k₁ + 2 k₂ + 2 k₃ + k₄). With g the derivative by y⁺, the
stages get it back in the opposite order, each with what the later one adds through its place:

    κ₄ = h/6 g,              g₄ = φ′ᵀ κ₄   at y + h k₃
    κ₃ = h/3 g + h g₄,       g₃ = φ′ᵀ κ₃   at y + h/2 k₂
    κ₂ = h/3 g + h/2 g₃,     g₂ = φ′ᵀ κ₂   at y + h/2 k₁
    κ₁ = h/6 g + h/2 g₂,     g₁ = φ′ᵀ κ₁   at y
    d/dy = g + g₁ + g₂ + g₃ + g₄,

and every φ′ᵀ κ leaves its share by the rates. The places of the stages are kept on the way
forwards, (steps, 4, d): they are cheaper to read again than to compute again.

    decay:  φ = -λ y, linear: with z = -λ h every stage is a polynomial of z times y, and a step
            y⁺ = R(z) y, R = 1 + z + z²/2 + z³/6 + z⁴/24. Nothing is left to be kept or repeated:
            y_n = Rⁿ y₀,  by y₀: Rⁿ,  by λ: -h n Rⁿ⁻¹ R′(z) y₀, R′ = 1 + z + z²/2 + z³/6
    lotka:  φ = (u (a - b v), v (c u - d)),
            φ′ᵀ κ = ((a - b v) κ_u + c v κ_v, -b u κ_u + (c u - d) κ_v),
            by (a, b, c, d): (u κ_u, -u v κ_u, u v κ_v, -v κ_v)

Four numbers are too few for NumPy's calls, so Lotka's steps run on Python floats, in double
precision whatever the caller's dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.science.ode import decay_loss, lotka_loss


def decay(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by rate and start, both (d,)."""
    rate, start, steps = params["rate"], params["start"], len(data["clock"])
    z = -data["h"] * rate
    bend = 1.0 + z * (1.0 + z * (0.5 + z / 6.0))
    factor = 1.0 + z * (1.0 + z * (0.5 + z * (1.0 / 6.0 + z / 24.0)))
    before = factor ** (steps - 1)
    whole = before * factor
    by_rate = (-steps * data["h"]) * (before * bend * start)
    return np.sum(whole * start), {"rate": by_rate, "start": whole}


Pair = tuple[float, float]


def lotka(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by rate (4,) and start (2,)."""
    a, b, c, d = params["rate"].tolist()
    u, v = params["start"].tolist()
    h, path = float(data["h"]), data["path"].tolist()
    half, sixth = 0.5 * h, h / 6.0

    def rate(u: float, v: float) -> Pair:
        return u * (a - b * v), v * (c * u - d)

    kept, apart, total = [], [], 0.0
    for seen_u, seen_v in path:
        p1, q1 = rate(u, v)
        u2, v2 = u + half * p1, v + half * q1
        p2, q2 = rate(u2, v2)
        u3, v3 = u + half * p2, v + half * q2
        p3, q3 = rate(u3, v3)
        u4, v4 = u + h * p3, v + h * q3
        p4, q4 = rate(u4, v4)
        kept.append((u, v, u2, v2, u3, v3, u4, v4))
        u += sixth * (p1 + 2.0 * (p2 + p3) + p4)
        v += sixth * (q1 + 2.0 * (q2 + q3) + q4)
        du, dv = u - seen_u, v - seen_v
        apart.append((du, dv))
        total += 0.5 * (du * du + dv * dv)

    by_rate, scale = [0.0] * 4, 1.0 / len(path)

    def back(u: float, v: float, x: float, y: float) -> Pair:
        """φ′ᵀ κ at (u, v) for κ = (x, y); its share by the rates is added."""
        by_rate[0] += u * x
        by_rate[1] -= u * v * x
        by_rate[2] += u * v * y
        by_rate[3] -= v * y
        return (a - b * v) * x + c * v * y, (c * u - d) * y - b * u * x

    g = e = 0.0
    for (u1, v1, u2, v2, u3, v3, u4, v4), (du, dv) in zip(
        reversed(kept), reversed(apart), strict=True
    ):
        g, e = g + scale * du, e + scale * dv
        outer, inner = (sixth * g, sixth * e), (2.0 * sixth * g, 2.0 * sixth * e)
        g4, e4 = back(u4, v4, *outer)
        g3, e3 = back(u3, v3, inner[0] + h * g4, inner[1] + h * e4)
        g2, e2 = back(u2, v2, inner[0] + half * g3, inner[1] + half * e3)
        g1, e1 = back(u1, v1, outer[0] + half * g2, outer[1] + half * e2)
        g, e = g + g1 + g2 + g3 + g4, e + e1 + e2 + e3 + e4
    dtype = params["rate"].dtype
    slopes = {"rate": np.array(by_rate, dtype), "start": np.array([g, e], dtype)}
    return dtype.type(scale * total), slopes


DERIVATIONS: dict[str, Derive] = {
    "ode-decay": by_gradient(decay_loss, decay),
    "ode-lotka": by_gradient(lotka_loss, lotka),
}

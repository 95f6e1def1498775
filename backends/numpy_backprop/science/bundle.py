"""The gradient of `problems.science.bundle`: one observation's chain, for all of them at once.

With e = at - seen, the loss has w² ‖e‖²/2 + (1 - w²)²/2 for each observation. Backwards:

    by w:    w ‖e‖² - 2 w (1 - w²),           by at: g = w² e
    at = f L p + principal, L = 1 + k₁ ρ + k₂ ρ², ρ = ‖p‖²:
        by principal: g,   by f: L p·g,   by k₁, k₂: ρ f p·g, ρ² f p·g,
        by p: f L g + 2 p (k₁ + 2 k₂ ρ) f p·g
    p = (Y₁, Y₂)/Y₃, with h the derivative by p:
        by Y: D = (h, -p·h)/Y₃
    Y = a V + b r×V + c (r·V) r, with a = cos θ, b = sin θ/θ, c = (1 - cos θ)/θ², z = θ² = r·r:
        by V: a D + b D×r + c (D·r) r,
        by z: ζ = -½ b D·V + b′ D·(r×V) + c′ (r·V)(D·r),
        by r: b V×D + c ((r·V) D + (D·r) V) + 2 ζ r,
        where b′ = (a - b)/(2 z), c′ = (b - 2 c)/(2 z) by z
    V = X - centre:   by X the derivative by V, by the centre minus it.

b′ and c′ cancel where z is small; there they are series, as b and c are. A camera, or a point, has
the sum over its observations. Every coordinate is a row, (3, n), for all observations at once.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.backends.numpy_backprop.contract.vectors import collected, cross, inner
from gradparity.problems import Arrays
from gradparity.problems.science.bundle import NEAR, TERMS, loss, quotients


def series_slope(z: Any, first: int) -> Any:
    """The derivative by z of `problems.science.bundle.series`."""
    total = np.zeros_like(z)
    for k in range(TERMS - 1, 0, -1):
        total = total * z + (-1.0) ** k * k / math.factorial(2 * k + first)
    return total


def slopes(z: Any, a: Any, b: Any, c: Any) -> tuple[Any, Any]:
    """b′ and c′."""
    near = z < NEAR
    if not near.any():
        half = 0.5 / z
        return (a - b) * half, (b - 2.0 * c) * half
    twice = 2.0 * np.where(near, 1.0, z)
    return (
        np.where(near, series_slope(z, 1), (a - b) / twice),
        np.where(near, series_slope(z, 2), (b - 2.0 * c) / twice),
    )


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by cameras (n_c, 11), points (n_p, 3) and weights (n,)."""
    w = params["weights"]
    camera = np.take(params["cameras"].T, data["camera"], axis=1)  # (11, n)
    r, f, k1, k2 = camera[:3], camera[6], camera[9], camera[10]
    v = np.take(params["points"].T, data["point"], axis=1)
    v -= camera[3:6]
    z, across, along = inner(r, r), cross(r, v), inner(r, v)
    a, b, c = quotients(np, z)
    y = a * v + b * across + (c * along) * r
    p = y[:2] / y[2]
    rho = inner(p, p)
    stretch = 1.0 + rho * (k1 + k2 * rho)
    e = (f * stretch) * p
    e += camera[7:9]
    e -= data["seen"].T
    squares, weighed, rest = inner(e, e), w * w, 1.0 - w * w
    value = 0.5 * (np.sum(weighed * squares) + np.sum(rest * rest))

    by_camera = np.empty_like(camera)
    g = np.multiply(weighed, e, out=by_camera[7:9])
    outward = inner(p, g)
    radial = f * outward
    d = np.empty_like(v)
    h = np.multiply(f * stretch, g, out=d[:2])
    h += (2.0 * (k1 + 2.0 * k2 * rho) * radial) * p
    np.negative(inner(p, h), out=d[2])
    d /= y[2]
    dr = inner(d, r)
    by_v = a * d + b * cross(d, r) + (c * dr) * r
    db, dc = slopes(z, a, b, c)
    zeta = db * inner(d, across) + dc * along * dr - 0.5 * b * inner(d, v)
    by_camera[:3] = b * cross(v, d) + c * (along * d + dr * v) + (2.0 * zeta) * r
    np.negative(by_v, out=by_camera[3:6])
    np.multiply(stretch, outward, out=by_camera[6])
    np.multiply(rho, radial, out=by_camera[9])
    np.multiply(rho, by_camera[9], out=by_camera[10])
    return value, {
        "cameras": collected(by_camera, data["camera"], len(params["cameras"])),
        "points": collected(by_v, data["point"], len(params["points"])),
        "weights": w * (squares - 2.0 * rest),
    }


DERIVATIONS: dict[str, Derive] = {"bundle": by_gradient(loss, gradient)}

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
the sum over its observations.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
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
    twice = 2.0 * np.where(near, 1.0, z)
    return (
        np.where(near, series_slope(z, 1), (a - b) / twice),
        np.where(near, series_slope(z, 2), (b - 2.0 * c) / twice),
    )


def inner(x: Any, y: Any) -> Any:
    """Of the rows: (n, d), (n, d) -> (n, 1)."""
    return np.sum(x * y, axis=1, keepdims=True)


def collected(rows: Any, where: Any, count: int) -> Any:
    """The sums of the rows (n, d) that go to each of `count` places: (count, d)."""
    columns = [np.bincount(where, column, count) for column in rows.T]
    return np.stack(columns, axis=1).astype(rows.dtype)


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by cameras (n_c, 11), points (n_p, 3) and weights (n,)."""
    camera, w = params["cameras"][data["camera"]], params["weights"]
    r, f, k1, k2 = camera[:, :3], camera[:, 6:7], camera[:, 9:10], camera[:, 10:11]
    v = params["points"][data["point"]] - camera[:, 3:6]
    z, across, along = inner(r, r), np.cross(r, v), inner(r, v)
    a, b, c = quotients(np, z)
    y = a * v + b * across + c * along * r
    p = y[:, :2] / y[:, 2:]
    rho = inner(p, p)
    stretch = 1.0 + rho * (k1 + k2 * rho)
    e = f * stretch * p + camera[:, 7:9] - data["seen"]
    squares, rest = np.sum(e * e, axis=1), 1.0 - w * w
    value = 0.5 * (np.sum(w * w * squares) + np.sum(rest * rest))

    g = (w * w)[:, None] * e
    outward = inner(p, g)
    radial = f * outward
    h = f * stretch * g + 2.0 * (k1 + 2.0 * k2 * rho) * radial * p
    d = np.concatenate([h, -inner(p, h)], axis=1) / y[:, 2:]
    dr = inner(d, r)
    by_v = a * d + b * np.cross(d, r) + c * dr * r
    db, dc = slopes(z, a, b, c)
    zeta = db * inner(d, across) + dc * along * dr - 0.5 * b * inner(d, v)
    by_r = b * np.cross(v, d) + c * (along * d + dr * v) + 2.0 * zeta * r
    by_camera = [by_r, -by_v, stretch * outward, g, rho * radial, rho * rho * radial]
    return value, {
        "cameras": collected(
            np.concatenate(by_camera, axis=1), data["camera"], len(params["cameras"])
        ),
        "points": collected(by_v, data["point"], len(params["points"])),
        "weights": w * (squares - 2.0 * rest),
    }


DERIVATIONS: dict[str, Derive] = {"bundle": by_gradient(loss, gradient)}

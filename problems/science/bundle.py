"""Bundle adjustment: where the cameras were, and where what they saw is.

A camera has eleven numbers: rotation r (3,), an axis times an angle θ; centre (3,); focal length f;
principal point (2,); radial distortion k₁, k₂. It sees a point X at

    Y = R(r) (X - centre),   R(r) V = cos θ V + sin θ/θ r×V + (1 - cos θ)/θ² (r·V) r  (Rodrigues),
    p = (Y₁, Y₂)/Y₃,  ρ = ‖p‖²,
    at = f (1 + k₁ ρ + k₂ ρ²) p + principal,

and an observation with the weight w has the residuals w (at - seen), two of them, and 1 - w². The
loss is half the sum of all their squares. A row of the Jacobian has 11 + 3 + 1 entries that are not
0. At θ = 0 the quotients are limits: below θ² = `NEAR` they are power series, on every backend.

What it exercises: gathering rows by index and scattering them back, long chains of small vectors,
and a branch that must be smooth.

Source: Triggs, McLauchlan, Hartley and Fitzgibbon 2000, Bundle adjustment: a modern synthesis;
Šrajer, Kukelova and Fitzgibbon 2018; GradBench's `ba`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import NUMPY, Namespace
from gradparity.problems.problem import Arrays, Instance, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"cameras": 2, "points": 6, "observations": 12},
    "small": {"cameras": 10, "points": 60, "observations": 300},
    "medium": {"cameras": 50, "points": 1000, "observations": 5000},
    "large": {"cameras": 100, "points": 4000, "observations": 20_000},
}

NEAR = 0.01
"""θ² below which sin θ/θ and (1 - cos θ)/θ² are series of `TERMS` terms, right to 1e-24."""

TERMS = 8


def series(z: Any, first: int) -> Any:
    """Σ_k (-z)^k/(2k + first)!: sin √z/√z for 1, (1 - cos √z)/z for 2."""
    total: Any = 0.0
    for k in range(TERMS - 1, -1, -1):
        total = total * z + (-1.0) ** k / math.factorial(2 * k + first)
    return total


def quotients(xp: Any, z: Any) -> tuple[Any, Any, Any]:
    """The values cos θ, sin θ/θ and (1 - cos θ)/θ² of z = θ², of any shape; xp: any library's."""
    near = z < NEAR
    safe = xp.where(near, xp.ones_like(z), z)
    theta = xp.sqrt(safe)
    sine = xp.where(near, series(z, 1), xp.sin(theta) / theta)
    bent = xp.where(near, series(z, 2), (1.0 - xp.cos(theta)) / safe)
    return 1.0 - z * bent, sine, bent


def _seen(
    xp: Any, cross: Callable[[Any, Any], Any], total: Callable[[Any], Any], camera: Any, x: Any
) -> Any:
    """Where cameras (n, 11) see points x (n, 3): (n, 2)."""
    r, v = camera[:, :3], x - camera[:, 3:6]
    cosine, sine, bent = quotients(xp, total(r * r))
    y = cosine * v + sine * cross(r, v) + bent * total(r * v) * r
    p = y[:, :2] / y[:, 2:]
    rho = total(p * p)
    stretch = 1.0 + camera[:, 9:10] * rho + camera[:, 10:11] * rho * rho
    return camera[:, 6:7] * stretch * p + camera[:, 7:9]


def residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """First w (at - seen), observation by observation, then 1 - w²: shape (3 n,)."""
    camera = xp.take(params["cameras"], data["camera"], axis=0)
    x = xp.take(params["points"], data["point"], axis=0)
    w = params["weights"]
    at = _seen(xp, xp.cross, lambda x: xp.sum(x, axis=1, keepdims=True), camera, x)
    errors = w[:, None] * (at - data["seen"])
    return xp.concat([xp.reshape(errors, (-1,)), 1.0 - xp.square(w)], axis=0)


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Half the sum of the squared residuals."""
    return 0.5 * xp.sum(xp.square(residuals(xp, params, data)))


def draw(rng: np.random.Generator, *, cameras: int, points: int, observations: int) -> Instance:
    """Cameras around the origin's far side, points near the origin; a start beside the truth.

    The first camera is not turned at all. Params cameras (n_c, 11), points (n_p, 3), weights (n,).
    Data: camera and point (n,), integers, and seen (n, 2), what the truth shows, with noise.
    """
    in_range("cameras", cameras, 1, 1e6, whole=True)
    in_range("points", points, 1, 1e7, whole=True)
    in_range("observations", observations, 1, 1e8, whole=True)
    turned = 0.3 * rng.normal(size=(cameras, 3))
    turned[0] = 0.0
    centre = rng.normal(scale=0.3, size=(cameras, 3)) - np.array([0.0, 0.0, 6.0])
    inner = np.column_stack(
        [
            rng.uniform(0.9, 1.1, cameras),
            rng.normal(scale=0.05, size=(cameras, 2)),
            rng.normal(scale=0.05, size=(cameras, 2)),
        ]
    )
    truth = np.column_stack([turned, centre, inner])
    x = rng.uniform(-1.0, 1.0, (points, 3))
    camera = rng.integers(cameras, size=observations)
    point = rng.integers(points, size=observations)
    whole = {"cameras": truth, "points": x, "weights": np.ones(observations)}
    data = {"camera": camera, "point": point, "seen": np.zeros((observations, 2))}
    at = residuals(NUMPY, whole, data)[: 2 * observations].reshape(-1, 2)
    data["seen"] = at + 0.01 * rng.normal(size=at.shape)
    start = truth + 0.01 * rng.normal(size=truth.shape)
    start[0, :3] = 0.0
    weights = rng.uniform(0.5, 1.5, observations)
    return Instance(
        {"cameras": start, "points": x + 0.01 * rng.normal(size=x.shape), "weights": weights}, data
    )


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    camera, x = params["cameras"][data["camera"]], params["points"][data["point"]]
    w = params["weights"]
    at = _seen(torch, torch.linalg.cross, lambda x: x.sum(1, keepdim=True), camera, x)
    errors = w[:, None] * (at - data["seen"])
    return 0.5 * (errors.square().sum() + (1.0 - w.square()).square().sum())


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    camera, x = params["cameras"][data["camera"]], params["points"][data["point"]]
    w = params["weights"]
    at = _seen(jnp, jnp.cross, lambda x: jnp.sum(x, axis=1, keepdims=True), camera, x)
    errors = w[:, None] * (at - data["seen"])
    return 0.5 * (jnp.sum(errors**2) + jnp.sum((1.0 - w**2) ** 2))


PROBLEMS: dict[str, Problem] = {
    "bundle": Problem(
        name="bundle",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Triggs, McLauchlan, Hartley and Fitzgibbon 2000; GradBench's ba",
        residuals=residuals,
        idiomatic={"torch": _torch, "jax": _jax},
    )
}

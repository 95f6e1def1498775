"""Kalman's filter: the likelihood of a hidden linear process, seen through noise.

The state x_t (d,) is not seen, y_t, a number, is:

    x_t = A x_{t-1} + noise of variance e^q in each place,   y_t = cᵀ x_t + noise of variance e^r,

from x_0 normal with mean 0 and covariance I. The filter carries the mean m and the covariance P of
x_t given what was seen:

    m⁻ = A m,  P⁻ = A P Aᵀ + diag e^q,  u = P⁻ c,  s = cᵀ u + e^r,  v = y_t - cᵀ m⁻,
    m = m⁻ + u v/s,  P = P⁻ - u uᵀ/s,  loss = Σ_t ½ (v²/s + ln s + ln 2π).

That is minus the logarithm of the normal density of all of y, whose covariance matrix, (T, T), is
never formed. What it exercises: small matrices in a long loop.

Source: Kalman 1960; Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, 1989,
section 3.4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"steps": 10, "states": 2},
    "small": {"steps": 100, "states": 3},
    "medium": {"steps": 200, "states": 4},
}


def draw(rng: np.random.Generator, *, steps: int, states: int) -> Instance:
    """Params a (d, d), of spectral radius below 1, q (d,) and r, scalar. Data c (d,), y (T,)."""
    in_range("steps", steps, 1, 1e6, whole=True)
    in_range("states", states, 1, 200, whole=True)
    turn = np.linalg.qr(rng.normal(size=(states, states)))[0]
    a, c = 0.9 * turn, np.ones(states)
    x, y = rng.normal(size=states), np.empty(steps)
    for t in range(steps):
        x = a @ x + 0.5 * rng.normal(size=states)
        y[t] = c @ x + 0.5 * rng.normal()
    params = {
        "a": a + rng.normal(scale=0.02, size=a.shape),
        "q": -1.4 + rng.normal(scale=0.2, size=states),
        "r": np.asarray(-1.4 + rng.normal(scale=0.2)),
    }
    return Instance(params, {"c": c, "y": y})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Minus the log-likelihood of y."""
    a, c, y = params["a"], data["c"], data["y"]
    identity = xp.astype(xp.eye(c.shape[0]), c.dtype)
    move, see = identity * xp.exp(params["q"]), xp.exp(params["r"])

    def step(carry: Any, seen: Any) -> Any:
        m, p, total = carry
        m, p = a @ m, a @ p @ xp.matrix_transpose(a) + move
        u = p @ c
        s, v = xp.sum(c * u) + see, seen - xp.sum(c * m)
        total = total + 0.5 * (xp.square(v) / s + xp.log(s))
        return (m + u * (v / s), p - u[:, None] * u[None, :] / s, total), None

    start = (xp.zeros_like(c), identity, xp.zeros_like(c[0]))
    total = xp.scan(step, start, y)[0][2]
    return total + 0.5 * y.shape[0] * math.log(2.0 * math.pi)


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    a, c, y = params["a"], data["c"], data["y"]
    move, see = torch.diag(params["q"].exp()), params["r"].exp()
    m, p, total = torch.zeros_like(c), torch.eye(len(c), dtype=c.dtype), 0.0
    for seen in y:
        m, p = a @ m, a @ p @ a.T + move
        u = p @ c
        s, v = c @ u + see, seen - c @ m
        total = total + 0.5 * (v**2 / s + s.log())
        m, p = m + u * (v / s), p - torch.outer(u, u) / s
    return total + 0.5 * len(y) * math.log(2.0 * math.pi)


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax
    import jax.numpy as jnp

    a, c, y = params["a"], data["c"], data["y"]
    move, see = jnp.diag(jnp.exp(params["q"])), jnp.exp(params["r"])

    def step(carry: Any, seen: Any) -> Any:
        m, p = carry
        m, p = a @ m, a @ p @ a.T + move
        u = p @ c
        s, v = c @ u + see, seen - c @ m
        return (m + u * (v / s), p - jnp.outer(u, u) / s), 0.5 * (v**2 / s + jnp.log(s))

    start = (jnp.zeros_like(c), jnp.eye(len(c), dtype=c.dtype))
    return jax.lax.scan(step, start, y)[1].sum() + 0.5 * len(y) * math.log(2.0 * math.pi)


PROBLEMS: dict[str, Problem] = {
    "kalman": Problem(
        name="kalman",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Kalman 1960; Harvey 1989, section 3.4",
        idiomatic={"torch": _torch, "jax": _jax},
    )
}

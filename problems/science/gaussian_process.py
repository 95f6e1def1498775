"""A Gaussian process: the likelihood of its length, its height and its noise.

Points x (n, d) with observations y (n,), which are normal with mean 0 and the covariance

    K_ij = s² exp(-½ Σ_k (x_ik - x_jk)²/ℓ_k²) + σ² [i = j],
    loss = ½ yᵀ K⁻¹ y + ½ ln det K + ½ n ln 2π.

The parameters are the logarithms of the ℓ_k, of s and of σ. With α = K⁻¹ y, the derivative along a
change ∂K is ½ tr((K⁻¹ - α αᵀ) ∂K). What it exercises: a Cholesky factor, O(n³), on top of a matrix
of all pairs; its inverse is wanted on the way back.

Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"points": 10, "dimensions": 1},
    "small": {"points": 20, "dimensions": 2},
    "medium": {"points": 80, "dimensions": 2},
    "large": {"points": 200, "dimensions": 4},
}


def draw(rng: np.random.Generator, *, points: int, dimensions: int) -> Instance:
    """Params log_length (d,), log_height and log_noise, scalars. Data x (n, d), y (n,)."""
    in_range("points", points, 1, 5000, whole=True)
    in_range("dimensions", dimensions, 1, 1000, whole=True)
    x = rng.uniform(-2.0, 2.0, (points, dimensions))
    y = np.sum(np.sin(2.0 * x), axis=1) + 0.3 * rng.normal(size=points)
    params = {
        "log_length": rng.normal(scale=0.2, size=dimensions),
        "log_height": np.asarray(rng.normal(scale=0.2)),
        "log_noise": np.asarray(-1.0 + rng.normal(scale=0.2)),
    }
    return Instance(params, {"x": x, "y": y})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Minus the log-likelihood, by Cholesky's factor L: ½ ‖L⁻¹ y‖² + Σ ln L_ii + ½ n ln 2π."""
    x, y = data["x"], data["y"]
    n = y.shape[0]
    scaled = x * xp.exp(-params["log_length"])
    apart = scaled[:, None, :] - scaled[None, :, :]
    near = xp.exp(2.0 * params["log_height"] - 0.5 * xp.sum(xp.square(apart), axis=2))
    noise = xp.exp(2.0 * params["log_noise"]) * xp.astype(xp.eye(n), y.dtype)
    factor = xp.cholesky(near + noise)
    white = xp.solve_triangular(factor, y, lower=True)
    height = xp.sum(xp.log(xp.diagonal(factor)))
    return 0.5 * xp.sum(xp.square(white)) + height + 0.5 * n * math.log(2.0 * math.pi)


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    scaled, y = data["x"] / params["log_length"].exp(), data["y"]
    apart = (scaled[:, None] - scaled[None]).square().sum(2)
    k = torch.exp(2.0 * params["log_height"] - 0.5 * apart)
    k = k + torch.exp(2.0 * params["log_noise"]) * torch.eye(len(y), dtype=y.dtype)
    factor = torch.linalg.cholesky(k)
    white = torch.linalg.solve_triangular(factor, y[:, None], upper=False)
    height = factor.diagonal().log().sum()
    return 0.5 * white.square().sum() + height + 0.5 * len(y) * math.log(2.0 * math.pi)


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax
    import jax.numpy as jnp

    scaled, y = data["x"] / jnp.exp(params["log_length"]), data["y"]
    apart = jnp.sum((scaled[:, None] - scaled[None]) ** 2, axis=2)
    k = jnp.exp(2.0 * params["log_height"] - 0.5 * apart)
    k = k + jnp.exp(2.0 * params["log_noise"]) * jnp.eye(len(y), dtype=y.dtype)
    factor = jnp.linalg.cholesky(k)
    white = jax.scipy.linalg.solve_triangular(factor, y, lower=True)
    height = jnp.log(jnp.diagonal(factor)).sum()
    return 0.5 * jnp.sum(white**2) + height + 0.5 * len(y) * math.log(2.0 * math.pi)


PROBLEMS: dict[str, Problem] = {
    "gaussian-process": Problem(
        name="gaussian-process",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Rasmussen and Williams 2006, section 5.4.1",
        idiomatic={"torch": _torch, "jax": _jax},
    )
}

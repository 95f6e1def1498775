"""k-means: the squared distance of every point to its nearest centre.

    f(c) = Σ_i min_k ‖x_i - c_k‖²,   c (K, D), points x (n, D).

Where no point is as near to two centres, the gradient by a centre is 2 Σ (c_k - x_i) over the
points that are nearest to it, the Hessian 2 n_k I, and a Newton step is Lloyd's: the centre moves
to the mean of its points. Between two centres there is a kink. What it exercises: distances of all
pairs, and a minimum that lets one of K pass.

Source: Lloyd 1982, Least squares quantization in PCM; Bottou and Bengio 1994, Convergence
properties of the k-means algorithm; GradBench's `kmeans`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"points": 30, "dimensions": 2, "centres": 3},
    "small": {"points": 500, "dimensions": 2, "centres": 10},
    "medium": {"points": 2000, "dimensions": 16, "centres": 16},
    "large": {"points": 5000, "dimensions": 32, "centres": 32},
}


def draw(rng: np.random.Generator, *, points: int, dimensions: int, centres: int) -> Instance:
    """Points around as many places as there are centres; centres at points, a little beside.

    Params c (K, D). Data x (n, D).
    """
    in_range("dimensions", dimensions, 1, 10_000, whole=True)
    in_range("centres", centres, 1, 100_000, whole=True)
    in_range("points", points, centres, 1e8, whole=True)
    places = 3.0 * rng.normal(size=(centres, dimensions))
    x = places[rng.integers(centres, size=points)] + rng.normal(size=(points, dimensions))
    start = x[rng.choice(points, size=centres, replace=False)]
    return Instance({"c": start + 0.1 * rng.normal(size=start.shape)}, {"x": x})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """The value Σ_i min_k ‖x_i - c_k‖²; of ties the minimum decides."""
    apart = data["x"][:, None, :] - params["c"][None, :, :]
    return xp.sum(xp.min(xp.sum(xp.square(apart), axis=2), axis=1))


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    apart = data["x"][:, None] - params["c"][None]
    return apart.square().sum(2).min(dim=1).values.sum()


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    apart = data["x"][:, None] - params["c"][None]
    return jnp.min(jnp.sum(apart**2, axis=2), axis=1).sum()


PROBLEMS: dict[str, Problem] = {
    "kmeans": Problem(
        name="kmeans",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Lloyd 1982; Bottou and Bengio 1994; GradBench's kmeans",
        idiomatic={"torch": _torch, "jax": _jax},
    )
}

"""A folded chain, told by its distances and its torsion angles.

N points x (N, 3), in the order of a chain. With the distances D_ij that were measured, and for each
four neighbours the torsion angle's sine and cosine,

    loss = mean over pairs of ½ (‖x_i - x_j‖ - D_ij)²
           + mean over angles of ½ ‖(cos, sin) - true‖².

For four neighbours with the bonds a, b, c: m = a×b, n = b×c, and (cos, sin) is (m·n, (m×n)·b/‖b‖)
over its own length. Moving or turning the whole changes nothing: the forces add up to 0, and so do
their moments. The true chain costs nothing, nor does its image under motion. What it exercises: all
pairs with a root each, and chains of cross products.

Source: Jumper et al. 2021, https://doi.org/10.1038/s41586-021-03819-2, for the terms; the angle as
in Blondel and Karplus 1996.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import NUMPY, Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"points": 5},
    "small": {"points": 20},
    "medium": {"points": 100},
    "large": {"points": 300},
}


def distances(xp: Any, x: Any, data: Arrays) -> Any:
    """Of each pair, (pairs,)."""
    apart = xp.take(x, data["first"], axis=0) - xp.take(x, data["second"], axis=0)
    return xp.sqrt(xp.sum(xp.square(apart), axis=1))


def torsions(xp: Any, x: Any) -> Any:
    """(cos, sin) of each four neighbours, (N - 3, 2)."""
    bonds = x[1:] - x[:-1]
    a, b, c = bonds[:-2], bonds[1:-1], bonds[2:]
    m, n = xp.cross(a, b), xp.cross(b, c)
    length = xp.sqrt(xp.sum(xp.square(b), axis=1))
    p = xp.sum(m * n, axis=1)
    q = xp.sum(xp.cross(m, n) * b, axis=1) / length
    return xp.stack([p, q], axis=1) / xp.sqrt(xp.square(p) + xp.square(q))[:, None]


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Both terms."""
    x = params["x"]
    apart = distances(xp, x, data) - data["distance"]
    turned = torsions(xp, x) - data["angle"]
    return 0.5 * (xp.mean(xp.square(apart)) + xp.sum(xp.square(turned)) / turned.shape[0])


def draw(rng: np.random.Generator, *, points: int) -> Instance:
    """Params x (N, 3), a start beside the true chain, a random walk of steps of about 1.

    Data: first and second (pairs,), integers; distance (pairs,), angle (N - 3, 2), of the truth.
    """
    in_range("points", points, 4, 5000, whole=True)
    steps = rng.normal(size=(points, 3))
    truth = np.cumsum(steps / np.linalg.norm(steps, axis=1, keepdims=True), axis=0)
    first, second = np.triu_indices(points, 1)
    data = {"first": first, "second": second}
    known = {"distance": distances(NUMPY, truth, data), "angle": torsions(NUMPY, truth)}
    return Instance({"x": truth + 0.2 * rng.normal(size=truth.shape)}, {**data, **known})


def _minimum(data: Arrays) -> Minimum:
    return Minimum(0.0, note="at the true chain, moved and turned anyhow; its figures are rounded")


def _idiomatic(xp: Any, total: Any, x: Any, data: Arrays) -> Any:
    """In a library's own words: indexing, norm and cross are its own."""
    apart = total(x[data["first"]] - x[data["second"]]) - data["distance"]
    bonds = x[1:] - x[:-1]
    a, b, c = bonds[:-2], bonds[1:-1], bonds[2:]
    m, n = xp.cross(a, b), xp.cross(b, c)
    p, q = (m * n).sum(1), (xp.cross(m, n) * b).sum(1) / total(b)
    found = xp.stack([p, q], 1)
    turned = found / total(found)[:, None] - data["angle"]
    return 0.5 * ((apart**2).mean() + (turned**2).sum(1).mean())


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    norm = torch.linalg.vector_norm
    words = SimpleNamespace(cross=torch.linalg.cross, stack=torch.stack)
    return _idiomatic(words, lambda x: norm(x, dim=1), params["x"], data)


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    return _idiomatic(jnp, lambda x: jnp.linalg.norm(x, axis=1), params["x"], data)


PROBLEMS: dict[str, Problem] = {
    "folding": Problem(
        name="folding",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Jumper et al. 2021, https://doi.org/10.1038/s41586-021-03819-2, for the terms",
        minimum=_minimum,
        idiomatic={"torch": _torch, "jax": _jax},
    )
}

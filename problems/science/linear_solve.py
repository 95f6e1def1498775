"""A linear solve inside a loss: the system that has the answer which was observed.

    f(M, b) = ½ ‖x - t‖²,   A x = b,   A = I + M,   M (n, n), b and t (n,).

The way back is one more solve, with Aᵀ: the adjoint method. No derivative of the inverse is formed.
What it exercises: a factorisation whose parts are wanted twice, and a product of two vectors, dA,
that is as large as the matrix.

Source: Giles 2008, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, section 2.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem


def draw(rng: np.random.Generator, *, n: int) -> Instance:
    """Params m (n, n), normal with deviation ½/√n, and b (n,). Data: t (n,), identity (n, n)."""
    in_range("n", n, 1, 5000, whole=True)
    params = {"m": rng.normal(scale=0.5 * n**-0.5, size=(n, n)), "b": rng.normal(size=n)}
    return Instance(params, {"t": rng.normal(size=n), "identity": np.eye(n)})


def residuals(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """x - t, shape (n,)."""
    return xp.solve(data["identity"] + params["m"], params["b"]) - data["t"]


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """½ ‖x - t‖²."""
    return 0.5 * xp.sum(xp.square(residuals(xp, params, data)))


def _minimum(data: Arrays) -> Minimum:
    t = data["t"]
    return Minimum(0.0, {"m": np.zeros((t.size, t.size)), "b": np.array(t)}, "wherever A t = b")


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    x = torch.linalg.solve(data["identity"] + params["m"], params["b"])
    return 0.5 * (x - data["t"]).square().sum()


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    x = jnp.linalg.solve(data["identity"] + params["m"], params["b"])
    return 0.5 * jnp.sum((x - data["t"]) ** 2)


PROBLEMS: dict[str, Problem] = {
    "linear-solve": Problem(
        name="linear-solve",
        loss=loss,
        draw=draw,
        sizes={"tiny": {"n": 3}, "small": {"n": 16}, "medium": {"n": 64}, "large": {"n": 256}},
        source="Giles 2008, section 2.2: the adjoint of a solve",
        minimum=_minimum,
        residuals=residuals,
        idiomatic={"torch": _torch, "jax": _jax},
    )
}

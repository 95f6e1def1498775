"""The determinant of a matrix near the identity.

    f(M) = det A,   A = I + M,   M (n, n).

Jacobi's formula: the gradient is det(A) A⁻ᵀ, the matrix of cofactors; so Σ A ∘ ∇f = n det A, for
the determinant is a homogeneous function of degree n. What it exercises: a factorisation, O(n³),
and an inverse behind it. The eigenvalues of A fill a disc of radius ½ around 1, so that the
determinant stays of the order of 1 at every size.

Source: Magnus and Neudecker, Matrix Differential Calculus, 2019, chapter 8; GradBench's `det`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem


def draw(rng: np.random.Generator, *, n: int) -> Instance:
    """Params m (n, n), normal with deviation ½/√n. Data: identity (n, n)."""
    in_range("n", n, 1, 2000, whole=True)
    return Instance({"m": rng.normal(scale=0.5 * n**-0.5, size=(n, n))}, {"identity": np.eye(n)})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """The value det(I + m)."""
    return xp.det(data["identity"] + params["m"])


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    return torch.linalg.det(data["identity"] + params["m"])


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    return jnp.linalg.det(data["identity"] + params["m"])


PROBLEMS: dict[str, Problem] = {
    "determinant": Problem(
        name="determinant",
        loss=loss,
        draw=draw,
        sizes={"tiny": {"n": 4}, "small": {"n": 16}, "medium": {"n": 64}, "large": {"n": 256}},
        source="Jacobi's formula, Magnus and Neudecker 2019, chapter 8; GradBench's det",
        minimum=lambda data: Minimum(-math.inf, note="unbounded below: a row times -t"),
        idiomatic={"torch": _torch, "jax": _jax},
    )
}

"""Matrix factorisation: a matrix as the product of two thin ones.

    f(U, V) = ½ ‖M - U Vᵀ‖²,   M (m, n), U (m, r), V (n, r).

Not convex, and yet every critical value is ½ Σ σ_i² over the singular values of M that are left
out: the least leaves out the smallest (Eckart and Young), and the rest are saddles, among them U =
V = 0. What it exercises: three products of the same cost, which is all there is to it.

Source: Eckart and Young 1936; Baldi and Hornik 1989, Neural networks and principal component
analysis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"rows": 6, "columns": 5, "rank": 2},
    "small": {"rows": 50, "columns": 40, "rank": 5},
    "medium": {"rows": 300, "columns": 200, "rank": 20},
    "large": {"rows": 1500, "columns": 1000, "rank": 50},
}


def draw(rng: np.random.Generator, *, rows: int, columns: int, rank: int) -> Instance:
    """M of the rank asked for, with noise; U and V of its size.

    Params u (rows, rank), v (columns, rank). Data: m (rows, columns), and rank, an integer that the
    loss does not read.
    """
    in_range("rows", rows, 1, 1e5, whole=True)
    in_range("columns", columns, 1, 1e5, whole=True)
    in_range("rank", rank, 1, min(rows, columns), whole=True)
    left, right = rng.normal(size=(rows, rank)), rng.normal(size=(columns, rank))
    m = left @ right.T / rank**0.5 + 0.1 * rng.normal(size=(rows, columns))
    params = {"u": rng.normal(size=(rows, rank)), "v": rng.normal(size=(columns, rank))}
    scaled = {name: x * rank**-0.25 for name, x in params.items()}
    return Instance(scaled, {"m": m, "rank": np.asarray(rank)})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """½ ‖m - u vᵀ‖²."""
    return 0.5 * xp.sum(xp.square(data["m"] - params["u"] @ xp.matrix_transpose(params["v"])))


def critical(data: Arrays, kept: list[int]) -> tuple[float, Arrays]:
    """A critical point that keeps these singular values, of 0, 1, …, and its value."""
    left, sizes, right = np.linalg.svd(data["m"], full_matrices=False)
    roots, rank = np.sqrt(sizes[kept]), int(data["rank"])
    u, v = np.zeros((len(left), rank)), np.zeros((right.shape[1], rank))
    u[:, : len(kept)], v[:, : len(kept)] = left[:, kept] * roots, right[kept].T * roots
    rest = np.delete(sizes, kept)
    return 0.5 * float(rest @ rest), {"u": u, "v": v}


def _minimum(data: Arrays) -> Minimum:
    value, params = critical(data, list(range(int(data["rank"]))))
    return Minimum(value, params, "½ Σ of the squared singular values left out; u A, v A⁻ᵀ as well")


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    return 0.5 * (data["m"] - params["u"] @ params["v"].T).square().sum()


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    return 0.5 * jnp.sum((data["m"] - params["u"] @ params["v"].T) ** 2)


PROBLEMS: dict[str, Problem] = {
    "factorisation": Problem(
        name="factorisation",
        loss=loss,
        draw=draw,
        sizes=SIZES,
        source="Eckart and Young 1936; Baldi and Hornik 1989",
        minimum=_minimum,
        idiomatic={"torch": _torch, "jax": _jax},
    )
}

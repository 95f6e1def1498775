"""JAX's primitives of linear algebra, which its functions are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_jax.walk import EquationRule, JaxprWalk
from gradparity.harness.plain.steps import matrices
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def _solved(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    """custom_linear_solve whose product with x is that of one matrix, as in jnp.linalg.solve."""
    lengths = eqn.params["const_lengths"]
    consts = inputs[: lengths.matvec]
    right = inputs[sum(lengths) :]
    held = [x for x in consts if len(walk.shape(x)) >= 2 and len(set(walk.shape(x)[-2:])) == 1]
    if len(right) != 1 or len(held) != 1 or len(consts) != 1:
        raise Untranslatable("jax primitive 'custom_linear_solve' of what is not one matrix")
    vectors = len(walk.shape(right[0])) == 1

    def solve(xp: Namespace, a: Array, b: Array) -> Array:
        return xp.solve(a, b)

    def of_a_vector(xp: Namespace, a: Array, b: Array) -> Array:
        return xp.squeeze(xp.solve(a, xp.expand_dims(b, axis=-1)), axis=-1)

    several = not vectors and len(walk.shape(right[0])) == len(walk.shape(held[0])) - 1
    return [walk.applied(of_a_vector if several else solve, held[0], right[0])]


def _cholesky(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    return [walk.applied(lambda xp, x: xp.cholesky(x), inputs[0])]


def _eigh(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    if eqn.params.get("subset_by_index") is not None:
        raise Untranslatable("jax primitive 'eigh' of some of the eigenvalues")
    return [walk.applied(matrices.part("eigh", i), inputs[0]) for i in (1, 0)]


def _svd(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    shape = walk.shape(inputs[0])
    if not eqn.params["compute_uv"]:
        return [walk.applied(lambda xp, x: xp.svdvals(x), inputs[0])]
    if eqn.params["full_matrices"] and shape[-1] != shape[-2]:
        raise Untranslatable("jax primitive 'svd' with full_matrices=True")
    return [walk.applied(matrices.part("svd", i), inputs[0]) for i in (1, 0, 2)]


def _qr(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    shape = walk.shape(inputs[0])
    if eqn.params.get("pivoting") or (eqn.params["full_matrices"] and shape[-2] > shape[-1]):
        raise Untranslatable("jax primitive 'qr' with pivoting or full_matrices=True")
    return [walk.applied(matrices.part("qr", i), inputs[0]) for i in (0, 1)]


def _triangular(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    params = eqn.params
    left, transposed = params["left_side"], params["transpose_a"]
    options = {"lower": params["lower"], "unit_diagonal": params["unit_diagonal"]}

    def solved(xp: Namespace, a: Array, b: Array) -> Array:
        if left:
            return matrices.triangular(xp, a, b, transposed=transposed, **options)
        turned = xp.matrix_transpose(b)
        found = matrices.triangular(xp, a, turned, transposed=not transposed, **options)
        return xp.matrix_transpose(found)

    return [walk.applied(solved, *inputs)]


def _lu(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    """The factors with the exchanges of rows of the point."""
    from jax import lax

    shape = walk.shape(inputs[0])
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] > MOST:
        raise Untranslatable(f"jax primitive 'lu' of more than {MOST} rows, or of several matrices")
    _, pivots, order = lax.linalg.lu(walk.value(inputs[0]))
    rows, columns = matrices.places(shape[0])
    made = walk.applied(matrices.packed_lu, inputs[0], rows, columns, np.asarray(order))
    return [made, pivots, order]


MOST = 100
"""Rows of an LU factorisation, each of which is a few steps."""

MATRICES: dict[str, EquationRule] = {
    "custom_linear_solve": _solved,
    "linear_solve": _solved,
    "cholesky": _cholesky,
    "eigh": _eigh,
    "svd": _svd,
    "qr": _qr,
    "triangular_solve": _triangular,
    "lu": _lu,
}
"""Primitive -> rule."""

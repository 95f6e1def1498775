"""JAX's primitives of linear algebra, which its functions are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_jax.walk import EquationRule, JaxprWalk
from gradparity.harness.plain.steps import determinants, matrices
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array
from gradparity.problems.namespace import NUMPY, Namespace


def _solved(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    """custom_linear_solve, where its product with x is that of one matrix, as in jnp.linalg.solve.

    How x lies in its array is found by a product of random numbers: jax.vmap puts columns in front.
    """
    lengths, product = eqn.params["const_lengths"], eqn.params["jaxprs"].matvec
    consts, right = inputs[: lengths.matvec], inputs[sum(lengths) :]
    shapes = [walk.shape(x) for x in (*consts, *right)]
    if len(shapes) == 2 and len(shapes[0]) >= 2 and shapes[0][-1] == shapes[0][-2]:
        rng = np.random.default_rng(0)
        a, x = (rng.normal(size=shape) for shape in shapes)
        (made,) = walk.called(product.jaxpr, product.consts, [a, x])
        for forth, back in _LAYOUTS:
            if x.ndim == 1 and forth is not _column:
                continue
            expected = a @ forth(NUMPY, x) if forth(NUMPY, x).shape[-2] == a.shape[-1] else x[:0]
            if expected.ndim < x.ndim or expected.shape[-2:] != forth(NUMPY, x).shape[-2:]:
                continue
            found = back(NUMPY, expected)
            if found.shape == x.shape and np.allclose(found, made, rtol=1e-5, atol=1e-5):

                def solve(
                    xp: Namespace, a: Array, b: Array, f: Any = forth, g: Any = back
                ) -> Array:
                    return g(xp, xp.solve(a, f(xp, b)))

                return [walk.applied(solve, consts[0], right[0])]
    raise Untranslatable("jax primitive 'custom_linear_solve' of what is not one matrix")


def _column(xp: Namespace, x: Array) -> Array:
    return xp.expand_dims(x, axis=-1)


_LAYOUTS: tuple[tuple[Any, Any], ...] = (
    (lambda xp, x: x, lambda xp, x: x),
    (lambda xp, x: xp.matrix_transpose(x), lambda xp, x: xp.matrix_transpose(x)),
    (_column, lambda xp, x: xp.squeeze(x, axis=-1)),
)
"""Matrices of right sides, in columns or in rows; one vector for each matrix: forth and back."""


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


def _det(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    x = inputs[0]
    beside = determinants.regular(walk.value(x))
    return [walk.recorded(lambda r, a: determinants.recorded(r, a, beside), x)]


def _slogdet(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    determinants.refuse_complex(walk.value(inputs[0]))
    sign, _ = NUMPY.slogdet(walk.value(inputs[0]))
    return [sign, walk.applied(matrices.part("slogdet", 1), inputs[0])]


FUNCTIONS: dict[str, EquationRule] = {"_det": _det, "_slogdet_lu": _slogdet}
"""JAX's own function -> rule: taken apart, these choose signs and pivots, which are not smooth."""

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

"""Matrix functions as libraries have them, in the operations of a loss: what several share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array
from gradparity.problems.namespace import NUMPY, Namespace

Rule = Callable[..., Array]


def part(name: str, number: int) -> Rule:
    """One of the results of an operation of one array that has several."""
    return lambda xp, x, **options: getattr(xp, name)(x, **options)[number]


def triangular(
    xp: Namespace,
    a: Array,
    b: Array,
    lower: bool = False,
    transposed: bool = False,
    unit_diagonal: bool = False,
) -> Array:
    """x with a x = b, or aᵀ x = b, for triangular a; b matrices, or one vector."""
    if transposed:
        a, lower = xp.matrix_transpose(a), not lower
    return xp.solve_triangular(a, b, lower=lower, unit_diagonal=unit_diagonal)


def factored(xp: Namespace, factor: Array, b: Array, lower: bool = False) -> Array:
    """x with L Lᵀ x = b, L the lower factor, or with Uᵀ U x = b."""
    first = triangular(xp, factor, b, lower=lower, transposed=not lower)
    return triangular(xp, factor, first, lower=lower, transposed=lower)


def least_squares(xp: Namespace, a: Array, b: Array) -> Array:
    """x of least |x| with least |a x - b|, for matrices a of full rank and matrices b."""
    if a.shape[-2] >= a.shape[-1]:
        q, r = xp.qr(a)
        return xp.solve_triangular(r, xp.matrix_transpose(q) @ b, lower=False)
    q, r = xp.qr(xp.matrix_transpose(a))
    return q @ xp.solve_triangular(xp.matrix_transpose(r), b, lower=True)


def packed_lu(xp: Namespace, a: Array, rows: Array, columns: Array, order: Sequence[int]) -> Array:
    """L below the diagonal and U on and above it, of a[order]: square a (n, n).

    rows, columns: the number of its row and column at each place, (n, n).
    """
    m = xp.take(a, order, axis=-2)
    for k in range(m.shape[-1] - 1):
        left = m[:, k : k + 1] / m[k, k]
        inner = xp.where(columns > k, m - left * m[k : k + 1], left)
        m = xp.where((rows > k) & (columns >= k), inner, m)
    return m


def determinant(x: Array) -> Array:
    """The determinant of matrices that are none of them near a singular one."""
    found: Array = np.linalg.det(x)
    return found


def places(n: int) -> tuple[Array, Array]:
    """The number of the row, and of the column, at each place of an (n, n) matrix."""
    rows, columns = np.indices((n, n))
    return rows, columns


def _eigh(x: Array) -> tuple[Array, Array]:
    values, vectors = NUMPY.eigh(x)
    _apart(values, values, "eigenvalues")
    return values, vectors


def _svd(x: Array, full_matrices: bool = False) -> tuple[Array, Array, Array]:
    u, values, vt = NUMPY.svd(x, full_matrices=full_matrices)
    # A value of 0 meets the one that is its own negative: [[0, x], [xᵀ, 0]] has the eigenvalues ±σ.
    _apart(np.concatenate([-values, np.flip(values, axis=-1)], axis=-1), values, "singular values")
    return u, values, vt


def _pinv(x: Array) -> Array:
    if np.any(np.linalg.matrix_rank(x) < min(x.shape[-2:])):
        raise Untranslatable("a pseudoinverse jumps at a matrix of lower rank")
    inverse: Array = NUMPY.pinv(x)
    return inverse


def _apart(ascending: Array, values: Array, what: str) -> None:
    size = np.max(np.abs(values), axis=-1, initial=0.0, keepdims=True)
    near = 64 * values.shape[-1] * np.finfo(values.dtype).eps * size
    if np.any(np.abs(np.diff(ascending, axis=-1)) <= near):
        raise Untranslatable(f"{what} coincide here, or vanish, and their slopes depend on which")


ORDINARY = NUMPY.replaced(eigh=_eigh, svd=_svd, pinv=_pinv)
"""NumPy's operations, where the tape's rules for matrices are the derivative: Untranslatable where
values coincide, and a rule chooses one of many slopes, all of them lawful."""

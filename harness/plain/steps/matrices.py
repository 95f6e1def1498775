"""Matrix functions as libraries have them, in the operations of a loss: what several share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradparity.problems import Array
from gradparity.problems.namespace import Namespace

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


def places(n: int) -> tuple[Array, Array]:
    """The number of the row, and of the column, at each place of an (n, n) matrix."""
    rows, columns = np.indices((n, n))
    return rows, columns

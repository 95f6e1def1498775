"""LU, Cholesky and QR of stacks of matrices in any dtype: LAPACK has none in longdouble.

The same algorithms, signs and pivots as LAPACK's; each step acts on all matrices of a stack.

Source: Golub and Van Loan, Matrix Computations, 4th ed. (2013), 3.4, 4.2 and 5.2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError

Floats = np.ndarray[Any, Any]
"""An array of floats of any dtype."""

SINGULAR = "a matrix is singular at this point, where its inverse has no derivative"
INDEFINITE = "a matrix is not positive definite at this point, so that it has no Cholesky factor"


def lu(a: Floats) -> tuple[Floats, Floats, Floats]:
    """L and U in one array (S, n, n), the order (S, n) of the rows, and its sign (S,).

    a: (S, n, n). L has ones on its diagonal; a[order] = L U.
    """
    work = a.copy()
    count, n = work.shape[:2]
    each = np.arange(count)
    order = np.broadcast_to(np.arange(n), (count, n)).copy()
    sign = np.ones(count, a.dtype)
    for k in range(n):
        best = k + np.argmax(np.abs(work[:, k:, k]), axis=-1)
        for rows in (work, order):
            taken = rows[each, best].copy()
            rows[each, best] = rows[:, k]
            rows[:, k] = taken
        sign = np.where(best == k, sign, -sign)
        pivot = work[:, k, k]
        work[:, k + 1 :, k] /= np.where(pivot == 0, 1, pivot)[:, np.newaxis]
        work[:, k + 1 :, k + 1 :] -= (
            work[:, k + 1 :, k, np.newaxis] * work[:, k, np.newaxis, k + 1 :]
        )
    return work, order, sign


def solve(a: Floats, b: Floats) -> Floats:
    """x with a x = b: (..., n, n), (..., n, k) -> (..., n, k); leading axes broadcast.

    Raises: InputError if a matrix is singular.
    """
    lead, n = a.shape[:-2], a.shape[-1]
    factors, order, _ = lu(a.reshape(-1, n, n))
    if np.any(np.diagonal(factors, axis1=-2, axis2=-1) == 0):
        raise InputError(SINGULAR)
    stack = np.broadcast_shapes(lead, b.shape[:-2])
    whole = np.broadcast_to(factors.reshape(*lead, n, n), (*stack, n, n)).reshape(-1, n, n)
    orders = np.broadcast_to(order.reshape(*lead, n), (*stack, n)).reshape(-1, n, 1)
    given = np.broadcast_to(b, (*stack, *b.shape[-2:])).reshape(-1, *b.shape[-2:])
    x = np.take_along_axis(given, orders, axis=-2).astype(np.result_type(a, b))
    for k in range(n):
        x[:, k + 1 :] -= whole[:, k + 1 :, k, np.newaxis] * x[:, k, np.newaxis]
    for k in reversed(range(n)):
        x[:, k] /= whole[:, k, k, np.newaxis]
        x[:, :k] -= whole[:, :k, k, np.newaxis] * x[:, k, np.newaxis]
    return x.reshape(*stack, *b.shape[-2:])


def slogdet(a: Floats) -> tuple[Floats, Floats]:
    """The sign of the determinant and the logarithm of its size: (..., n, n) -> (...), (...)."""
    n = a.shape[-1]
    factors, _, sign = lu(a.reshape(-1, n, n))
    pivots = np.diagonal(factors, axis1=-2, axis2=-1)
    with np.errstate(divide="ignore"):
        size = np.sum(np.log(np.abs(pivots)), axis=-1)
    signs = sign * np.prod(np.sign(pivots), axis=-1)
    return signs.reshape(a.shape[:-2]), size.reshape(a.shape[:-2])


def cholesky(a: Floats) -> Floats:
    """Lower L with L Lᵀ = a, of which the lower half is read: (..., n, n).

    Raises: InputError if a matrix is not positive definite.
    """
    factor = np.zeros_like(a)
    for k in range(a.shape[-1]):
        row = factor[..., k, :k]
        rest = a[..., k, k] - np.sum(row * row, axis=-1)
        if not np.all(rest > 0):
            raise InputError(INDEFINITE)
        factor[..., k, k] = np.sqrt(rest)
        below = np.sum(factor[..., k + 1 :, :k] * row[..., np.newaxis, :], axis=-1)
        factor[..., k + 1 :, k] = (a[..., k + 1 :, k] - below) / factor[..., k, k, np.newaxis]
    return factor


def qr(a: Floats) -> tuple[Floats, Floats]:
    """Q (..., m, n) with orthonormal columns and upper R (..., n, n), m >= n, by reflections."""
    *lead, m, n = a.shape
    upper = a.reshape(math.prod(lead), m, n).copy()
    reflectors = []
    for k in range(min(n, m - 1)):
        x = upper[:, k:, k].copy()
        length = np.sqrt(np.sum(x * x, axis=-1))
        moving = np.any(x[:, 1:] != 0, axis=-1)
        x[:, 0] += np.where(x[:, 0] < 0, -length, length)
        squares = np.sum(x * x, axis=-1)
        scale = np.where(moving, 2 / np.where(squares == 0, 1, squares), 0)
        reflectors.append((k, x, scale))
        upper[:, k:] = _reflected(upper[:, k:], x, scale)
    q = np.broadcast_to(np.eye(m, n, dtype=a.dtype), upper.shape).copy()
    for k, x, scale in reversed(reflectors):
        q[:, k:] = _reflected(q[:, k:], x, scale)
    return q.reshape(*lead, m, n), np.triu(upper[:, :n]).reshape(*lead, n, n)


def _reflected(a: Floats, x: Floats, scale: Floats) -> Floats:
    """(I - scale x xᵀ) a, matrix by matrix."""
    along = np.sum(x[:, :, np.newaxis] * a, axis=-2, keepdims=True)
    found: Floats = a - scale[:, np.newaxis, np.newaxis] * x[:, :, np.newaxis] * along
    return found

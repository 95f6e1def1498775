"""Eigenvalues and eigenvectors of symmetric matrices in longdouble, by Jacobi's rotations.

LAPACK's float64 vectors V, orthogonalised anew, make Vᵀ A V nearly diagonal: two or three sweeps
remain. A sweep turns every pair of axes once, n/2 disjoint pairs at a time (a round robin).

Source: Golub and Van Loan, Matrix Computations, 4th ed. (2013), 8.5.
"""

from __future__ import annotations

import numpy as np

from gradparity.problems.matrices.elimination import Floats, qr

SWEEPS = 30
"""More than are ever needed."""


def eigh(a: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues in ascending order (..., n), eigenvectors in columns (..., n, n); a symmetric."""
    *lead, n, _ = a.shape
    if not np.all(np.isfinite(a)):
        return np.full((*lead, n), np.nan, a.dtype), np.full(a.shape, np.nan, a.dtype)
    stack = a.reshape(-1, n, n)
    scale = np.max(np.abs(stack), axis=(-2, -1), keepdims=True, initial=0)
    unit = stack / np.where(scale == 0, 1, scale)
    near = np.linalg.eigh(unit.astype(np.float64))[1].astype(a.dtype)
    q, r = qr(near)
    vectors = q * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[:, np.newaxis, :]
    turned = np.swapaxes(vectors, -1, -2) @ unit @ vectors
    work = (turned + np.swapaxes(turned, -1, -2)) / 2
    small = np.finfo(a.dtype).eps * np.sqrt(np.sum(work * work, axis=(-2, -1), keepdims=True)) / 8
    for _ in range(SWEEPS):
        off = np.where(np.eye(n, dtype=bool), 0, np.abs(work))
        if np.all(off <= small):
            break
        for p, q in _rounds(n):
            _turn(work, vectors, p, q)
    values = np.diagonal(work, axis1=-2, axis2=-1)
    order = np.argsort(values, axis=-1, kind="stable")
    values = np.take_along_axis(values, order, axis=-1) * scale[:, 0]
    vectors = np.take_along_axis(vectors, order[:, np.newaxis, :], axis=-1)
    return values.reshape(*lead, n), vectors.reshape(a.shape)


def _rounds(n: int) -> list[tuple[Floats, Floats]]:
    """Every pair p < q once, in rounds of disjoint pairs: one stays, the others move on."""
    even = n + n % 2
    rounds = []
    for k in range(even - 1):
        ring = [even - 1, *((k + i) % (even - 1) for i in range(even - 1))]
        pairs = [sorted((ring[i], ring[-1 - i])) for i in range(even // 2)]
        kept = [(p, q) for p, q in pairs if q < n]
        if kept:
            p, q = zip(*kept, strict=True)
            rounds.append((np.array(p), np.array(q)))
    return rounds


def _turn(work: Floats, vectors: Floats, p: Floats, q: Floats) -> None:
    """Turn the axes p and q of each matrix so that work[p, q] becomes 0."""
    off = work[:, p, q]
    gap = work[:, q, q] - work[:, p, p]
    still = off == 0
    theta = gap / np.where(still, 1, 2 * off)
    sign = np.where(theta < 0, -1, 1)
    t = np.where(still, 0, sign / (np.abs(theta) + np.hypot(1, theta)))
    c = 1 / np.sqrt(1 + t * t)
    s = t * c
    c, s = c[:, np.newaxis, :], s[:, np.newaxis, :]
    for matrix in (work, vectors):
        first, second = matrix[:, :, p], matrix[:, :, q]
        matrix[:, :, p], matrix[:, :, q] = c * first - s * second, s * first + c * second
    c, s = np.swapaxes(c, -1, -2), np.swapaxes(s, -1, -2)
    first, second = work[:, p, :], work[:, q, :]
    work[:, p, :], work[:, q, :] = c * first - s * second, s * first + c * second

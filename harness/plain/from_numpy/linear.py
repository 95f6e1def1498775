"""NumPy's linear systems, inverses and determinants as elimination, on recorded arrays.

Gauss and Jordan: the row of the k-th pivot is divided by it and taken off all others. Which rows
are exchanged is that of the run.

    M = (A | B),   M_k ← M_k / M_kk,   M_i ← M_i - M_ik M_k  (i ≠ k),   (A | B) → (I | A⁻¹ B).

Source: Golub and Van Loan, Matrix Computations, 4th ed. (2013), ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.translation import Untranslatable

MOST = 30
"""Rows, each of which takes a few steps of the judge."""


def _solved(a: Any, b: Any) -> Any:
    columns = b if b.ndim == 2 else b.reshape(-1, 1)
    found = _eliminated(np.concatenate([a, columns], axis=1))[0][:, a.shape[1] :]
    return found if b.ndim == 2 else found.reshape(b.shape)


def _inverse(a: Any) -> Any:
    return _solved(a, np.eye(a.shape[-1]))


def _determinant(a: Any) -> Any:
    _, pivots, sign = _eliminated(a)
    return sign * np.prod(np.stack(pivots))


def _logarithm(a: Any) -> Any:
    _, pivots, sign = _eliminated(a)
    whole = np.stack(pivots)
    signs = sign * np.prod(np.sign(whole))
    return np.linalg.slogdet(np.eye(1))._replace(
        sign=signs, logabsdet=np.sum(np.log(np.absolute(whole)))
    )


def _eliminated(m: Any) -> tuple[Any, list[Any], float]:
    """(the matrix after elimination, its pivots, the sign of the exchanges of rows)."""
    if m.ndim != 2 or m.shape[0] > MOST:
        raise Untranslatable(f"a linear system of more than {MOST} equations, or several of them")
    count, pivots, sign = m.shape[0], [], 1.0
    for k in range(count):
        values = m.value if hasattr(m, "value") else m
        chosen = k + int(np.argmax(np.abs(values[k:, k])))
        if chosen != k:
            order = np.arange(count)
            order[[k, chosen]] = chosen, k
            m, sign = m[order], -sign
        pivots.append(m[k, k])
        row = m[k] / m[k, k]
        own = np.arange(count)[:, np.newaxis] == k
        m = np.where(own, row, m - m[:, k : k + 1] * row)
    return m, pivots, sign


LINEAR: dict[Any, Callable[..., Any]] = {
    np.linalg.solve: _solved,
    np.linalg.inv: _inverse,
    np.linalg.det: _determinant,
    np.linalg.slogdet: _logarithm,
}
"""Functions of square matrices."""

"""The primitives of linear algebra as a loss calls them, on NumPy arrays of any floating dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.matrices import functions
from gradparity.problems.matrices.elimination import Floats


def solve(a: Floats, b: Floats) -> Floats:
    """x with a x = b; b is one vector, or matrices."""
    if b.ndim == 1:
        return functions.solve(a, b[:, np.newaxis])[..., 0]
    return functions.solve(a, b)


def slogdet(x: Floats) -> tuple[Floats, Floats]:
    """The sign of the determinant, and the logarithm of its size."""
    both = functions.slogdet(x)
    return both[..., 0], both[..., 1]


def cholesky(x: Floats, upper: bool = False) -> Floats:
    """Lower L with L Lᵀ = x, or its transpose."""
    factor = functions.cholesky(x)
    return np.matrix_transpose(factor) if upper else factor


def eigh(x: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, ascending, and eigenvectors in columns."""
    both = functions.eigh(x)
    return both[..., 0, :], both[..., 1:, :]


def qr(x: Floats, mode: str = "reduced") -> tuple[Floats, Floats]:
    """Q (..., m, k) and R (..., k, n), k = min(m, n)."""
    if mode != "reduced":
        raise InputError("xp.qr is of matrices, with mode='reduced'")
    m, n = x.shape[-2:]
    both = functions.qr(x if m >= n else x[..., :m])
    q, r = both[..., :m, :], both[..., m:, :]
    if m >= n:
        return q, r
    return q, np.concatenate([r, np.matrix_transpose(q) @ x[..., m:]], axis=-1)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "solve": solve,
    "slogdet": slogdet,
    "cholesky": cholesky,
    "eigh": eigh,
    "qr": qr,
    "expm": functions.expm,
}
"""Name -> function."""

"""Linear algebra: operands checked, results that lie in one array taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.operations.arguments import array
from gradparity.backends.numpy_tape.operations.indexing import matrix_transpose
from gradparity.backends.numpy_tape.operations.loss_operands import checked
from gradparity.backends.numpy_tape.operations.shapes import concat, reshape
from gradparity.backends.numpy_tape.primitives import matrices
from gradparity.problems import Array, InputError


def _square(x: Any, name: str) -> Any:
    shape = array(x).shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise InputError(f"xp.{name} needs square matrices, not an array of shape {shape}")
    return x


def solve(a: Any, b: Any) -> Array:
    """x with a x = b; b one vector, or matrices whose leading axes broadcast with those of a."""
    n, shape = _square(a, "solve").shape[-1], array(b).shape
    if not shape or n != (shape[0] if len(shape) == 1 else shape[-2]):
        raise InputError(f"xp.solve: matrices of shape {a.shape} and right sides of shape {shape}")
    if len(shape) > 1:
        return checked(matrices.solve, a, b)
    found = checked(matrices.solve, a, reshape(b, (n, 1)))
    return reshape(found, found.shape[:-1])


def slogdet(x: Any) -> tuple[Array, Array]:
    """The sign of the determinant, and the logarithm of its size."""
    both = checked(matrices.slogdet, _square(x, "slogdet"))
    return both[..., 0], both[..., 1]


def cholesky(x: Any, upper: bool = False) -> Array:
    """Lower L with L Lᵀ = x, or its transpose."""
    factor = checked(matrices.cholesky, _square(x, "cholesky"))
    return matrix_transpose(factor) if upper else factor


def eigh(x: Any) -> tuple[Array, Array]:
    """Eigenvalues, ascending, and eigenvectors in columns."""
    both = checked(matrices.eigh, _square(x, "eigh"))
    return both[..., 0, :], both[..., 1:, :]


def qr(x: Any, mode: str = "reduced") -> tuple[Array, Array]:
    """Q (..., m, k) and R (..., k, n), k = min(m, n)."""
    if mode != "reduced" or len(array(x).shape) < 2:
        raise InputError("xp.qr is of matrices, with mode='reduced'")
    m, n = x.shape[-2:]
    both = checked(matrices.qr, x if m >= n else x[..., :m])
    q, r = both[..., :m, :], both[..., m:, :]
    if m >= n:
        return q, r
    return q, concat([r, matrix_transpose(q) @ x[..., m:]], axis=-1)


def expm(x: Any) -> Array:
    """e^x of square matrices."""
    return checked(matrices.expm, _square(x, "expm"))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "solve": solve,
    "slogdet": slogdet,
    "cholesky": cholesky,
    "eigh": eigh,
    "qr": qr,
    "expm": expm,
}

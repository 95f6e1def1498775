"""Linear algebra, on stacks of matrices: leading axes are a stack, and broadcast.

`xp.linalg.NAME` is `xp.NAME`. A symmetric matrix is taken to be so: of one that is not, `cholesky`
and `eigh` see the symmetric part, and the derivative is that of this function, symmetric too.
A matrix that is singular, or not positive definite, at the point is an InputError.

Eigenvectors and singular vectors have a derivative where the values are distinct, and a sign that
is nobody's choice: a loss must not depend on it. Where two values coincide a vector has no
derivative, and neither has a single value; of symmetric functions of them, as their sum, what is
computed is the derivative.

Sources: Python array API standard 2024.12, "Linear algebra extension"; NumPy and SciPy for `norm`,
`kron`, `expm` and `solve_triangular`; for the singular values: Golub and Van Loan, Matrix
Computations, 4th ed. (2013), 8.6.1.
"""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family, by_name


def _diagonals(xp: Any, rows: int, columns: int) -> Any:
    """On which diagonal each entry lies, its column less its row: integers (rows, columns)."""
    return xp.arange(columns) - xp.expand_dims(xp.arange(rows), axis=1)


def _identity(xp: Any, x: Any) -> Any:
    """The identity of the size and dtype of square x, (n, n)."""
    return xp.astype(_diagonals(xp, x.shape[-1], x.shape[-1]) == 0, x.dtype)


def inv(xp: Any, x: Any) -> Any:
    """The inverse: (..., n, n)."""
    return xp.solve(x, _identity(xp, x))


def det(xp: Any, x: Any) -> Any:
    """The determinant: (..., n, n) -> (...); of a singular matrix without a derivative."""
    sign, size = xp.slogdet(x)
    return sign * xp.exp(size)


def solve_triangular(
    xp: Any, a: Any, b: Any, lower: bool = False, unit_diagonal: bool = False
) -> Any:
    """x with a x = b for triangular a, of which the other half is not read; SciPy's arguments.

    A lower one is turned into an upper one, which elimination leaves as it is.
    """
    if lower:
        turned = xp.flip(a, axis=(-2, -1))
        axis = 0 if len(b.shape) == 1 else -2
        x = solve_triangular(xp, turned, xp.flip(b, axis=axis), unit_diagonal=unit_diagonal)
        return xp.flip(x, axis=axis)
    diagonal = _diagonals(xp, a.shape[-2], a.shape[-1])
    upper = xp.where(diagonal >= 0, a, xp.zeros_like(a))
    if unit_diagonal:
        upper = xp.where(diagonal == 0, xp.ones_like(a), upper)
    return xp.solve(upper, b)


def eigvalsh(xp: Any, x: Any) -> Any:
    """The eigenvalues of a symmetric matrix, ascending: (..., n, n) -> (..., n)."""
    return xp.eigh(x)[0]


def svd(xp: Any, x: Any, full_matrices: bool = False) -> Any:
    """U (..., m, k), singular values (..., k), descending, and Vᵀ (..., k, n); k = min(m, n).

    As eigenvalues: [[0, x], [xᵀ, 0]] has the eigenvalues ±σ with the vectors (u, ±v) / √2.
    full_matrices: False; the standard's default, True, adds vectors that have no derivative.
    """
    if full_matrices:
        raise InputError("xp.svd has full_matrices=False only: the vectors beyond have no slope")
    m, n = x.shape[-2:]
    k = min(m, n)
    turned = xp.matrix_transpose(x)
    above = xp.concat([xp.zeros_like(xp.matmul(x, turned)), x], axis=-1)
    below = xp.concat([turned, xp.zeros_like(xp.matmul(turned, x))], axis=-1)
    values, vectors = xp.eigh(xp.concat([above, below], axis=-2))
    values, vectors = xp.flip(values, axis=-1)[..., :k], xp.flip(vectors, axis=-1)[..., :k]
    root = math.sqrt(2)
    return vectors[..., :m, :] * root, values, xp.matrix_transpose(vectors[..., m:, :] * root)


def svdvals(xp: Any, x: Any) -> Any:
    """The singular values, descending: (..., m, n) -> (..., min(m, n))."""
    return xp.svd(x, full_matrices=False)[1]


def pinv(xp: Any, x: Any) -> Any:
    """The pseudoinverse of a matrix of full rank, R⁻¹ Qᵀ: (..., m, n) -> (..., n, m).

    A matrix of lower rank is an InputError: the pseudoinverse jumps there.
    """
    if x.shape[-2] < x.shape[-1]:
        return xp.matrix_transpose(pinv(xp, xp.matrix_transpose(x)))
    q, r = xp.qr(x)
    return xp.solve(r, xp.matrix_transpose(q))


def matrix_power(xp: Any, x: Any, n: int) -> Any:
    """x multiplied by itself n times, by repeated squares; of the inverse, if n < 0."""
    if n < 0:
        return matrix_power(xp, xp.inv(x), -n)
    if n == 0:
        return _identity(xp, x) + xp.zeros_like(x)
    half = x if n < 2 else matrix_power(xp, x, n // 2)
    squared = half if n < 2 else xp.matmul(half, half)
    return xp.matmul(squared, x) if n % 2 and n > 1 else squared


def vector_norm(xp: Any, x: Any, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    """(Σ |x|^ord)^(1/ord) over axes; ord may be ±inf, and 0 counts. At 0 the derivative is 0."""
    if ord == math.inf:
        return xp.max(xp.abs(x), axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return xp.min(xp.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return xp.sum(xp.astype(x != 0, x.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return xp.sum(xp.abs(x), axis=axis, keepdims=keepdims)
    powers = xp.square(x) if ord == 2 else xp.pow(xp.abs(x), float(ord))
    total = xp.sum(powers, axis=axis, keepdims=keepdims)
    zero = total == 0
    safe = xp.where(zero, xp.ones_like(total), total)
    root = xp.sqrt(safe) if ord == 2 else xp.pow(safe, 1 / ord)
    return xp.where(zero, xp.zeros_like(total), root)


def matrix_norm(xp: Any, x: Any, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Of the last two axes: "fro", "nuc", ±1 (columns), ±2 (singular values), ±inf (rows)."""
    if ord == "fro":
        return vector_norm(xp, x, axis=(-2, -1), keepdims=keepdims)
    largest = xp.min if ord != "nuc" and ord < 0 else xp.max
    if ord == "nuc" or abs(ord) == 2:
        values = xp.svdvals(x)
        found = xp.sum(values, axis=-1) if ord == "nuc" else largest(values, axis=-1)
    elif abs(ord) == 1:
        found = largest(xp.sum(xp.abs(x), axis=-2), axis=-1)
    elif abs(ord) == math.inf:
        found = largest(xp.sum(xp.abs(x), axis=-1), axis=-1)
    else:
        raise InputError(f"xp.matrix_norm has no ord={ord!r}; 'fro', 'nuc', ±1, ±2 and ±inf it has")
    return xp.expand_dims(found, axis=(-2, -1)) if keepdims else found


def norm(xp: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's: a vector's over one axis, a matrix's over two; ord=None is the root of squares."""
    rank = len(x.shape)
    if ord is None:
        return vector_norm(xp, x, axis=axis, keepdims=keepdims)
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % rank for a in axes)
    if len(axes) == 1:
        return vector_norm(xp, x, axis=axes[0], keepdims=keepdims, ord=ord)
    if len(axes) != 2:
        raise InputError("xp.norm with ord is of one axis or of two")
    last = xp.permute_dims(x, (*(a for a in range(rank) if a not in axes), *axes))
    found = matrix_norm(xp, last, ord=ord)
    return xp.expand_dims(found, axis=tuple(sorted(axes))) if keepdims else found


def trace(xp: Any, x: Any, offset: int = 0) -> Any:
    """The sum along a diagonal: (..., m, n) -> (...)."""
    diagonal = _diagonals(xp, x.shape[-2], x.shape[-1]) == offset
    return xp.sum(xp.where(diagonal, x, xp.zeros_like(x)), axis=(-2, -1))


def outer(xp: Any, x: Any, y: Any) -> Any:
    """x_i y_j: (m,), (n,) -> (m, n); arrays of other ranks are flattened."""
    return xp.reshape(x, (-1, 1)) * xp.reshape(y, (1, -1))


def tensordot(xp: Any, x: Any, y: Any, axes: int | Sequence[Any] = 2) -> Any:
    """The product summed over axes of both: so many, last of x and first of y, or pairs."""
    m, n = len(x.shape), len(y.shape)
    if isinstance(axes, int):
        pairs = [(m - axes + i, i) for i in range(axes)]
    else:
        sides = [(s,) if isinstance(s, int) else tuple(s) for s in axes]
        pairs = [(a % m, b % n) for a, b in zip(*sides, strict=True)]
    letters = iter(string.ascii_letters)
    left = [next(letters) for _ in range(m)]
    right = [next(letters) for _ in range(n)]
    for a, b in pairs:
        right[b] = left[a]
    summed = {left[a] for a, _ in pairs}
    kept = "".join(c for c in left + right if c not in summed)
    return xp.einsum(f"{''.join(left)},{''.join(right)}->{kept}", x, y)


def vecdot(xp: Any, x: Any, y: Any, axis: int = -1) -> Any:
    """Σ x y along an axis of both, which broadcast."""
    return xp.sum(x * y, axis=axis)


def cross(xp: Any, x: Any, y: Any, axis: int = -1) -> Any:
    """x × y of vectors of three entries along an axis."""
    x1, x2 = (xp.roll(x, shift, axis=axis) for shift in (-1, -2))
    y1, y2 = (xp.roll(y, shift, axis=axis) for shift in (-1, -2))
    return x1 * y2 - x2 * y1


def kron(xp: Any, x: Any, y: Any) -> Any:
    """The Kronecker product, NumPy's: blocks x_ij y; the rank is that of the larger."""
    rank = max(len(x.shape), len(y.shape))
    wide, narrow = ((*(1,) * (rank - len(z.shape)), *z.shape) for z in (x, y))
    blocks = xp.reshape(x, tuple(n for a in wide for n in (a, 1)))
    product = blocks * xp.reshape(y, tuple(n for a in narrow for n in (1, a)))
    return xp.reshape(product, tuple(a * b for a, b in zip(wide, narrow, strict=True)))


FAMILY = Family(
    "linear algebra",
    ("solve", "slogdet", "cholesky", "eigh", "qr", "expm"),
    by_name(
        *(inv, det, solve_triangular, eigvalsh, svd, svdvals, pinv, matrix_power),
        *(norm, vector_norm, matrix_norm, trace, outer, tensordot, vecdot, cross, kron),
    ),
)

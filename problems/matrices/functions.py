"""The primitives of linear algebra on plain arrays: LAPACK's in float32 and float64, else our own.

Symmetric matrices are taken to be so: of one that is not, the symmetric part. What has several
results returns them in one array, each along the first rows that are left.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.matrices import eigenvalues, elimination
from gradparity.problems.matrices.elimination import Floats


def solve(a: Floats, b: Floats) -> Floats:
    """x with a x = b: (..., n, n), (..., n, k) -> (..., n, k); leading axes broadcast.

    Raises: InputError if a matrix is singular.
    """
    if not _lapack(a, b):
        return elimination.solve(_floats(a), _floats(b))
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError as error:
        raise InputError(elimination.SINGULAR) from error


def slogdet(a: Floats) -> Floats:
    """Sign and logarithm of the size of the determinant: (..., n, n) -> (..., 2)."""
    found = np.linalg.slogdet(a) if _lapack(a) else elimination.slogdet(_floats(a))
    return np.stack(tuple(found), axis=-1)


def cholesky(a: Floats) -> Floats:
    """Lower L with L Lᵀ = a: (..., n, n). Raises: InputError if a is not positive definite."""
    symmetric = _symmetric(a)
    if not _lapack(a):
        return elimination.cholesky(symmetric)
    try:
        return np.linalg.cholesky(symmetric)
    except np.linalg.LinAlgError as error:
        raise InputError(elimination.INDEFINITE) from error


def eigh(a: Floats) -> Floats:
    """Eigenvalues, ascending, in the first row, eigenvectors below: (..., n, n) -> (..., n+1, n).

    Raises: InputError if the iteration does not converge.
    """
    symmetric = _symmetric(a)
    try:
        w, v = np.linalg.eigh(symmetric) if _lapack(a) else eigenvalues.eigh(symmetric)
    except np.linalg.LinAlgError as error:
        raise InputError("the eigenvalues of a matrix were not found at this point") from error
    return np.concatenate([w[..., np.newaxis, :], v], axis=-2)


def qr(a: Floats) -> Floats:
    """Q above R: (..., m, n), m >= n -> (..., m + n, n)."""
    q, r = np.linalg.qr(a) if _lapack(a) else elimination.qr(_floats(a))
    return np.concatenate([q, r], axis=-2)


_PADE = (
    *(64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000),
    *(10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1),
)
"""Of degree 13: r(A) = q(-A)⁻¹ q(A), q(A) = Σ b_k A^k."""


def expm(a: Floats) -> Floats:
    """e^a = (e^(a / 2^s))^(2^s), by Padé's approximant of degree 13: (..., n, n).

    s makes the 1-norm at most 5 (in longdouble 3): the approximant is then right to rounding.

    Source: Higham, The scaling and squaring method for the matrix exponential revisited, SIAM J.
    Matrix Anal. Appl. 26 (2005).
    """
    a = _floats(a)
    largest = float(np.max(np.sum(np.abs(a), axis=-2), initial=0))
    if not math.isfinite(largest):
        return np.full(a.shape, np.nan, a.dtype)
    most = 5.0 if a.dtype.itemsize <= 8 else 3.0
    squarings = max(0, math.ceil(math.log2(largest / most))) if largest else 0
    small = a * a.dtype.type(2.0**-squarings)
    b = [a.dtype.type(x) / a.dtype.type(_PADE[0]) for x in _PADE]
    one = np.eye(a.shape[-1], dtype=a.dtype)
    second = small @ small
    fourth = second @ second
    sixth = fourth @ second
    odd = sixth @ (b[13] * sixth + b[11] * fourth + b[9] * second)
    odd = small @ (odd + b[7] * sixth + b[5] * fourth + b[3] * second + b[1] * one)
    even = sixth @ (b[12] * sixth + b[10] * fourth + b[8] * second)
    even = even + b[6] * sixth + b[4] * fourth + b[2] * second + b[0] * one
    power = solve(even - odd, even + odd)
    for _ in range(squarings):
        power = power @ power
    return power


def _lapack(*arrays: Floats) -> bool:
    return all(x.dtype.char in "fd" for x in arrays)


def _floats(x: Floats) -> Floats:
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def _symmetric(a: Floats) -> Floats:
    a = _floats(a)
    return (a + np.swapaxes(a, -1, -2)) / 2


def fourier(x: Floats, axis: int = -2, inverse: bool = False) -> Floats:
    """The discrete Fourier transform along an axis of (..., 2), real and imaginary parts.

    inverse: with e^(2πi jk/n); no factor is taken. In the precision of x.
    """
    both = np.ascontiguousarray(_floats(x))
    z = both.view(np.result_type(both.dtype, np.complex64))[..., 0]
    along = axis % x.ndim
    found = np.fft.ifft(z, axis=along, norm="forward") if inverse else np.fft.fft(z, axis=along)
    return np.ascontiguousarray(found).view(both.dtype).reshape(both.shape)

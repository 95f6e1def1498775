"""Fourier transforms, and the complex numbers that they make.

    X_k = Σ_j x_j e^(-2πi jk/n),     x_j = 1/n Σ_k X_k e^(2πi jk/n)

`xp.fft.NAME` is the transform of that name. A real array has X_(n-k) = conj X_k, so that `rfft`
keeps k ≤ n/2, and `irfft` takes the others for that. Parameters and loss are real; what is complex
between them is made by a transform or by `xp.complex`. JAX, torch and NumPy have their own complex
arrays and transforms; elsewhere they are written here, over one linear operation of real arrays,
`fourier`, and `values/complex_array.py`.

Sources: Python array API standard 2024.12, "FFT extension"; NumPy for the forms of two axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family
from gradparity.problems.operations.values.complex_array import ComplexArray, parts


def fourier(xp: Any, x: Any, axis: int = -2, inverse: bool = False) -> Any:
    """The transform along an axis of an array whose last axis, of 2, holds the parts.

    inverse: with e^(2πi jk/n); no factor is taken, and it is the transpose of the other.
    axis: not the last. Here, for whoever computes with NumPy's arrays and has no transform of his
    own, a product with cosines and sines: those that are 0 are 0.
    """
    along = axis % x.ndim
    if x.shape[-1] != 2 or along == x.ndim - 1:
        raise InputError(f"xp.fourier along axis {axis} of shape {x.shape}: the last has the parts")
    n = x.shape[along]
    if n < 2:
        return x
    k = np.arange(n)
    angle = xp.arange(n) * xp.atan(xp.ones_like(xp.reshape(x, (-1,))[:1])) * 8 / n
    cosines = xp.where(4 * k % (2 * n) == n, 0.0, xp.cos(angle))
    sines = xp.where(2 * k % n == 0, 0.0, xp.sin(angle))
    at = np.ravel(np.outer(k, k) % n)
    even, odd = (xp.reshape(xp.take(t, at, axis=0), (n, n)) for t in (cosines, sines))
    re, im = (xp.moveaxis(x[..., i], along, -1) for i in (0, 1))
    odd = -odd if inverse else odd
    real, imag = re @ even + im @ odd, im @ even - re @ odd
    return xp.moveaxis(xp.stack([real, imag], axis=-1), -2, along)


def complex_(xp: Any, re: Any, im: Any) -> Any:
    """The complex array re + i im of two real ones, which broadcast."""
    return ComplexArray(xp, re, im)


def real(xp: Any, z: Any) -> Any:
    """The real part; a real array is its own."""
    return z.real if isinstance(z, ComplexArray) else z


def imag(xp: Any, z: Any) -> Any:
    """The imaginary part of a complex array."""
    return z.imag if isinstance(z, ComplexArray) else xp.zeros_like(z)


def conj(xp: Any, z: Any) -> Any:
    """The complex conjugate; a real array is its own."""
    return z.conj() if isinstance(z, ComplexArray) else z


def angle(xp: Any, z: Any) -> Any:
    """The angle of complex numbers, between -π and π; of real ones 0 or π, with the slope 0."""
    return xp.atan2(xp.imag(z), xp.real(z))


def fft(xp: Any, x: Any, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The transform along an axis, of a complex or a real array: complex.

    n: entries along the axis, the others cut off, missing ones 0. norm: "backward" has the factor 1
    here and 1/n at the inverse, "forward" the other way round, "ortho" 1/√n at both.
    """
    return _along(xp, x, n, axis, norm, inverse=False)


def ifft(xp: Any, x: Any, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of `fft`."""
    return _along(xp, x, n, axis, norm, inverse=True)


def rfft(xp: Any, x: Any, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The first n/2 + 1 entries of the transform of a real array, which tell the others."""
    if isinstance(x, ComplexArray):
        raise InputError("xp.fft.rfft is of real arrays; xp.fft.fft takes complex ones")
    count = x.shape[axis] if n is None else n
    return _part(xp.fft.fft(x, n=n, axis=axis, norm=norm), axis, 0, count // 2 + 1)


def irfft(xp: Any, x: Any, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The real array of n entries whose `rfft` x is; n is 2(m - 1) of m, unless it is given."""
    count = 2 * (x.shape[axis] - 1) if n is None else n
    half = _resized(xp, x, axis, count // 2 + 1)
    rest = xp.flip(_part(half, axis, 1, (count + 1) // 2), axis=axis)
    whole = xp.concat([half, xp.conj(rest)], axis=axis)
    return xp.real(xp.fft.ifft(whole, n=count, axis=axis, norm=norm))


def fft2(xp: Any, x: Any, s: Any = None, axes: Any = (-2, -1), norm: str = "backward") -> Any:
    """`fft` along two axes, or as many as are named; s: entries along each."""
    return _over(xp, "fft", x, s, axes, norm)


def ifft2(xp: Any, x: Any, s: Any = None, axes: Any = (-2, -1), norm: str = "backward") -> Any:
    """The inverse of `fft2`."""
    return _over(xp, "ifft", x, s, axes, norm)


def rfft2(xp: Any, x: Any, s: Any = None, axes: Any = (-2, -1), norm: str = "backward") -> Any:
    """`rfft` along the last of the axes, `fft` along the others."""
    last = xp.fft.rfft(x, n=None if s is None else s[-1], axis=axes[-1], norm=norm)
    return _over(xp, "fft", last, None if s is None else s[:-1], axes[:-1], norm)


def irfft2(xp: Any, x: Any, s: Any = None, axes: Any = (-2, -1), norm: str = "backward") -> Any:
    """The inverse of `rfft2`: real."""
    others = _over(xp, "ifft", x, None if s is None else s[:-1], axes[:-1], norm)
    return xp.fft.irfft(others, n=None if s is None else s[-1], axis=axes[-1], norm=norm)


def _over(xp: Any, name: str, x: Any, s: Sequence[int] | None, axes: Any, norm: str) -> Any:
    for axis, n in zip(axes, s or (None,) * len(axes), strict=True):
        x = getattr(xp.fft, name)(x, n=n, axis=axis, norm=norm)
    return x


def _along(xp: Any, x: Any, n: int | None, axis: int, norm: str, inverse: bool) -> Any:
    along = axis % len(x.shape)
    x = _resized(xp, x, along, x.shape[along] if n is None else n)
    both = xp.fourier(
        xp.stack([xp.real(x), xp.imag(x)], axis=-1), axis=along - len(x.shape) - 1, inverse=inverse
    )
    scaled = both * _factor(norm, x.shape[along], inverse)
    return xp.complex(scaled[..., 0], scaled[..., 1])


def _factor(norm: str, n: int, inverse: bool) -> float:
    power = {"backward": 0.0, "ortho": 0.5, "forward": 1.0}.get(norm)
    if power is None:
        raise InputError(f"a transform's norm is backward, ortho or forward, not {norm!r}")
    return float(n ** -(1 - power if inverse else power))


def _resized(xp: Any, x: Any, axis: int, n: int) -> Any:
    """x with n entries along an axis: cut, or zeros behind."""
    have, along = x.shape[axis], axis % len(x.shape)
    if n < 1:
        raise InputError(f"a transform of {n} entries")
    if n <= have:
        return x if n == have else _part(x, along, 0, n)
    widths = [(0, n - have if a == along else 0) for a in range(len(x.shape))]
    if isinstance(x, ComplexArray):
        return ComplexArray(x.xp, *(xp.pad(part, widths) for part in parts(x)))
    return xp.pad(x, widths)


def _part(x: Any, axis: int, start: int, stop: int) -> Any:
    return x[(*(slice(None),) * (axis % len(x.shape)), slice(start, stop))]


FAMILY = Family(
    "fourier",
    composites={
        "complex": complex_,
        **{f.__name__: f for f in (real, imag, conj, angle, fourier)},
        **{f"fft.{f.__name__}": f for f in (fft, ifft, rfft, irfft, fft2, ifft2, rfft2, irfft2)},
    },
)

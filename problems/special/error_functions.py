"""The error function and its kin, in longdouble, entry by entry.

    erf x = 2/√π ∫₀ˣ e^(-t²) dt,   erfc = 1 - erf,   erfcx x = e^(x²) erfc x

Near 0 by the series with positive terms, 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!; elsewhere erfcx by
the trapezoidal rule for ∫ e^(-t²) / (t² + x²) dt, whose error at step h is e^(-π²/h²), less than
2⁻⁷⁰ here, once the pole at t = ix is taken out:

    erfcx x = x h/π [ 1/x² + 2 Σ e^(-n²h²) / (n²h² + x²) ] - 2 e^(x²) / (e^(2πx/h) - 1).

e^(-x²) is computed from x² in two parts, since the rounding of x² alone is off by x² eps.

Sources: Abramowitz and Stegun (1964), 7.1.6; Chiarella and Reichel, On the evaluation of integrals
related to the error function, Mathematics of Computation 22 (1968), 137-143.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Long = Any
"""An array of longdouble."""

PI = np.longdouble("3.14159265358979323846264338327950288")
TWO_OVER_ROOT_PI = 2 / np.sqrt(PI)
ROOT_TWO = np.sqrt(np.longdouble(2))

_STEP = np.longdouble(0.4375)
_NODES = [(n * _STEP) ** 2 for n in range(1, 18)]
_WEIGHTS = [np.exp(-t) for t in _NODES]
_TERMS = 48
_FROM = 0.75
"""Where the series ends and the trapezoidal rule starts."""


def squared(x: Long) -> tuple[Long, Long]:
    """x² of |x| < 10⁴, rounded, and what rounding left off."""
    scaled = x * np.longdouble(2**32 + 1)
    high = scaled - (scaled - x)
    low = x - high
    square = x * x
    return square, ((high * high - square) + 2 * high * low) + low * low


def gaussian(x: Long, half: bool = False) -> Long:
    """e^(-x²), or e^(-x²/2), to the last digits also where it is tiny."""
    with np.errstate(all="ignore"):
        square, rest = squared(np.clip(x, -1e4, 1e4))
        if half:
            square, rest = square / 2, rest / 2
        return np.where(np.isnan(x), x, np.exp(-square) * (1 - rest))


def _series(x: Long) -> Long:
    """erf x for |x| ≤ 1."""
    term = total = x
    for n in range(1, _TERMS):
        term = term * (2 * x * x / (2 * n + 1))
        total = total + term
    return TWO_OVER_ROOT_PI * gaussian(x) * total


def erfcx(x: Long) -> Long:
    """e^(x²) erfc x for x ≥ 0.5."""
    with np.errstate(all="ignore"):
        square = x * x
        total = np.zeros_like(x)
        for node, weight in zip(reversed(_NODES), reversed(_WEIGHTS), strict=True):
            total = total + weight / (1 + node / square)
        smooth = _STEP / PI / x * (1 + 2 * total)
        pole = 2 * np.exp(np.minimum(square, 60)) / np.expm1(np.minimum(2 * PI * x / _STEP, 1000))
        return np.where(x < 7.2, smooth - pole, np.where(np.isinf(x), 0, smooth))


def erf(x: Long) -> Long:
    """2/√π ∫₀ˣ e^(-t²) dt."""
    size = np.abs(x)
    near = np.where(size < _FROM, x, 0)
    far = np.maximum(size, _FROM)
    return np.where(size < _FROM, _series(near), np.copysign(1 - gaussian(far) * erfcx(far), x))


def erfc(x: Long) -> Long:
    """1 - erf x."""
    far = np.maximum(np.abs(x), 0.5)
    tail = gaussian(far) * erfcx(far)
    near = 1 - _series(np.where(np.abs(x) < 0.5, x, 0))
    return np.where(x >= 0.5, tail, np.where(x <= -0.5, 2 - tail, np.where(np.isnan(x), x, near)))


def erfinv(y: Long) -> Long:
    """x with erf x = y; ±∞ at ±1, NaN beyond. Halley's rule from Winitzki's approximation.

    Where |y| is near 1, erfc x = 1 - y is solved, whose right side is exact.
    """
    with np.errstate(all="ignore"):
        size = np.minimum(np.abs(y), 1)
        logarithm = np.log1p(-np.square(np.minimum(size, np.nextafter(np.longdouble(1), 0))))
        middle = 2 / (PI * 0.147) + logarithm / 2
        x = np.sqrt(np.sqrt(np.square(middle) - logarithm / 0.147) - middle)
        small = size < 1e-3
        x = np.where(small, size / TWO_OVER_ROOT_PI, x)
        for _ in range(4):
            off = np.where(size < 0.5, erf(x) - size, (1 - size) - erfc(x))
            step = off / (TWO_OVER_ROOT_PI * gaussian(x))
            x = x - step / (1 + x * step)
        x = np.where(size == 1, np.inf, np.where(size == 0, 0, x))
        return np.where(np.abs(y) > 1, np.nan, np.copysign(x, y))


def log_ndtr(x: Long) -> Long:
    """ln of the normal distribution function, ln ½ erfc(-x/√2)."""
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(x) / ROOT_TWO, 0.5)
        scaled = erfcx(size)
        above = np.log1p(-gaussian(np.maximum(x, 0), half=True) * scaled / 2)
        below = np.log(scaled / 2) - np.square(np.abs(x)) / 2
        middle = np.log(erfc(-np.clip(x, -1, 1) / ROOT_TWO) / 2)
        found = np.where(x > 0.9, above, np.where(x < -0.9, below, middle))
        return np.where(np.isnan(x), x, found)

"""Special functions of complex numbers that lie next to real ones, and their slopes there.

The imaginary parts are of 1e-100, so that f(x + iy) = f(x) + iy f′(x) to all digits: value and slope at
the real part are all that is asked for.
"""

# ruff: noqa: E501  (a line each)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems import Array
from gradparity.problems.special import functions

PI = np.longdouble("3.14159265358979323846264338327950288")
ROOT_PI = np.sqrt(PI)

Function = Callable[..., Any]


def first_order(real: Function, slope: Function) -> Function:
    """The function of complex z: that of its real part, and its slope there times the imaginary."""

    def analytic(z: Array) -> Array:
        x = np.asarray(z.real)
        return real(x) + 1j * (z.imag * slope(x))

    return analytic


def polygamma(n: int) -> Function:
    """ψ⁽ⁿ⁾ of complex numbers."""
    return first_order(lambda x: functions.polygamma(n, x), lambda x: functions.polygamma(n + 1, x))


def _bell(z: Array) -> Array:
    """2/√π e^(-z²)."""
    return 2 / ROOT_PI * np.exp(-z * z)


def _density(a: Array, z: Array) -> Array:
    """z^(a-1) e^(-z) / Γ(a), a real."""
    return np.exp((a.real - 1) * np.log(z) - z - functions.lgamma(np.asarray(a.real)))


def _incomplete(name: str, sign: int) -> Function:
    real = getattr(functions, name)

    def analytic(a: Array, z: Array) -> Array:
        x = np.asarray(z.real)
        return real(np.asarray(a.real), x) + 1j * (sign * z.imag * _density(a, x).real)

    return analytic


def _by_order(*_: Any) -> Any:
    return np.nan


def _i1e_slope(z: Array) -> Array:
    zero = z == 0
    share = np.where(zero, 0.5, _i1e(z) / np.where(zero, 1, z))
    return _i0e(z) - share - np.sign(z.real) * _i1e(z)


_i1e = first_order(functions.i1e, lambda x: _i1e_real_slope(x))
_i0e = first_order(functions.i0e, lambda x: functions.i1e(x) - np.sign(x) * functions.i0e(x))
_erf, _erfc = (first_order(functions.erf, _bell), first_order(functions.erfc, lambda x: -_bell(x)))
_erfinv = first_order(functions.erfinv, lambda x: 1 / _bell(functions.erfinv(x)))
_log_ndtr = first_order(functions.log_ndtr, lambda x: _hazard(x, functions.log_ndtr(x)))


def _hazard(z: Array, f: Array) -> Array:
    """φ(z) / Φ(z), f = ln Φ(z); far below 0 by its continued fraction."""
    far = z.real < -50
    near, value = np.where(far, 0, z), np.where(far, 0, f)
    size = np.where(far, -z, 50)
    tail = 0 * size
    for k in range(9, 0, -1):
        tail = k / (size + tail)
    return np.where(far, size + tail, np.exp(-near * near / 2 - value) / np.sqrt(2 * PI))


def _i1e_real_slope(x: Array) -> Array:
    zero = x == 0
    share = np.where(zero, 0.5, functions.i1e(x) / np.where(zero, 1, x))
    return functions.i0e(x) - share - np.sign(x) * functions.i1e(x)


# fmt: off
ANALYTIC: dict[str, tuple[Function, ...]] = {
    "erf":       (_erf, lambda z, f: _bell(z)),
    "erfc":      (_erfc, lambda z, f: -_bell(z)),
    "erfinv":    (_erfinv, lambda z, f: 1 / _bell(f)),
    "log_ndtr":  (_log_ndtr, _hazard),
    "lgamma":    (first_order(functions.lgamma, functions.digamma), lambda z, f: polygamma(0)(z)),
    "digamma":   (polygamma(0), lambda z, f: polygamma(1)(z)),
    "polygamma": (lambda n, z: polygamma(int(n.real))(z), _by_order, lambda n, z, f: polygamma(int(n.real) + 1)(z)),
    "gammainc":  (_incomplete("gammainc", 1), _by_order, lambda a, z, f: _density(a, z)),
    "gammaincc": (_incomplete("gammaincc", -1), _by_order, lambda a, z, f: -_density(a, z)),
    "i0e":       (_i0e, lambda z, f: _i1e(z) - np.sign(z.real) * f),
    "i1e":       (_i1e, lambda z, f: _i1e_slope(z)),
}
# fmt: on
"""f, and f'(z, f(z)); of two operands each partial derivative, of (x, y, f(x, y))."""

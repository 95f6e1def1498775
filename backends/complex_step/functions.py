"""The analytic functions of complex numbers, and their slopes at complex numbers.

Those that NumPy lacks, or has with too few digits, are written here:

    hypot(x, y) = √(x² + y²),   atan2: i-th order one, Im = (x dy - y dx) / (x² + y²),
    logaddexp(x, y) = m + ln(1 + e^(n-m)), m the one of larger real part, n the other,
    asin, acosh and their like: value and slope at the real part, which is all that is asked,
    log, log1p, sqrt: NaN where the real part is negative, as for real numbers.

Slopes serve second derivatives alone: `backends/complex_step/velocity.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.complex_step import special
from gradparity.backends.complex_step.special import first_order as _first_order
from gradparity.problems import Array
from gradparity.problems.namespace import require
from gradparity.problems.operations import comparisons, families


def positive(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function of complex z, NaN where z has a negative real part."""

    def analytic(z: Array) -> Array:
        return np.where(z.real < 0, np.nan, function(z))

    return analytic


def _log1p(z: Array) -> Array:
    # NumPy takes the logarithm of |1 + z|, which loses the digits of a small z.
    return np.log1p(z.real) + 1j * (z.imag / (1 + z.real))


def _logaddexp(x: Array, y: Array) -> Array:
    first = x.real >= y.real
    larger: Array = np.where(first, x, y)
    smaller: Array = np.where(first, y, x)
    return larger + _log1p(np.exp(smaller - larger))


def _atan2(y: Array, x: Array) -> Array:
    turn = (x.real * y.imag - y.real * x.imag) / (x.real**2 + y.real**2)
    return np.arctan2(y.real, x.real) + 1j * turn


def power(x: Array, y: Array) -> Array:
    """x**y of complex arrays."""
    # A whole exponent that is no parameter: NumPy multiplies, which is right for a negative base.
    whole = (y.imag == 0) & (y.real == np.rint(y.real)) & (np.abs(y.real) < 100)
    general = np.where(x.real < 0, np.nan, np.exp(y * np.log(x)))
    return np.where(whole, np.power(x, np.where(whole, y, 0)), general)


LN2, LN10 = np.log(np.longdouble(2)), np.log(np.longdouble(10))


def _asin_slope(z: Array) -> Array:
    return 1 / np.sqrt((1 - z) * (1 + z))


def _asinh_slope(z: Array) -> Array:
    return 1 / np.sqrt(1 + z * z)


def _acosh_slope(z: Array) -> Array:
    return 1 / (np.sqrt(z - 1) * np.sqrt(z + 1))


def _atanh_slope(z: Array) -> Array:
    return 1 / ((1 - z) * (1 + z))


def _power_base(x: Array, y: Array, z: Array) -> Array:
    # At y = 0 the factor 0 must win over x**-1 = inf at x = 0.
    return np.where(y == 0, 0.0, y * power(x, y - 1))


def _power_exponent(x: Array, y: Array, z: Array) -> Array:
    return np.where((x == 0) & (y.real > 0), 0.0, z * np.log(x))


KINKED = (
    *("abs", "sign", "maximum", "minimum", "floor", "ceil", "round", "trunc", "remainder"),
    *comparisons.FAMILY.primitives,
)
"""The elementwise operations that are not analytic."""

# fmt: off
ANALYTIC: dict[str, tuple[Callable[..., Any], ...]] = {
    "square":    (np.square, lambda z, f: 2 * z),
    "sqrt":      (positive(np.sqrt), lambda z, f: 0.5 / f),
    "exp":       (np.exp, lambda z, f: f),
    "expm1":     (np.expm1, lambda z, f: np.exp(z)),
    "log":       (positive(np.log), lambda z, f: positive(np.reciprocal)(z)),
    "log1p":     (_log1p, lambda z, f: positive(np.reciprocal)(1 + z)),
    "sin":       (np.sin, lambda z, f: np.cos(z)),
    "cos":       (np.cos, lambda z, f: -np.sin(z)),
    "reciprocal": (np.reciprocal, lambda z, f: -f * f),
    "exp2":      (lambda z: np.exp(z * LN2), lambda z, f: f * LN2),
    "log2":      (lambda z: positive(np.log)(z) / LN2, lambda z, f: 1 / (z * LN2)),
    "log10":     (lambda z: positive(np.log)(z) / LN10, lambda z, f: 1 / (z * LN10)),
    "tan":       (np.tan, lambda z, f: 1 + f * f),
    "asin":      (_first_order(np.arcsin, _asin_slope), lambda z, f: _asin_slope(z)),
    "acos":      (_first_order(np.arccos, lambda z: -_asin_slope(z)), lambda z, f: -_asin_slope(z)),
    "sinh":      (np.sinh, lambda z, f: np.cosh(z)),
    "cosh":      (np.cosh, lambda z, f: np.sinh(z)),
    "asinh":     (_first_order(np.arcsinh, _asinh_slope), lambda z, f: _asinh_slope(z)),
    "acosh":     (_first_order(np.arccosh, _acosh_slope), lambda z, f: _acosh_slope(z)),
    "atanh":     (_first_order(np.arctanh, _atanh_slope), lambda z, f: _atanh_slope(z)),
    "tanh":      (np.tanh, lambda z, f: 1 / np.square(np.cosh(z))),
    "atan":      (np.arctan, lambda z, f: 1 / (1 + z * z)),
    "pow":       (power, _power_base, _power_exponent),
    "logaddexp": (_logaddexp, lambda x, y, f: np.exp(x - f), lambda x, y, f: np.exp(y - f)),
    "atan2":     (_atan2, lambda y, x, f: x / (x*x + y*y), lambda y, x, f: -y / (x*x + y*y)),
    "hypot":     (lambda x, y: np.sqrt(x*x + y*y), lambda x, y, f: x / f, lambda x, y, f: y / f),
}
# fmt: on
"""f, and f'(z, f(z)); of two operands each partial derivative, of (x, y, f(x, y))."""
ANALYTIC |= special.ANALYTIC
require(
    "ANALYTIC in backends/complex_step/functions.py", {*ANALYTIC, *KINKED}, families.ELEMENTWISE
)

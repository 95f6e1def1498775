"""The derivatives of special functions, as those of `rules.py`: for numbers and for dual numbers.

They are written anew. The functions themselves, in longdouble, are those that the tape has
(`problems/special/`), which are held against mpmath.

Source: NIST Digital Library of Mathematical Functions, 5.9, 7.2, 8.8, 10.29.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from gradparity.problems import InputError
from gradparity.problems.special import functions

Function = Callable[..., Any]

ROOT_PI = np.sqrt(np.longdouble("3.14159265358979323846264338327950288"))


def _by_order(*_: Any) -> NoReturn:
    raise InputError("gammainc and gammaincc have no derivative by their first operand, a, here")


def _density(xp: Any, a: Any, x: Any) -> Any:
    """x^(a-1) e^(-x) / Γ(a)."""
    return xp.pow(x, a - 1.0) * xp.exp(-x - xp.lgamma(a))


def _slope_of_i1e(xp: Any, x: Any, y: Any) -> Any:
    zero = x == 0
    share = xp.where(zero, 0.5, y / xp.where(zero, 1.0, x))
    return xp.i0e(x) - share - xp.sign(x) * y


def _hazard(xp: Any, x: Any, y: Any) -> Any:
    """φ(x) / Φ(x); far below 0 by Laplace's continued fraction, from the inside."""
    far = x < -50.0
    near, value = xp.where(far, 0.0, x), xp.where(far, 0.0, y)
    density = xp.exp(-0.5 * (near * near) - value) / (np.sqrt(np.longdouble(2)) * ROOT_PI)
    size = xp.where(far, -x, 50.0)
    tail = 0.0 * size
    for k in (9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0):
        tail = k / (size + tail)
    return xp.where(far, size + tail, density)


# fmt: off
UNARY: dict[str, tuple[Function, Function]] = {
    "erf":      (functions.erf, lambda xp, x, y: 2.0 / ROOT_PI * xp.exp(-(x * x))),
    "erfc":     (functions.erfc, lambda xp, x, y: -2.0 / ROOT_PI * xp.exp(-(x * x))),
    "erfinv":   (functions.erfinv, lambda xp, x, y: 0.5 * ROOT_PI * xp.exp(y * y)),
    "log_ndtr": (functions.log_ndtr, _hazard),
    "lgamma":   (functions.lgamma, lambda xp, x, y: xp.digamma(x)),
    "digamma":  (functions.digamma, lambda xp, x, y: xp.polygamma(1, x)),
    "i0e":      (functions.i0e, lambda xp, x, y: xp.i1e(x) - xp.sign(x) * y),
    "i1e":      (functions.i1e, _slope_of_i1e),
}

BINARY: dict[str, tuple[Function, Function, Function]] = {
    "gammainc":  (functions.gammainc, _by_order, lambda xp, a, x, z: _density(xp, a, x)),
    "gammaincc": (functions.gammaincc, _by_order, lambda xp, a, x, z: -_density(xp, a, x)),
}
# fmt: on


def polygamma(n: int) -> tuple[Function, Function]:
    """The line of the n-th derivative of digamma."""
    return (lambda x: functions.polygamma(n, x), lambda xp, x, y: xp.polygamma(n + 1, x))

"""Special functions, a record each; plain arrays are `problems/special/functions.py`'s affair.

Conventions at kinks: i0e has 0 at 0, i1e ½.

Source: NIST Digital Library of Mathematical Functions, 5.9, 7.2, 8.8, 10.29.
"""

# ruff: noqa: E501  (a record is one line)
# mypy: disable-error-code="has-type"

from __future__ import annotations

import math
from typing import Any, NoReturn

from gradparity.backends.numpy_tape.primitives.box import anew
from gradparity.backends.numpy_tape.primitives.elementwise import (
    add,
    atan,
    divide,
    equal,
    exp,
    less,
    log,
    multiply,
    negative,
    number,
    power,
    sign,
    sqrt,
    square,
    subtract,
    where,
)
from gradparity.backends.numpy_tape.primitives.record import FUNCTION, Elementwise
from gradparity.problems import Array, InputError
from gradparity.problems.special import functions


def _bell(x: Array) -> Array:
    """2/√π e^(-x²), √π/2 being the root of atan 1."""
    return divide(exp(negative(square(x))), sqrt(atan(number(x, 1.0))))


def _by_order(*_: Any) -> NoReturn:
    raise InputError("gammainc and gammaincc have no derivative by their first operand, a, here")


def _density(a: Array, x: Array) -> Array:
    """x^(a-1) e^(-x) / Γ(a)."""
    zero = equal(x, 0)
    exponent = subtract(multiply(subtract(a, 1), log(where(zero, 1.0, x))), add(x, lgamma(a)))
    return where(zero, power(x, subtract(a, 1)), exp(exponent))


def _slope_of_i1e(z: Array, x: Array) -> Array:
    """e^(-|x|) (I₀ - I₁/x) - sign(x) times the function; ½ at 0."""
    zero = equal(x, 0)
    share = divide(z, where(zero, 1.0, x))
    return where(zero, 0.5, subtract(subtract(i0e(x), share), multiply(sign(x), z)))


FAR = -50.0
"""Below it e^(-x²/2 - ln Φ(x)) loses its digits: x² cancels."""
TERMS = 8
"""Of the continued fraction there; what is left out is below 1e-22 of it."""
LOST = -1500.0
"""Below it the result has not enough digits for a slope that is taken from it."""


def _slope_of_log_ndtr(z: Array, x: Array) -> Array:
    """φ(x) / Φ(x); far below 0 it is u + 1/(u + 2/(u + 3/(u + ...))), u = -x.

    Libraries take it from the result z there too, e^(-x²/2 - z)/√(2π), with an error of ε z: that
    is e^(z' - z) times the fraction, z' being z with rounding errors of its own.

    Source: NIST Digital Library of Mathematical Functions, 7.9.3.
    """
    far = less(x, FAR)
    near, value = where(far, 0.0, x), where(far, 0.0, z)
    root = sqrt(multiply(8.0, atan(number(x, 1.0))))
    density = divide(exp(subtract(multiply(-0.5, square(near)), value)), root)
    u = negative(where(far, x, FAR))
    fraction = u
    for k in range(TERMS, 0, -1):
        fraction = add(u, divide(float(k), fraction))
    kept = where(less(x, LOST), 0.0, z)
    return where(far, multiply(fraction, exp(subtract(anew(kept), kept))), density)


# fmt: off
erf       = Elementwise("erf", functions.erf, math.erf, FUNCTION, lambda t, z, x: multiply(t, _bell(x)))
erfc      = Elementwise("erfc", functions.erfc, math.erfc, FUNCTION, lambda t, z, x: negative(multiply(t, _bell(x))))
erfinv    = Elementwise("erfinv", functions.erfinv, None, FUNCTION, lambda t, z, x: divide(t, _bell(z)))
log_ndtr  = Elementwise("log_ndtr", functions.log_ndtr, None, FUNCTION, lambda t, z, x: multiply(t, _slope_of_log_ndtr(z, x)))
lgamma    = Elementwise("lgamma", functions.lgamma, math.lgamma, FUNCTION, lambda t, z, x: multiply(t, digamma(x)))
digamma   = Elementwise("digamma", functions.digamma, None, FUNCTION, lambda t, z, x: multiply(t, polygamma(1, x)))
polygamma = Elementwise("polygamma", functions.polygamma, None, FUNCTION, None,  # n, a Python number; x
                        lambda t, z, n, x: multiply(t, polygamma(n + 1, x)))
gammainc  = Elementwise("gammainc", functions.gammainc, None, FUNCTION,  # a, x
                        _by_order,
                        lambda t, z, a, x: multiply(t, _density(a, x)))
gammaincc = Elementwise("gammaincc", functions.gammaincc, None, FUNCTION,
                        _by_order,
                        lambda t, z, a, x: negative(multiply(t, _density(a, x))))
i0e       = Elementwise("i0e", functions.i0e, None, FUNCTION, lambda t, z, x: multiply(t, subtract(i1e(x), multiply(sign(x), z))))
i1e       = Elementwise("i1e", functions.i1e, None, FUNCTION, lambda t, z, x: multiply(t, _slope_of_i1e(z, x)))
# fmt: on

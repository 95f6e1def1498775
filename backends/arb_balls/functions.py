"""The functions of one number, on power series of balls: value and derivative, one line each.

They cross-check those of the tape, so they are written anew here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

Series = Any
"""A `flint.arb_series`: [x], or [x, ẋ]."""


class Undecided(Exception):
    """A comparison whose balls overlap."""


@cache
def flint() -> Any:
    """The library."""
    import flint as found

    return found


def inverse(series: Series) -> Series:
    """1 / series, NaN if it is 0 or not finite; Undecided if its ball holds 0."""
    first = series[0]
    if first.is_zero() or not first.is_finite():
        nan = flint().arb.nan()
        return type(series)([nan] * series.prec, series.prec)
    if first.contains(0):
        raise Undecided(f"division by {first}")
    return 1 / series


def _exp(x: Series, less: int = 0) -> tuple[Series, Series]:
    power = x.exp()
    return power - less, power


def _sqrt(x: Series) -> tuple[Series, Series]:
    root = x.sqrt()
    return root, inverse(2 * root)


def _tanh(x: Series) -> tuple[Series, Series]:
    """1 - 2/(e^2x + 1), with derivative 4 e^2x/(e^2x + 1)²."""
    power = (2 * x).exp()
    share = inverse(power + 1)
    return 1 - 2 * share, 4 * power * share * share


def _reciprocal(x: Series) -> tuple[Series, Series]:
    share = inverse(x)
    return share, -share * share


def _power_of(base: int, x: Series) -> tuple[Series, Series]:
    logarithm = flint().arb(base).log()
    power = (x * logarithm).exp()
    return power, power * logarithm


def _logarithm(base: int, x: Series) -> tuple[Series, Series]:
    share = 1 / flint().arb(base).log()
    return x.log() * share, inverse(x) * share


def _halves(x: Series, sign: int) -> tuple[Series, Series]:
    """½ (e^x + sign e^-x), of one number without cancelling, and ½ (e^x - sign e^-x)."""
    slope = x.exp() / 2 - sign * (-x).exp() / 2
    return _expanded(x, "sinh" if sign < 0 else "cosh", slope), slope


def _expanded(x: Series, name: str, slope: Series) -> Series:
    """f(x₀ + x₁ t) to first order, by arb's function of a number and the slope."""
    return expanded(x, getattr(x[0], name)(), slope)


def expanded(x: Series, value: Any, slope: Series) -> Series:
    """The series of a function of x with that value at its first coefficient, and that slope."""
    coefficients = [value] if x.prec < 2 else [value, slope[0] * x[1]]
    return type(x)(coefficients, x.prec)


UNARY: dict[str, Callable[[Series], tuple[Series, Series]]] = {
    "square": lambda x: (x * x, 2 * x),
    "sqrt": _sqrt,
    "exp": _exp,
    "expm1": lambda x: _exp(x, less=1),
    "log": lambda x: (x.log(), inverse(x)),
    "log1p": lambda x: ((1 + x).log(), inverse(1 + x)),
    "sin": lambda x: (x.sin(), x.cos()),
    "cos": lambda x: (x.cos(), -x.sin()),
    "tanh": _tanh,
    "atan": lambda x: (x.atan(), inverse(1 + x * x)),
    "reciprocal": _reciprocal,
    "exp2": lambda x: _power_of(2, x),
    "log2": lambda x: _logarithm(2, x),
    "log10": lambda x: _logarithm(10, x),
    "tan": lambda x: (x.sin() * inverse(x.cos()), inverse(x.cos() * x.cos())),
    "asin": lambda x: (x.asin(), inverse((1 - x * x).sqrt())),
    "acos": lambda x: (x.acos(), -inverse((1 - x * x).sqrt())),
    "sinh": lambda x: _halves(x, -1),
    "cosh": lambda x: _halves(x, 1),
    "asinh": lambda x: (_expanded(x, "asinh", (1 + x * x).rsqrt()), (1 + x * x).rsqrt()),
    "acosh": lambda x: (_expanded(x, "acosh", (x * x - 1).rsqrt()), (x * x - 1).rsqrt()),
    "atanh": lambda x: (_expanded(x, "atanh", inverse(1 - x * x)), inverse(1 - x * x)),
}
"""x -> f(x), f'(x)."""

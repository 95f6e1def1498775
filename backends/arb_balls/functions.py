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
}
"""x -> f(x), f'(x)."""

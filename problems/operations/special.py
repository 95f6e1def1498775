"""Special functions, entry by entry, under SciPy's and torch's names and arguments.

`gammainc(a, x)` and `gammaincc(a, x)` are the regularised incomplete gamma functions P and Q; they
have no derivative by a, and say so. `polygamma(n, x)` takes a whole number n. What is composed of
others states its formula.

Source: NIST Digital Library of Mathematical Functions.
"""

from __future__ import annotations

import math
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family, by_name


def _arrays(xp: Any, *operands: Any) -> list[Any]:
    """The operands as arrays: a Python number in the shape and dtype of one that is no number."""
    numbers = [type(x) in (int, float) for x in operands]  # np.float64, a float, is an array
    if all(numbers):
        raise InputError("a function of arrays got Python numbers only")
    like = operands[numbers.index(False)]
    pairs = zip(operands, numbers, strict=True)
    return [x * xp.ones_like(like) if number else x for x, number in pairs]


def betaln(xp: Any, a: Any, b: Any) -> Any:
    """ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a + b), a, b > 0."""
    a, b = _arrays(xp, a, b)
    return xp.lgamma(a) + xp.lgamma(b) - xp.lgamma(a + b)


def beta(xp: Any, a: Any, b: Any) -> Any:
    """Γ(a) Γ(b) / Γ(a + b), a, b > 0."""
    return xp.exp(betaln(xp, a, b))


def logit(xp: Any, x: Any) -> Any:
    """ln(x / (1 - x)), 0 < x < 1, as ln x - ln(1 - x)."""
    return xp.log(x) - xp.log1p(-x)


def xlogy(xp: Any, x: Any, y: Any) -> Any:
    """x ln y, which is 0 at x = y = 0; both derivatives there are taken for 0."""
    x, y = _arrays(xp, x, y)
    nothing = (x == 0) & (y == 0)
    return xp.where(nothing, 0.0 * x, x * xp.log(xp.where(nothing, 1.0, y)))


def xlog1py(xp: Any, x: Any, y: Any) -> Any:
    """x ln(1 + y), which is 0 at x = 0, y = -1; both derivatives there are taken for 0."""
    x, y = _arrays(xp, x, y)
    nothing = (x == 0) & (y == -1)
    return xp.where(nothing, 0.0 * x, x * xp.log1p(xp.where(nothing, 0.0, y)))


def ndtr(xp: Any, x: Any) -> Any:
    """The normal distribution function, ½ erfc(-x/√2)."""
    return 0.5 * xp.erfc(x * -math.sqrt(0.5))


FAMILY = Family(
    "special",
    (
        *("erf", "erfc", "erfinv", "log_ndtr", "lgamma", "digamma", "polygamma"),
        *("gammainc", "gammaincc", "i0e", "i1e"),
    ),
    by_name(betaln, beta, logit, xlogy, xlog1py, ndtr),
    elementwise=True,
)

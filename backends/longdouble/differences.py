"""Derivatives of a function of one number by central differences, in extended precision.

f(t) is known at t = ±h, ±2h, ... only. With weights w_k chosen so that the Taylor terms below the
order cancel (k = 1 ... n/2),

    f′(0) ≈ Σ w_k (f(kh) - f(-kh)) / h,          error c h^n f⁽ⁿ⁺¹⁾ + eps |f| / h,
    f″(0) ≈ w_0 f(0) / h² + Σ w_k (f(kh) + f(-kh)) / h²,  error c h^n f⁽ⁿ⁺²⁾ + eps |f| / h².

A wide step has little rounding and may reach across a kink or a pole; a narrow one does not, and
rounds. So the formula of order n is held against that of order n - 2, which needs no further
evaluation: |difference| + rounding is its estimated error. Where that is not below what the
setting's dtype can show, the next step of the ladder is tried, and for every entry of the answer
the best step counts.

Source: Fornberg, Generation of finite difference formulas on arbitrarily spaced grids, Mathematics
of Computation 51 (1988), table 1; Ridders, Advances in Engineering Software 4 (1982), for choosing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems import Array

Univariate = Callable[[Any], Array]
"""t, a longdouble -> an array in longdouble, always of the same shape."""

EPS = np.finfo(np.longdouble).eps

# Order n -> weights of f(kh) ∓ f(-kh), as fractions (numerators, denominator), k from 1.
_FIRST = {2: ((1,), 2), 4: ((8, -1), 12), 6: ((45, -9, 1), 60), 8: ((672, -168, 32, -3), 840)}
_SECOND = {2: ((1,), 1), 4: ((16, -1), 12)}
_WEIGHTS = {1: _FIRST, 2: _SECOND}

# (derivative, dtype of the answer) -> order and the ladder of steps, widest first. Where longdouble
# has 80 bits, the first step makes truncation and rounding of a function of scale 1 about equal.
_LADDERS: dict[tuple[int, str], tuple[int, tuple[float, ...]]] = {
    (1, "float32"): (4, (2e-4, 1e-6)),
    (1, "float64"): (8, (1e-3, 2e-5, 4e-7)),
    (2, "float32"): (4, (2e-3, 3e-5)),
}


def evaluations(derivative: int, dtype: str) -> int:
    """How often a derivative calls its function if the first step serves."""
    return _LADDERS[derivative, dtype][0]


def derivative_at_zero(line: Univariate, derivative: int, dtype: str, scale: Any = 1.0) -> Array:
    """The first or second derivative of `line` at 0, in longdouble, good enough for `dtype`.

    scale: how far t must go for the function to change as much as one of scale 1 does in 1.
    """
    order, steps = _LADDERS[derivative, dtype]
    goal = np.finfo(dtype).eps / 8
    centre = line(np.longdouble(0)) if derivative == 2 else None
    best, least = None, None
    with np.errstate(all="ignore"):
        for step in steps:
            h = np.longdouble(step) * np.longdouble(scale)
            found, error = _stencil(line, derivative, order, h, centre)
            if best is None or least is None:
                best, least = found, error
            else:
                better = error < least
                best, least = np.where(better, found, best), np.where(better, error, least)
            if np.all(least <= goal * np.max(np.abs(best), initial=0)):
                break
    return best


def _stencil(
    line: Univariate, derivative: int, order: int, h: Any, centre: Array | None
) -> tuple[Array, Array]:
    """The formula of this order with step h, and its estimated error; infinite where it is NaN."""
    half = order // 2
    pairs = [(line(k * h), line(-k * h)) for k in range(1, half + 1)]
    if derivative == 1:
        terms = [ahead - behind for ahead, behind in pairs]
    else:
        # Each difference from the centre is small: the centre's own weight is in them.
        terms = [(ahead - centre) + (behind - centre) for ahead, behind in pairs]
    power = h**derivative
    found, lower = (
        sum(w * term for w, term in zip(weights, terms, strict=False)) / (divisor * power)
        for weights, divisor in (_WEIGHTS[derivative][order], _WEIGHTS[derivative][order - 2])
    )
    size = np.max([np.maximum(abs(ahead), abs(behind)) for ahead, behind in pairs], axis=0)
    error = abs(found - lower) + EPS * size / power
    return found, np.where(np.isfinite(error), error, np.inf)

"""Median and quartiles of figures that may be infinite: a failure is infinitely bad, not missing.

The p-quantile of x_1 ≤ ... ≤ x_n is, with h = p (n − 1),

    x_⌊h⌋ + (h − ⌊h⌋) (x_⌈h⌉ − x_⌊h⌋)        (counting from 0),

which is NumPy's default, except that ∞ − ∞ must not become NaN: between two equal infinities it is
that infinity, and any part of the way from a number to an infinity is the infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """median, first and third quartile of `count` figures; infinite where failures decide."""

    median: float
    low: float
    high: float
    count: int


def spread(figures: Iterable[float | None]) -> Spread | None:
    """Return the spread of the figures; NaN and None count as infinity, no figures give None."""
    known = sorted(math.inf if x is None or math.isnan(x) else float(x) for x in figures)
    if not known:
        return None
    median, low, high = (_quantile(known, p) for p in (0.5, 0.25, 0.75))
    return Spread(median, low, high, len(known))


def _quantile(ordered: Sequence[float], p: float) -> float:
    position = p * (len(ordered) - 1)
    below = math.floor(position)
    part = position - below
    low, high = ordered[below], ordered[math.ceil(position)]
    if part == 0.0 or low in (high, -math.inf):
        return low
    return high if math.isinf(high) else low + part * (high - low)

"""Median and quartiles of figures that may be infinite: a failure is infinitely bad, not missing.

The p-quantile of x_1 ≤ ... ≤ x_n is, with h = p (n − 1),

    x_⌊h⌋ + (h − ⌊h⌋) (x_⌈h⌉ − x_⌊h⌋)        (counting from 0),

which is NumPy's default, except that ∞ − ∞ must not become NaN: between two equal infinities it is
that infinity, and any part of the way from a number to an infinity is the infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Spread:
    """median, first and third quartile of `count` figures; infinite where failures decide."""

    median: float
    low: float
    high: float
    count: int


def spread(figures: Iterable[float | None]) -> Spread | None:
    """Return the spread of the figures; NaN and None count as infinity, no figures give None."""
    known = np.array([math.inf if x is None or math.isnan(x) else float(x) for x in figures])
    if not len(known):
        return None
    median, low, high = (float(quantile(known, p)) for p in (0.5, 0.25, 0.75))
    return Spread(median, low, high, len(known))


def quantile(values: np.ndarray[Any, Any], p: float) -> np.ndarray[Any, Any]:
    """Return the p-quantile along the first axis of `values`, (n, ...) -> (...)."""
    ordered = np.sort(values, axis=0)
    position = p * (len(ordered) - 1)
    below, above = ordered[math.floor(position)], ordered[math.ceil(position)]
    part = position % 1.0
    with np.errstate(invalid="ignore"):  # ∞ - ∞, which is not taken
        between = np.where(np.isinf(above), above, below + part * (above - below))
    chosen: np.ndarray[Any, Any] = np.where(
        (part == 0.0) | (below == above) | (below == -math.inf), below, between
    )
    return chosen

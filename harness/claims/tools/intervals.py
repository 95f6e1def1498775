"""From repetitions to a value with its 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

Numbers = Sequence[float] | npt.NDArray[np.floating]
Interval = tuple[float, float, float]
"""(value, low, high)."""

LEVEL = 0.95


def exact(value: float) -> Interval:
    """A value in which nothing is random."""
    return float(value), float(value), float(value)


def mean(values: Numbers) -> Interval:
    """The mean of independent values, by Student's t. Of one value: no end is known."""
    x = np.asarray(values, dtype=np.float64)
    middle = float(x.mean())
    if len(x) < 2:
        return middle, -math.inf, math.inf
    half = float(stats.t.ppf(0.5 + LEVEL / 2, len(x) - 1) * x.std(ddof=1) / math.sqrt(len(x)))
    return middle, middle - half, middle + half


def geometric(values: Numbers) -> Interval:
    """The geometric mean of positive values: `mean` of their logarithms."""
    middle, low, high = mean(np.log(np.asarray(values, dtype=np.float64)))
    return math.exp(middle), math.exp(low), math.exp(high)


def median(values: Numbers) -> Interval:
    """The median, between order statistics (binomial; 0 and infinity beyond what n allows)."""
    x = np.sort(np.asarray(values, dtype=np.float64))
    n = len(x)
    below = int(stats.binom.ppf((1 - LEVEL) / 2, n, 0.5)) - 1
    middle = float(np.median(x))
    if below < 0:
        return middle, -math.inf, math.inf
    return middle, float(x[below]), float(x[n - 1 - below])


def share(hits: int, of: int) -> Interval:
    """A share of independent trials, by Wilson's interval."""
    found = stats.binomtest(hits, of).proportion_ci(LEVEL, method="wilson")
    return hits / of, float(found.low), float(found.high)


def slope(x: Numbers, y: Numbers) -> Interval:
    """The slope of log y on log x, by least squares, with Student's t."""
    fit = stats.linregress(np.log(np.asarray(x)), np.log(np.asarray(y)))
    if len(x) < 3:
        return float(fit.slope), -math.inf, math.inf
    error = fit.stderr if np.ptp(y) else 0.0  # of a constant y SciPy has NaN
    half = float(stats.t.ppf(0.5 + LEVEL / 2, len(x) - 2) * error)
    return float(fit.slope), float(fit.slope) - half, float(fit.slope) + half

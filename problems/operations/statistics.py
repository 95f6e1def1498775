"""Spread, quantiles and counts of what lies along axes.

`axis` is an integer, a tuple of them (not of quantiles), or None for all.

Conventions. `std` of equal numbers has the slope 0, the centre of its subgradients there, not the
NaN of √. Of equal numbers a quantile takes the derivative from the one that a stable sort puts
there. A quantile at a data point takes it from that point alone.

Sources: Python array API standard 2024.12, "Statistical functions" and "Utility functions"; NumPy
for names and arguments of what the standard lacks.
"""

from __future__ import annotations

import math
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family, by_name
from gradparity.problems.operations.order import along


def var(xp: Any, x: Any, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Σ (x - mean)² / (n - correction) over axes, by deviations from the mean."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    count = math.prod(x.shape[a] for a in axes)
    squares = xp.square(x - xp.mean(x, axis=axis, keepdims=True))
    total = xp.sum(squares, axis=axis, keepdims=keepdims)
    freedom = float(count - correction)
    return total / freedom if freedom > 0 else total * math.nan


def std(xp: Any, x: Any, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """√var; the derivative where all numbers are equal is 0."""
    spread = xp.var(x, axis=axis, correction=correction, keepdims=keepdims)
    none = spread == 0
    root = xp.sqrt(xp.where(none, xp.ones_like(spread), spread))
    return xp.where(none, xp.zeros_like(root), root)


def quantile(xp: Any, x: Any, q: float, axis: Any = None, keepdims: bool = False) -> Any:
    """The number below which the part q of x lies, between neighbours by a straight line.

    q: a Python number from 0 to 1. axis: one, or None for all. The place is q (n - 1) in x sorted,
    counted from 0.
    Raises: InputError if q is no such number, or there is nothing to choose from.
    """
    if not isinstance(q, float | int) or not 0 <= q <= 1:
        raise InputError(f"xp.quantile: q is a Python number from 0 to 1, not {q!r}")
    line, place = along(xp, x, axis)
    n = line.shape[place]
    if not n:
        raise InputError("xp.quantile of no numbers")
    sorted_line, before = xp.sort(line, axis=place), (slice(None),) * place
    low = min(math.floor(q * (n - 1)), n - 1)
    part = q * (n - 1) - low
    found = sorted_line[(*before, low)]
    if part > 0:
        found = found * (1 - part) + sorted_line[(*before, low + 1)] * part
    if not keepdims:
        return found
    shape = [1 if axis is None or a == place else m for a, m in enumerate(x.shape)]
    return xp.reshape(found, tuple(shape))


def median(xp: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle number, of an even count the mean of the two middle ones; see `quantile`."""
    return xp.quantile(x, 0.5, axis=axis, keepdims=keepdims)


def count_nonzero(xp: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """How many entries are not 0, as integers."""
    return xp.sum(xp.where(x != 0, 1, 0), axis=axis, keepdims=keepdims)


def any(xp: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether an entry is true, or not 0."""
    return xp.count_nonzero(x, axis=axis, keepdims=keepdims) > 0


def all(xp: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether every entry is true, or not 0."""
    return xp.count_nonzero(x == 0, axis=axis, keepdims=keepdims) == 0


FAMILY = Family(
    "statistics", composites=by_name(var, std, quantile, median, count_nonzero, any, all)
)

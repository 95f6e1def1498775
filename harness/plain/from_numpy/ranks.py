"""NumPy's sorts, medians and quantiles: which entries they pick, by rank, and how those are mixed.

Each function: (picked, x, the function's further arguments) -> what it returns. x: a recorded
array. picked(x, at, axis): its entries at the indices `at` along an axis, see `steps/ranks.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.translation import Untranslatable

Picked = Callable[[Any, Any, int], Any]


def _sort(picked: Picked, x: Any, axis: int | None = -1, **kind: Any) -> Any:
    x, axis = (x.ravel(), 0) if axis is None else (x, axis % x.ndim)
    return picked(x, np.argsort(x.value, axis=axis, kind="stable"), axis)


def _partition(picked: Picked, x: Any, kth: Any, axis: int | None = -1, **kind: Any) -> Any:
    x, axis = (x.ravel(), 0) if axis is None else (x, axis % x.ndim)
    return picked(x, np.argpartition(x.value, kth, axis=axis), axis)


def _median(picked: Picked, x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return _quantile(picked, x, 0.5, axis, keepdims=keepdims)


def _percentile(picked: Picked, x: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    return _quantile(picked, x, np.asarray(q) / 100, *args, **kwargs)


def _quantile(
    picked: Picked,
    x: Any,
    q: Any,
    axis: int | None = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """The entry at q (n - 1), between two places in proportion."""
    if np.ndim(q) == 1:
        parts = [_quantile(picked, x, one, axis, method, keepdims) for one in np.asarray(q)]
        return np.stack(parts)
    if method != "linear" or np.ndim(q) or not isinstance(axis, int | None):
        raise Untranslatable("a quantile by another method, of several axes or at several places")
    whole = (1,) * x.ndim
    flat, along = (x.ravel(), 0) if axis is None else (x, axis % x.ndim)
    place = float(q) * (flat.shape[along] - 1)
    below, share = math.floor(place), place - math.floor(place)
    places = [below, below + 1] if share else [below]
    order = np.argsort(flat.value, axis=along, kind="stable")
    found = picked(flat, np.take(order, places, axis=along), along)
    weights = np.array([1 - share, share][: len(places)])
    mixed = (found * weights.reshape(-1, *[1] * (flat.ndim - along - 1))).sum(
        axis=along, keepdims=keepdims
    )
    return mixed.reshape(whole) if keepdims and axis is None else mixed


RANKED: dict[Any, Callable[..., Any]] = {
    np.sort: _sort,
    np.partition: _partition,
    np.median: _median,
    np.quantile: _quantile,
    np.percentile: _percentile,
}
"""Functions that pick by rank."""

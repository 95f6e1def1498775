"""Many vectors of space at once, a row for each coordinate: (3, n)."""

from __future__ import annotations

from typing import Any

import numpy as np


def inner(x: Any, y: Any) -> Any:
    """Of each pair: (d, n), (d, n) -> (n,)."""
    return np.einsum("dn,dn->n", x, y)


def cross(x: Any, y: Any) -> Any:
    """Of each pair: (3, n), (3, n) -> (3, n); np.cross takes several times as long."""
    found = np.empty_like(x)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.multiply(x[j], y[k], out=found[i])
        found[i] -= x[k] * y[j]
    return found


def collected(columns: Any, where: Any, count: int) -> Any:
    """The sums of the columns of (d, n) that go to each of `count` places: (count, d)."""
    found = np.empty((count, len(columns)), columns.dtype)
    for place, column in enumerate(columns):
        found[:, place] = np.bincount(where, column, count)
    return found

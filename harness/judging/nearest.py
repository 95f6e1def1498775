"""The point of a polytope that is nearest to 0, where only its extreme points can be asked for.

An active set of extreme points is kept; the point nearest to 0 in what they span takes the place of
the last, or, where it lies outside of them, one of them leaves. Each step brings it nearer, so that
the steps end; rounding is why they are counted.

Source: Wolfe, Finding the nearest point in a polytope (1976).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradparity.problems import Array

_STEPS = 20
"""For each dimension."""
_LEAST = 1e-18
"""A weight that is none."""
_GAIN = 1e-9
"""A share of the square of the distance that is no gain."""


def nearest(
    extreme: Callable[[Array], Array], start: Array, near: Callable[[Array], bool]
) -> Array:
    """Return the nearest point, longdouble (size,), or one that is near enough.

    extreme: direction (size,) -> the extreme point of the polytope farthest against it. start: the
    first direction asked for. near: whether a point is near enough.
    """
    size = len(start)
    points = extreme(start)[None]
    weights = np.ones(1, np.longdouble)
    for _ in range(_STEPS * (size + 1)):
        x = weights @ points
        if near(x):
            return x
        further = extreme(x)
        if x @ further >= (1 - _GAIN) * (x @ x):
            return x
        points, weights = np.vstack([points, further]), np.append(weights, np.longdouble(0))
        while True:
            wanted = _affine(points)
            if np.min(wanted) > _LEAST:
                weights = wanted
                break
            low = wanted <= _LEAST
            ahead = weights[low] / np.maximum(weights[low] - wanted[low], 1e-300)
            weights = weights + min(np.min(ahead), 1) * (wanted - weights)
            kept = weights > _LEAST
            if kept.all():  # rounding: the smallest of those that should leave does
                kept[np.argmin(np.where(low, weights, np.inf))] = False
            points, weights = points[kept], weights[kept] / weights[kept].sum()
            if len(points) == 1:
                break
    return weights @ points


def _affine(points: Array) -> Array:
    """The weights, of sum 1, of the point nearest to 0 in the affine hull of the points."""
    first, edges = points[0], (points[1:] - points[0]).T
    found = np.zeros(len(points) - 1, np.longdouble)
    for _ in range(3):  # the later times for the digits that the first one loses
        left = np.asarray(-(first + edges @ found), np.float64)
        found = found + np.linalg.lstsq(edges.astype(np.float64), left, rcond=None)[0]
    return np.append(1 - found.sum(), found)

"""Directions in the space of parameters: random ones, and those that search for one component."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from gradparity.problems import Array

DIRECTIONS = 4
PARTS = 8


def bisected(weights: Array, errors: Callable[[Array], Array]) -> int:
    """Return the place to which the largest error leads, among len(weights) places.

    errors: takes rows of weights that are zero outside a part of the places; returns one error of
    each row.
    """
    low, high = 0, len(weights)
    while high - low > 1:
        cuts = np.unique(np.linspace(low, high, PARTS + 1).round().astype(int))
        ranges = list(itertools.pairwise(cuts.tolist()))
        parts = np.zeros((len(ranges), len(weights)))
        for part, (start, stop) in zip(parts, ranges, strict=True):
            part[start:stop] = weights[start:stop]
        low, high = ranges[int(np.argmax(errors(parts)))]
    return low


def random_directions(size: int, rng: np.random.Generator, count: int = DIRECTIONS) -> Array:
    """Return directions (count, size) with entries ±{1, 1¼, 1½, 1¾}."""
    signs = rng.choice(np.array((-1.0, 1.0)), (count, size))
    return signs * (1 + rng.integers(0, 4, (count, size)) / 4)

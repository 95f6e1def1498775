"""Functions of several arrays, judged as losses: u · f for cotangents u, drawn or one per entry.

A derivative of f that is wrong anywhere makes the gradient of u · f wrong for every u but those of
a set of measure zero; an error that only one entry of f has is as large in u · f as u there.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from gradparity.problems import Array, InputError

TOLERANCE = "gradparity takes no tolerance, its bound is what rounding may do"
"""Why an argument that is one is not used."""

DRAWN = 2
"""How many cotangents are drawn."""


def cotangents(shapes: Sequence[tuple[int, ...]], every: bool, seed: int) -> Iterator[list[Array]]:
    """Cotangents for results of these shapes: lists of arrays of float32 values, in float64.

    every: one for each entry of the results, 1 there and 0 elsewhere; else `DRAWN` random ones.
    """
    if not every:
        rng = np.random.default_rng((seed, 8))
        for _ in range(DRAWN):
            yield [_drawn(rng, shape) for shape in shapes]
        return
    for k, shape in enumerate(shapes):
        for i in range(int(np.prod(shape))):
            zeros = [np.zeros(shape) for shape in shapes]
            zeros[k].flat[i] = 1.0
            yield zeros


def _drawn(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Of either sign, and none near zero."""
    size = rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)
    return np.asarray(size, np.float32).astype(np.float64)


def ignored(given: Mapping[str, Any], why: Mapping[str, str]) -> None:
    """Say once of each argument that is given, and not None or False, why it is not used."""
    for reason in dict.fromkeys(why.values()):
        names = [x for x, value in given.items() if why[x] == reason and value not in (None, False)]
        if names:
            _said(", ".join(sorted(names)), reason)


@cache
def _said(names: str, reason: str) -> None:
    warnings.warn(f"{names}: not used; {reason}", UserWarning, stacklevel=4)


def some(given: Sequence[Any], what: str) -> None:
    """InputError if nothing is given."""
    if not given:
        raise InputError(f"there is nothing to differentiate: {what}")

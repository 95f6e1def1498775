"""Many seeds summed up: the median and the middle half of a series, step by step.

Descents end at different steps. One that has ended keeps its last loss; one that has diverged
counts as infinitely high from there on, so that a median is high once half of the seeds are lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.results.races.spread import quantile
from gradparity.results.records.descent import Descent

Array = np.ndarray[Any, Any]

POINTS = 240
"""A curve has about so many points: more cannot be seen, and make the files large."""


@dataclass(frozen=True, slots=True, eq=False)
class Quartiles:
    """Quartiles over seeds: x, (K,), and low, middle and high there, (K,), infinite where lost."""

    x: Array
    low: Array
    middle: Array
    high: Array


def quartiles(x: Array, values: Array) -> Quartiles:
    """Return the quartiles of `values`, (n, K), at x, (K,)."""
    return Quartiles(x, *(quantile(values, share) for share in (0.25, 0.5, 0.75)))


def heights(descent: Descent, known: bool) -> Array:
    """Return the losses of a history, above the minimum if it is `known`; infinite where NaN."""
    assert descent.history is not None
    minimum = _finite_minimum(descent) if known else 0.0
    losses = np.asarray(descent.history.losses, float) - minimum
    return np.where(np.isfinite(losses), losses, np.inf)


def over_seeds(descents: Sequence[Descent], axis: str, known: bool) -> Quartiles:
    """Return the quartiles of the loss over seeds.

    axis: "steps", "evaluations" or "seconds", a series of `History` that all of them have.
    known: draw the loss above the minimum.
    """
    xs = [np.asarray(getattr(descent.history, axis), float) for descent in descents]
    grid = thinned(np.unique(np.concatenate(xs)))
    rows = []
    for descent, x in zip(descents, xs, strict=True):
        row = heights(descent, known)[np.clip(np.searchsorted(x, grid, "right") - 1, 0, None)]
        rows.append(np.where(grid > x[-1], np.inf, row) if descent.diverged else row)
    return quartiles(grid, np.stack(rows))


def thinned(x: Array) -> Array:
    """Return those of the ascending `x`, ends among them, that can be told apart on a log axis."""
    if len(x) <= POINTS:
        return x
    smallest = x[x > 0][0]
    places = np.log1p(x / smallest)
    wanted = np.linspace(places[0], places[-1], POINTS)
    return np.asarray(x[np.unique(np.clip(np.searchsorted(places, wanted), 0, len(x) - 1))])


def floor(descents: Sequence[Descent]) -> float:
    """Return the height below which a loss above its minimum is nothing but rounding.

    A loss is known to eps times its own size, so its distance from the minimum to no less than eps
    times the minimum; and what is eps of the first loss has gone as far as anybody looks.
    """
    sizes = [
        float(np.finfo(descent.dtype).eps) * max(abs(first), abs(_finite_minimum(descent)))
        for descent in descents
        if (first := start(descent)) is not None and np.isfinite(first)
    ]
    return max([*sizes, 1e-300])


def _finite_minimum(descent: Descent) -> float:
    """Return the known minimum; 0 where there is none."""
    return 0.0 if descent.minimum is None or descent.unbounded else descent.minimum


def start(descent: Descent) -> float | None:
    """Return the loss at the start; None if it is not known."""
    if descent.first_loss is not None:
        return descent.first_loss
    return float(descent.history.losses[0]) if descent.history is not None else None

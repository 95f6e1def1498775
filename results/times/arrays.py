"""Figures of many cells at once: what `statistics.py` says of one, from arrays, in microseconds.

Cells with equally many samples are the rows of one array. To rounding the figures are those of the
functions that are named; where samples are not paired round by round, those functions are asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gradparity.results.records.record import Sample
from gradparity.results.records.samples import packed_samples
from gradparity.results.times import statistics

LAYOUT = np.dtype(
    [
        *(("round", "<i4"), ("position", "<i4"), ("calls", "<i8")),
        *(("seconds", "<f8"), ("cpu_seconds", "<f8"), ("process", "<i4")),
    ]
)
"""That of `PackedSamples`."""

Array = np.ndarray[Any, Any]
Samples = Sequence[Sample]


def centers(cells: Sequence[Samples]) -> list[float]:
    """Return `statistics.center` of each: seconds per call, infinity of one that was not timed."""
    found = [math.inf] * len(cells)
    for members, table in _alike(cells):
        _put(found, members, np.median(table["seconds"], axis=1))
    return found


def outliers(cells: Sequence[Samples]) -> list[int]:
    """Return `statistics.outliers` of each: how many samples are beyond Tukey's fences."""
    found = [0] * len(cells)
    for members, table in _alike(cells):
        ordered = np.sort(table["seconds"], axis=1)
        n = ordered.shape[1]
        half = (n + 1) // 2
        q1, q3 = (np.median(x, axis=1) for x in (ordered[:, :half], ordered[:, n - half :]))
        with np.errstate(invalid="ignore", over="ignore"):  # infinity has no width to lie within
            low, high = ((q1 - 1.5 * (q3 - q1))[:, None], (q3 + 1.5 * (q3 - q1))[:, None])
            within = (low <= ordered) & (ordered <= high)
        _put(found, members, (~within).sum(axis=1))
    return found


def distinct(cells: Sequence[Samples], what: str) -> list[int]:
    """Return how many values of `what` ("round", "process") the samples of each have."""
    found = [0] * len(cells)
    for members, table in _alike(cells):
        ordered = np.sort(table[what], axis=1)
        _put(found, members, 1 + (np.diff(ordered, axis=1) != 0).sum(axis=1))
    return found


def ratio_estimates(pairs: Sequence[tuple[Samples, Samples]]) -> list[float | None]:
    """Return `statistics.ratio_estimate` of each pair."""
    found: list[float | None] = [None] * len(pairs)
    together = [i for i, (ours, theirs) in enumerate(pairs) if len(ours) == len(theirs) > 0]
    rest = {i for i, pair in enumerate(pairs) if len(pair[0]) != len(pair[1]) and all(pair)}
    for members, ours in _alike([pairs[i][0] for i in together]):
        places = [together[i] for i in members]
        theirs = _table([pairs[i][1] for i in places])
        fit = _paired(ours, theirs)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(ours["seconds"]) - np.log(theirs["seconds"])
            ratios = np.exp(np.median(logs, axis=1))
        _put(found, places, ratios)
        rest |= {i for i, good in zip(places, fit.tolist(), strict=True) if not good}
    for i in rest:
        found[i] = statistics.ratio_estimate(*pairs[i])
    return found


def _paired(ours: Array, theirs: Array) -> Array:
    """Whether the samples of each row share their rounds, each once, and none took no time."""
    rounds = ours["round"]
    once = (np.diff(rounds, axis=1) > 0).all(axis=1)
    took = ((ours["seconds"] > 0) & (theirs["seconds"] > 0)).all(axis=1)
    paired: Array = (rounds == theirs["round"]).all(axis=1) & once & took
    return paired


def _alike(cells: Sequence[Samples]) -> Iterator[tuple[list[int], Array]]:
    """The cells that have equally many samples, and these, (cells, samples)."""
    by_length: dict[int, list[int]] = {}
    for i, samples in enumerate(cells):
        if len(samples):
            by_length.setdefault(len(samples), []).append(i)
    for members in by_length.values():
        yield members, _table([cells[i] for i in members])


def _table(cells: Sequence[Samples]) -> Array:
    packed = b"".join(packed_samples(samples) for samples in cells)
    return np.frombuffer(packed, LAYOUT).reshape(len(cells), -1)


def _put(found: list[Any], members: Sequence[int], figures: Array) -> None:
    for i, figure in zip(members, figures.tolist(), strict=True):
        found[i] = figure

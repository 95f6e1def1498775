"""A run in one line per backend: its time over the reference's, over all cases.

A library is represented by its faster row, portable or idiomatic, in every case: nobody can say
that it was slowed down by a loss written for somebody else. The mean of ratios is geometric, so
that it does not matter which of two backends is the reference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gradparity.results.records.record import Cell, Run
from gradparity.results.times.arrays import centers, ratio_estimates
from gradparity.results.times.reference import Key, case, overall


@dataclass(frozen=True, slots=True)
class Summary:
    """Ratios of one backend's time to the reference's, each by its faster row.

    cases: how many both were timed in; mean: the geometric mean; low, high: the extremes, and the
    problem and size at which they occur.
    """

    backend: str
    cases: int
    mean: float
    low: float
    low_at: str
    high: float
    high_at: str


def summaries(run: Run, cells: Sequence[Cell]) -> list[Summary]:
    """Return one Summary per backend other than the reference that shares timed cases with it.

    The reference is that of `overall`.
    """
    reference = overall(run, cells)
    best: dict[Key, dict[str, Cell]] = {}
    medians = dict(zip(map(id, cells), centers([cell.samples for cell in cells]), strict=True))
    for cell in cells:
        if cell.samples:
            by_backend = best.setdefault(case(cell), {})
            rival = by_backend.get(cell.backend)
            if rival is None or medians[id(cell)] < medians[id(rival)]:
                by_backend[cell.backend] = cell
    found = []
    for backend in dict.fromkeys(cell.backend for cell in cells):
        both = [
            (of[backend], of[reference])
            for of in best.values()
            if backend != reference and {backend, reference} <= of.keys()
        ]
        estimates = ratio_estimates([(ours.samples, theirs.samples) for ours, theirs in both])
        ratios = {
            f"{ours.problem} {ours.size}": ratio
            for (ours, _), ratio in zip(both, estimates, strict=True)
            if ratio
        }
        if ratios:
            low, high = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
            mean = math.exp(math.fsum(map(math.log, ratios.values())) / len(ratios))
            found.append(Summary(backend, len(ratios), mean, ratios[low], low, ratios[high], high))
    return found

"""The descents that a view of a race shows, at the steps to play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.harness.report.material.looks import MarkStyle
from gradparity.harness.report.material.stored_view import shown
from gradparity.harness.report.races.race_entries import ReportedRace
from gradparity.results.records.descent import Descent

MOST = 120
"""Steps to play at most: those of longer descents are thinned, first and last kept."""
DIGITS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Walker:
    """One descent that is shown. at: the places in its history of each step to play."""

    name: str
    look: MarkStyle
    descent: Descent
    at: Any


def walkers_of(race: ReportedRace, found: Mapping[str, tuple[Any, Descent]]) -> list[Walker]:
    """Return those of these descents, (contender, descent) by name, that have a history."""
    steps = [np.asarray(d.history.steps, float) for _, d in found.values() if d.history]
    if not steps:
        return []
    every = np.unique(np.concatenate(steps))
    kept = every[np.unique(np.linspace(0, len(every) - 1, MOST + 1).round().astype(int))]
    walkers = []
    for (name, (who, descent)), own in zip(found.items(), steps, strict=True):
        last = int(np.searchsorted(kept, own[-1]))
        at = np.clip(np.searchsorted(own, kept[: last + 1], "right") - 1, 0, len(own) - 1)
        walkers.append(Walker(shown(name), race.looks[who], descent, at))
    return walkers


def way(walker: Walker) -> Any:
    """Return where it was at each step to play, (K, P); () where no path is kept."""
    history = walker.descent.history
    assert history is not None
    return np.zeros(0) if history.path is None else np.asarray(history.path, float)[walker.at]


def rounded(values: Any) -> list[float]:
    """Round to so many digits as a picture shows."""
    found = np.asarray(values, float)
    with np.errstate(all="ignore"):
        size = np.where(np.isfinite(found) & (found != 0), np.abs(found), 1.0)
        place = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
        return list(np.where(np.isfinite(place), np.round(found * place) / place, found).tolist())

"""Trials of tuning told from the race: who was tuned, to what, and what that cost."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run

FIRST_SEED = 1_000_000_000
"""Seeds from here on are those of trials."""
EDGE = 0.1
"""A best trial in the outer tenth of its range may lie at the edge of what is good."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What tuning found for one optimiser on one problem.

    settings: option -> value of the best trial, "lr" the rate. trials: how many were drawn, in how
    many descents, with so many evaluations in all. edges: the options whose best lies at the edge
    of their range, and which way to extend it: "lr up".
    """

    settings: Mapping[str, float]
    trials: int
    descents: int
    evaluations: int
    edges: tuple[str, ...]


def is_trial(descent: Descent) -> bool:
    """Whether it was made to tune."""
    return descent.seed >= FIRST_SEED


def raced(run: Run, descents: Iterable[Descent]) -> list[Descent]:
    """Return the descents of the race, without what tuning chose among their options.

    So an optimiser is one contender on all problems, whatever it was tuned to on each.
    """
    names = set(_ranges(run))
    return [
        replace(d, options={k: v for k, v in d.options.items() if k not in names}) if names else d
        for d in descents
        if not is_trial(d)
    ]


def tuned(run: Run, descents: Sequence[Descent]) -> dict[tuple[str, ...], Tuned]:
    """Return what tuning found, by (problem, size, dtype, backend, optimizer); {} without any."""
    ranges = _ranges(run)
    found: dict[tuple[str, ...], Tuned] = {}
    if not ranges:
        return found
    tried: dict[tuple[str, ...], list[Descent]] = {}
    for descent in descents:
        if is_trial(descent):
            tried.setdefault(entrant(descent), []).append(descent)
    for descent in descents:
        key = entrant(descent)
        if is_trial(descent) or key in found or key not in tried:
            continue
        settings = {k: float(v) for k, v in descent.options.items() if k in ranges}
        if descent.rate is not None and "lr" in ranges:
            settings = {"lr": descent.rate, **settings}
        found[key] = Tuned(
            settings,
            len({json.dumps([d.rate, d.options], sort_keys=True) for d in tried[key]}),
            len(tried[key]),
            sum(d.evaluations for d in tried[key]),
            tuple(_edges(settings, ranges)),
        )
    return found


def entrant(descent: Descent) -> tuple[str, ...]:
    """Return whom the tuning of a descent is for."""
    found = descent
    return found.problem, found.size, found.dtype, found.backend, found.optimizer


def _edges(
    settings: Mapping[str, float], ranges: Mapping[str, tuple[float, float, bool]]
) -> list[str]:
    found = []
    for name, value in settings.items():
        low, high, log = ranges[name]
        share = (value - low) / (high - low)
        if log:
            share = math.log(value / low) / math.log(high / low)
        if share < EDGE or share > 1.0 - EDGE:
            found.append(f"{name} {'down' if share < EDGE else 'up'}")
    return found


def _ranges(run: Run) -> dict[str, tuple[float, float, bool]]:
    """Option -> (low, high, whether logarithmic), as the run was told to tune; {} if it was not."""
    found: dict[str, tuple[float, float, bool]] = {}
    if not run.options.get("tune"):
        return found
    for part in str(run.options.get("space", "")).split(","):
        name, _, rest = part.partition("=")
        ends = rest.strip().split(":")
        if len(ends) >= 2:
            name = name.strip().rpartition(".")[2]
            name = "lr" if name == "rate" else name
            found[name] = (float(ends[0]), float(ends[1]), ends[2:] == ["log"])
    return found

"""Two races side by side: what a change did to each optimiser on each problem.

Descents are paired by problem, size, dtype, batch, backend, optimiser and seed, each optimiser at
its best setting of either race on the other
seeds. Where neither came to the target, the lower end is the better one,
as in `differences.py`, whose sign test and correction are used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from gradparity.results.races.contenders import outcome, tuned_on_others
from gradparity.results.races.differences import LEVEL, TAU, holm, sign_test
from gradparity.results.races.targets import Goal, goals, reached
from gradparity.results.records.descent import Descent

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RaceChange:
    """One optimiser on one problem, before and after.

    before, after: median evaluations to τ over the seeds that both have, infinite if never. ratio:
    median of after over before where both came there, None where they never did. better, worse:
    seeds on which after is. p: of the sign test; adjusted: by Holm, over all rows.
    """

    problem: str
    size: str
    dtype: str
    backend: str
    optimizer: str
    seeds: int
    before: float
    after: float
    ratio: float | None
    better: int
    worse: int
    p: float = 1.0
    adjusted: float = 1.0

    @property
    def verdict(self) -> str:
        """Return "better", "worse", "same" where no seed differs, or "open"."""
        if self.adjusted <= LEVEL:
            return "better" if self.better > self.worse else "worse"
        return "open" if self.better or self.worse else "same"


@dataclass(frozen=True, slots=True)
class RaceComparison:
    """What both races have, and what only one has: (problem, size, dtype, backend, optimiser)."""

    changes: tuple[RaceChange, ...]
    gone: tuple[Key, ...]
    new: tuple[Key, ...]


def compare_races(before: Sequence[Descent], after: Sequence[Descent]) -> RaceComparison:
    """Return what changed. f* is that of both races together, where it is not known."""
    both = [*before, *after]
    goal = {(d.problem, d.size, d.seed): g for d, g in zip(both, goals(both), strict=True)}
    old, new = _grouped(before), _grouped(after)
    changes = []
    for key, made in old.items():
        if key in new:
            seeds = sorted(set(made) & set(new[key]))
            pairs = [(_cost(made[s], goal), _cost(new[key][s], goal)) for s in seeds]
            changes.append(_change(key, pairs))
    adjusted = holm([one.p for one in changes])
    return RaceComparison(
        tuple(replace(one, adjusted=p) for one, p in zip(changes, adjusted, strict=True)),
        tuple(key for key in old if key not in new),
        tuple(key for key in new if key not in old),
    )


def compare_all(races: Sequence[Sequence[Descent]]) -> list[RaceComparison]:
    """Return each race after the first beside it. Holm's correction is over the rows of all."""
    found = [compare_races(races[0], other) for other in races[1:]]
    adjusted = iter(holm([change.p for one in found for change in one.changes]))
    return [
        replace(
            one, changes=tuple(replace(change, adjusted=next(adjusted)) for change in one.changes)
        )
        for one in found
    ]


def _grouped(descents: Sequence[Descent]) -> dict[Key, dict[int, Descent]]:
    found: dict[Key, list[Descent]] = {}
    for d in descents:
        batch = "" if d.batch is None else f" batch {d.batch}"
        key = (d.problem, d.size + batch, d.dtype, d.backend, d.optimizer)
        found.setdefault(key, []).append(d)
    return {key: tuned_on_others(made) or {d.seed: d for d in made} for key, made in found.items()}


def _cost(descent: Descent, goal: dict[tuple[str, str, int], Goal | None]) -> tuple[float, float]:
    its = goal[descent.problem, descent.size, descent.seed]
    evaluations = reached(descent, its, [TAU])[0].evaluations
    if math.isfinite(evaluations):
        return evaluations, 0.0
    end = outcome(descent)
    return math.inf, math.inf if math.isnan(end) else end


def _change(key: Key, pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> RaceChange:
    better, worse = sum(b < a for a, b in pairs), sum(a < b for a, b in pairs)
    ratios = [b[0] / a[0] for a, b in pairs if math.isfinite(a[0] + b[0]) and a[0] > 0.0]
    problem, size, dtype, backend, optimizer = key
    return RaceChange(
        *(problem, size, dtype, backend, optimizer),
        len(pairs),
        _median([a[0] for a, _ in pairs]),
        _median([b[0] for _, b in pairs]),
        median(ratios) if ratios else None,
        better,
        worse,
        sign_test(better, worse),
    )


def _median(figures: list[float]) -> float:
    found = sorted(figures)
    return found[len(found) // 2] if found else math.nan

"""Who is compared with whom: contenders, within a race.

A *race* is between descents under equal *conditions*, without which a comparison means nothing:
problem, size, backend, who moved the parameters, dtype and batch. A *contender* is an optimiser
with its options and schedule. Its rate is not part of it: where several were tried, it takes part
with the best of each race.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from sys import float_info
from typing import Any

import numpy as np

from gradparity.results.colours.optimizers import KNOWN
from gradparity.results.races.quartiles import floor
from gradparity.results.races.spread import quantile
from gradparity.results.races.targets import TAUS, Goal, escape, reached, with_unbounded
from gradparity.results.records.descent import Descent
from gradparity.results.words import wording

HARDEST = TAUS[-1]

LONGEST = 44
"""Letters of a label; the middle of a longer one is left out."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What its contenders have in common; fields as in `Descent`."""

    problem: str
    size: str
    backend: str
    how: str
    dtype: str
    batch: int | None


@dataclass(frozen=True, slots=True)
class Contender:
    """An optimiser as it was asked for; options: name and value, in words, by name."""

    optimizer: str
    options: tuple[tuple[str, str], ...]
    schedule: str


def conditions(descent: Descent) -> Conditions:
    """Return the race that a descent took part in, by what it has in common."""
    found = descent
    return Conditions(found.problem, found.size, found.backend, found.how, found.dtype, found.batch)


def contender(descent: Descent) -> Contender:
    """Return who descended."""
    options = ((name, wording.printable(str(value))) for name, value in descent.options.items())
    return Contender(descent.optimizer, tuple(sorted(options)), descent.schedule)


def races(descents: Iterable[Descent]) -> dict[Conditions, dict[Contender, list[Descent]]]:
    """Group descents by race, in the order of appearance, and by contender, in that of the palette.

    The descents of a contender are all that it made, at every rate and from every seed. A history
    without an entry, of who ended before the first loss was known, is as good as none.
    """
    found: dict[Conditions, dict[Contender, list[Descent]]] = {}
    for descent in with_unbounded(list(descents)):
        if descent.history is not None and not len(descent.history.steps):
            descent = replace(descent, history=None)
        members = found.setdefault(conditions(descent), {})
        members.setdefault(contender(descent), []).append(descent)
    order = in_order(who for members in found.values() for who in members)
    return {
        which: {who: members[who] for who in order if who in members}
        for which, members in found.items()
    }


def in_order(found: Iterable[Contender]) -> list[Contender]:
    """Return each contender once: optimisers that we know first, in the order of the palette."""
    places = {name: place for place, name in enumerate(KNOWN)}
    return sorted(dict.fromkeys(found), key=lambda who: places.get(who.optimizer, len(places)))


def labels(found: Sequence[Contender]) -> dict[Contender, str]:
    """Name contenders; options and schedule only where an optimiser takes part more than once.

    Whose iterates are averaged is always said: its losses are others.
    """
    names = {}
    for who in found:
        others = [other for other in found if other.optimizer == who.optimizer and other != who]
        shared = set(who.options).intersection(*(other.options for other in others))
        told = [
            f"{name}={value}"
            for name, value in who.options
            if (name, value) not in shared or name == "average"
        ]
        if any(other.schedule != who.schedule for other in others):
            told.append(who.schedule)
        more = f" ({', '.join(told)})" if told else ""
        names[who] = short(wording.printable(who.optimizer) + more)
    return names


def race_names(found: Sequence[Conditions]) -> dict[Conditions, str]:
    """Name races by their problem and by what else tells them apart: "xor-tanh small, jax"."""

    def several(field: str, among: Iterable[Conditions]) -> bool:
        return len({getattr(other, field) for other in among}) > 1

    names = {}
    for which in found:
        alike = [other for other in found if other.problem == which.problem]
        words = which.problem + (f" {which.size}" if several("size", alike) else "")
        parts = [words]
        parts += [which.backend] if several("backend", found) else []
        same = [other for other in found if other.backend == which.backend]
        parts += [which.how] if several("how", same) else []
        parts += [which.dtype] if several("dtype", found) else []
        if several("batch", alike):
            parts.append("all cases" if which.batch is None else f"batch {which.batch}")
        names[which] = short(wording.printable(", ".join(parts)))
    return names


def short(words: str) -> str:
    """Return `words` with the middle left out if they are too long for a picture."""
    if len(words) <= LONGEST:
        return words
    return f"{words[: LONGEST - 13].rstrip()} … {words[-10:].lstrip()}"


def outcome(descent: Descent) -> float:
    """Return the loss at the end, above the minimum where that is known; infinite if it diverged.

    Of a loss without a minimum it is how many steps its escape took. NaN where nothing was
    descended.
    """
    if descent.unbounded and descent.first_loss is not None:
        return escape(descent).steps
    if descent.diverged:
        return math.inf
    if descent.final_loss is None:
        return math.nan
    found = descent.final_loss - (descent.minimum or 0.0)
    return found if math.isfinite(found) else math.inf


def by_rate(descents: Iterable[Descent]) -> dict[float | None, list[Descent]]:
    """Group descents that came to something by learning rate, the smallest first."""
    found: dict[float | None, list[Descent]] = {}
    for descent in descents:
        if not math.isnan(outcome(descent)):
            found.setdefault(descent.rate, []).append(descent)
    return dict(sorted(found.items(), key=lambda item: -1.0 if item[0] is None else item[0]))


def rank(descents: Sequence[Descent]) -> tuple[float, float, float, float]:
    """Return what orders contenders, or rates, over their seeds: smallest first, best first.

    That is the median loss at the end (of steps to the escape, where there is no minimum), lowest
    for those that reached the target; losses that are those of a known minimum to rounding are
    equal. Among equals it is the median number of steps to `HARDEST` of the way, where the minimum
    is known; then that of all steps; then the share that diverged. Medians are those that tables
    and pictures show (`spread.quantile`).
    """
    rounding = floor(descents)
    costs = [0.0 if d.minimum is None or d.unbounded else _cost(d, d.minimum) for d in descents]
    lost = sum(descent.diverged for descent in descents) / len(descents)
    ends = [_end(descent, rounding) for descent in descents]
    return _median(ends), _median(costs), _median([d.steps for d in descents]), lost


def _end(descent: Descent, rounding: float) -> float:
    if descent.status == "target":
        return -float_info.max  # below every loss; of it and a failure the median is still infinite
    found = outcome(descent)
    return found if descent.minimum is None else max(found, rounding)


def _median(figures: Sequence[Any]) -> float:
    return float(quantile(np.asarray(figures, float), 0.5))


def _cost(descent: Descent, minimum: float) -> float:
    return reached(descent, Goal(minimum, True), [HARDEST])[0].steps


def tuned(descents: Iterable[Descent]) -> list[Descent]:
    """Return the descents of a contender at its best rate, by seed; [] where none came to anything.

    Where all rates diverged, that is the smallest one.
    """
    found = by_rate(descents)
    if not found:
        return []
    alive = {rate: members for rate, members in found.items() if rank(members)[0] < math.inf}
    best = min(alive, key=lambda rate: rank(alive[rate])) if alive else next(iter(found))
    return sorted(found[best], key=lambda descent: descent.seed)


def tuned_on_others(descents: Iterable[Descent]) -> dict[int, Descent]:
    """Return the descent from each seed, at the rate that is best on all the other seeds.

    What a rate was chosen for on a seed flatters it there. From a seed that no rate but one was
    tried from, or that is the only one, it is the descent of `tuned`. {} where none came to
    anything.
    """
    found = by_rate(descents)
    seeds = {descent.seed for made in found.values() for descent in made}
    if len(found) < 2 or len(seeds) < 2:
        return {d.seed: d for d in tuned(d for made in found.values() for d in made)}
    chosen = {}
    for seed in sorted(seeds):
        there = {d.rate: d for made in found.values() for d in made if d.seed == seed}
        best = tuned(d for made in found.values() for d in made if d.seed != seed)
        rate = best[0].rate if best else None
        chosen[seed] = there.get(rate, next(iter(there.values())))
    return chosen


def part_of(shown: Sequence[Sequence[object]], everything: Sequence[Sequence[object]]) -> str:
    """Say how many panels of a race's are shown, where it is not all; "" where it is."""
    part, whole = (sum(map(len, groups)) for groups in (shown, everything))
    return "" if part == whole else f" Here {part} of {whole} optimisers; the title is of all."

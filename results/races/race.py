"""Descents, summed up: one line for each optimiser and rate, over its seeds.

The order of the lines is that of the race: the best entrant first.

A *contest* is what is comparable: one problem, size, dtype, batch and schedule. An *entrant* is a
backend with an optimiser and its options; it has a line for each rate that it raced at.

The best rate of an entrant is the one with the lowest median loss at the end; losses that are those
of the minimum to rounding are equal, and then the fewest steps to the hardest τ decide (`rank` in
`races/contenders.py`). Rates are *good* that get within a tenth of the way that the
best one goes (`races/rates.py`); the pictures show the same best and good rates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gradparity.results.races.contenders import outcome, rank
from gradparity.results.races.differences import TAU
from gradparity.results.races.heights import Height
from gradparity.results.races.rates import heights_at_end, sensitivity
from gradparity.results.races.spread import Spread, spread
from gradparity.results.races.targets import (
    TAUS,
    Goal,
    Reached,
    escape,
    goals,
    reached,
    with_unbounded,
)
from gradparity.results.races.tuning import Tuned, entrant
from gradparity.results.records.descent import Descent


@dataclass(frozen=True, slots=True)
class Standing:
    """One optimiser at one rate with one backend, over seeds.

    steps, evaluations, seconds: one spread for each of `TAUS`; infinite where the median seed never
        got there; seconds are None where time was not measured.
    final_loss: of all cases, at the end. accuracy: None without cases that are answered.
    escape: steps and evaluations until a loss without a minimum had fallen away; None where there
        is a minimum.
    tuned: what finding its setting cost, by trials or a grid of rates; None where it was given.
    held_out: the loss of cases held out, at the end; None where none are.
    solved: how many of the descents came to f* + 1e-3 (f0 - f*).
    best: whether it is the best rate of its entrant. good: the lowest and the highest rate of those
        around the best that are good; None unless several rates were raced and this is the best.
    """

    descents: tuple[Descent, ...]
    steps: tuple[Spread, ...]
    evaluations: tuple[Spread, ...]
    seconds: tuple[Spread, ...] | None
    final_loss: Spread
    accuracy: Spread | None
    escape: tuple[Spread, Spread] | None = None
    tuned: Tuned | None = None
    held_out: Spread | None = None
    solved: int = 0
    best: bool = False
    good: tuple[float, float] | None = None

    @property
    def first(self) -> Descent:
        """A descent of this line, for what all of them share."""
        return self.descents[0]

    @property
    def entrant(self) -> tuple[str, str]:
        """Backend and optimiser with its options: "adam (beta2=0.99)"."""
        return self.first.backend, named(self.first.optimizer, self.first.options)


@dataclass(frozen=True, slots=True)
class Contest:
    """What is comparable. goals: f* of each instance. seeds: how many instances."""

    problem: str
    size: str
    parameters: int
    dtype: str
    batch: int | None
    schedule: str
    seeds: int
    goals: tuple[Goal, ...]
    standings: tuple[Standing, ...] = field(default=())

    @property
    def unbounded(self) -> bool:
        """Whether the loss has no minimum, from any start."""
        return bool(self.goals) and all(goal.unbounded for goal in self.goals)

    @property
    def entrants(self) -> int:
        """How many compete; with fewer than there are lines, several rates were raced."""
        return len({standing.entrant for standing in self.standings})


def named(optimizer: str, options: dict[str, Any]) -> str:
    """Return "adam", or with options that were named "adam (beta2=0.99)"."""
    told = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"{optimizer} ({told})" if told else optimizer


def contests(
    descents: Sequence[Descent], found: Mapping[tuple[str, ...], Tuned] | None = None
) -> list[Contest]:
    """Return the contests, in the order of their first descents; best rates are marked.

    descents: of the race, without trials; found: what those found, see `tuning.py`.
    """
    made = with_unbounded(descents)
    paired = list(zip(made, goals(made), strict=True))
    grouped: dict[object, list[tuple[Descent, Goal | None]]] = {}
    for descent, goal in paired:
        key = (descent.problem, descent.size, descent.dtype, descent.batch, descent.schedule)
        grouped.setdefault(key, []).append((descent, goal))
    return [_contest(members, found or {}) for members in grouped.values()]


def _contest(
    members: list[tuple[Descent, Goal | None]], tuned: Mapping[tuple[str, ...], Tuned]
) -> Contest:
    first = members[0][0]
    by_line: dict[object, list[tuple[Descent, Goal | None]]] = {}
    for descent, goal in members:
        key = (descent.backend, descent.optimizer, repr(descent.options), descent.rate)
        by_line.setdefault(key, []).append((descent, goal))
    lines = [_standing(found) for found in by_line.values()]
    lines = [replace(line, tuned=tuned.get(entrant(line.first))) for line in lines]
    by_seed = {d.seed: goal for d, goal in members if goal is not None}
    return Contest(
        problem=first.problem,
        size=first.size,
        parameters=max(descent.parameters for descent, _ in members),
        dtype=first.dtype,
        batch=first.batch,
        schedule=first.schedule,
        seeds=len({descent.seed for descent, _ in members}),
        goals=tuple(by_seed.values()),
        standings=tuple(_with_best(lines)),
    )


def _standing(members: list[tuple[Descent, Goal | None]]) -> Standing:
    descents = tuple(descent for descent, _ in members)
    took = [reached(descent, goal) for descent, goal in members]
    timed = all(found[0].seconds is not None for found in took)
    return Standing(
        descents=descents,
        steps=_spreads(took, "steps"),
        evaluations=_spreads(took, "evaluations"),
        seconds=_spreads(took, "seconds") if timed else None,
        final_loss=_spread(descent.final_loss for descent in descents),
        accuracy=_accuracy(descents),
        escape=_escapes(members),
        held_out=_held_out(descents),
        solved=sum(math.isfinite(ways[TAUS.index(TAU)].steps) for ways in took),
    )


def _accuracy(descents: Sequence[Descent]) -> Spread | None:
    """The spread of accuracies; what failed or diverged is as bad as can be."""
    if all(descent.accuracy is None for descent in descents):
        return None
    found = _spread(None if d.accuracy is None else -d.accuracy for d in descents)
    return Spread(-found.median, -found.high, -found.low, found.count)


def _held_out(descents: Sequence[Descent]) -> Spread | None:
    looks = [d.history.looks for d in descents if d.history is not None and d.history.looks]
    last = [float(one.held_out[-1]) for one in looks]
    return spread(last) if last and not all(map(math.isnan, last)) else None


def _escapes(members: list[tuple[Descent, Goal | None]]) -> tuple[Spread, Spread] | None:
    if not all(goal is not None and goal.unbounded for _, goal in members):
        return None
    found = [escape(descent) for descent, _ in members]
    return _spread(one.steps for one in found), _spread(one.evaluations for one in found)


def _spreads(took: list[list[Reached]], name: str) -> tuple[Spread, ...]:
    return tuple(_spread(getattr(found[i], name) for found in took) for i in range(len(TAUS)))


def _spread(figures: Iterable[float | None]) -> Spread:
    found = spread(figures)
    assert found is not None  # a line has at least one descent
    return found


def _with_best(lines: list[Standing]) -> list[Standing]:
    """The entrants from best to worst, each with its rates from low to high."""
    entrants: dict[tuple[str, str], list[Standing]] = {}
    for standing in sorted(lines, key=lambda standing: standing.first.rate or 0.0):
        entrants.setdefault(standing.entrant, []).append(standing)
    heights = _heights(lines) if len(entrants) < len(lines) else {}
    bests = [(min(rates, key=_order), rates) for rates in entrants.values()]
    found = []
    for best, rates in sorted(bests, key=lambda pair: (_order(pair[0]), pair[0].entrant)):
        good = _good(rates, heights[best.first.backend]) if len(rates) > 1 else None
        found += [
            replace(
                one,
                best=one is best,
                good=good if one is best else None,
                tuned=_of_grid(rates, best) if one is best and len(rates) > 1 else one.tuned,
            )
            for one in rates
        ]
    return found


def _of_grid(rates: list[Standing], best: Standing) -> Tuned:
    """What a grid of rates cost, ascending, and whether its best is its first or its last."""
    made = [descent for standing in rates for descent in standing.descents]
    edges = ["lr down"] * (best is rates[0]) + ["lr up"] * (best is rates[-1])
    return Tuned(
        {"lr": best.first.rate or 0.0},
        len(rates),
        len(made),
        sum(descent.evaluations for descent in made),
        tuple(edges) if best.good is not None or len(rates) > 2 else (),
    )


def _order(standing: Standing) -> tuple[float, ...]:
    """The better, the smaller; a descent that failed is as bad as one that diverged."""
    made = [descent for descent in standing.descents if not math.isnan(outcome(descent))]
    return rank(made) if made else (math.inf,) * 4


def _good(rates: list[Standing], height: Height) -> tuple[float, float] | None:
    """The lowest and the highest of the good rates, as `races/rates.py` has them."""
    found = sensitivity([descent for standing in rates for descent in standing.descents], height)
    if found is None or found.good is None:
        return None
    low, high = (float(found.rates[i]) for i in found.good)
    return low, high


def _heights(lines: list[Standing]) -> dict[str, Height]:
    """The axis of losses of each backend."""
    made: dict[str, list[Descent]] = {}
    for standing in lines:
        made.setdefault(standing.first.backend, []).extend(standing.descents)
    return {backend: heights_at_end(descents) for backend, descents in made.items()}

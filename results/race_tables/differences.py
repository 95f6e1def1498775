"""What is said of optimisers against each other: who is better than whom, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradparity.results.races.differences import (
    MOST,
    TAU,
    PairedDifference,
    differences,
    fewest_problems,
)
from gradparity.results.races.instances import field
from gradparity.results.races.targets import name
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw

FEWEST = 6
"""Instances: of fewer not even all can decide anything, 2/2⁵ being more than 5 %."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Descents alike in backend and dtype, compared. title: with how many instances, for people.

    pairs: all of them. lines: (contender, whom it is better than, what is open), the best first.
    """

    title: str
    pairs: tuple[PairedDifference, ...]
    lines: tuple[tuple[str, str, str], ...]


def rankings(descents: Sequence[Descent]) -> list[Ranking]:
    """Return one for each backend and dtype in which two contenders share instances enough."""
    groups: dict[tuple[str, str], list[Descent]] = {}
    for descent in descents:
        groups.setdefault((descent.backend, descent.dtype), []).append(descent)
    found = []
    for (backend, dtype), made in groups.items():
        try:
            compared = field(made)
        except NothingToDraw:
            continue
        count = len(compared.parameters)
        if count < FEWEST:
            continue
        pairs = tuple(differences(compared))
        where = f", {backend} {dtype}" if len(groups) > 1 else ""
        problems = f"{compared.problems} problem{'s' * (compared.problems != 1)}"
        grid = any(len(rates) > 1 for rates in _rates(made).values())
        each = ", each at the rate that is best on the other seeds" * grid
        title = (
            f"who is better, on {count} instances of {problems}{where}{each}: fewer evaluations to "
            f"τ = {name(TAU)}, else lower at the end; sign test, Holm over "
            f"{len(pairs)} pair{'s' * (len(pairs) != 1)}, 5 %; {_beyond(pairs, compared.problems)}"
        )
        found.append(Ranking(title, pairs, tuple(_lines(pairs))))
    return found


def sentences(ranking: Ranking) -> list[str]:
    """Return a line for each contender: "adam  is better than gd (31:9); open: lion (22:18)"."""
    width = max(len(who) for who, _, _ in ranking.lines)
    return [
        f"{who:<{width}}  is better than {better}" + (f"; open: {rest}" if rest != "–" else "")
        for who, better, rest in ranking.lines
    ]


def _rates(made: Sequence[Descent]) -> dict[tuple[str, str], set[float | None]]:
    """The rates of each optimiser on each problem."""
    found: dict[tuple[str, str], set[float | None]] = {}
    for d in made:
        found.setdefault((d.problem, d.optimizer), set()).add(d.rate)
    return found


def _beyond(pairs: Sequence[PairedDifference], problems: int) -> str:
    """Say what holds of other problems than these."""
    fewest = fewest_problems(len(pairs))
    if problems < fewest:
        return (
            f"of these problems alone: of others nothing could be said before {fewest} had agreed"
        )
    return "*: over problems too, each counted once, sign test, Holm, 5 %"


def _lines(pairs: Sequence[PairedDifference]) -> list[tuple[str, str, str]]:
    names = dict.fromkeys(name for one in pairs for name in (one.first, one.second))
    wins = dict.fromkeys(names, 0)
    for one in pairs:
        wins[one.first] += one.wins
        wins[one.second] += one.losses
    order = sorted(names, key=lambda who: (-wins[who], who))
    place = {who: i for i, who in enumerate(order)}
    found = []
    for who in order:
        better = [one for one in pairs if one.decided and one.first == who]
        better.sort(key=lambda one: place[one.second])
        mine = [one for one in pairs if not one.decided and who in (one.first, one.second)]
        behind = [one for one in mine if place[_other(one, who)] > place[who]]
        behind.sort(key=lambda one: place[_other(one, who)])
        found.append(
            (
                who,
                ", ".join(_beaten(one) for one in better) or "nobody",
                ", ".join(f"{_other(one, who)} {_open(one, who)}" for one in behind) or "–",
            )
        )
    return found


def _beaten(one: PairedDifference) -> str:
    return f"{one.second} ({one.wins}:{one.losses}){'*' * one.general}"


def _other(one: PairedDifference, who: str) -> str:
    return one.second if one.first == who else one.first


def _open(one: PairedDifference, who: str) -> str:
    score = f"{one.wins}:{one.losses}" if one.first == who else f"{one.losses}:{one.wins}"
    if one.wins == one.losses:
        return f"({score})"
    if one.seeds is None:
        return f"({score}; more than {MOST:,} instances)"
    return f"({score}; {one.seeds:,} seeds)"

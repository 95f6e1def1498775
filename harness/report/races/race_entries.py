"""The races of a report's training: who took part, and the descents that a view shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradparity.harness.report.material.looks import MarkStyle, as_look
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import options
from gradparity.results.races import contenders
from gradparity.results.races.contenders import Contender, by_rate, tuned
from gradparity.results.races.tuning import raced
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run
from gradparity.results.training_pictures.styles import styles_of
from gradparity.results.words.wording import plain

BEST = "best"
"""The choice of who is shown: everybody, each at the best rate."""


@dataclass(frozen=True, slots=True, eq=False)
class ReportedRace:
    """One race. option: its value in a control, and its words; looks: how each is drawn.

    names: of the contenders. members: all descents of each.
    """

    run: Run
    option: tuple[str, str]
    problem: str
    members: Mapping[Contender, Sequence[Descent]]
    names: Mapping[Contender, str]
    looks: Mapping[Contender, MarkStyle]

    @property
    def descents(self) -> list[Descent]:
        """All descents of the race."""
        return [descent for made in self.members.values() for descent in made]

    def best(self) -> dict[Contender, Descent]:
        """Each at its best rate, from the start that most of them have a history of."""
        found = {who: [d for d in tuned(made) if d.history] for who, made in self.members.items()}
        seeds = [descent.seed for made in found.values() for descent in made]
        if not seeds:
            return {}
        seed = max(sorted(set(seeds)), key=seeds.count)
        mine = {who: [d for d in made if d.seed == seed] for who, made in found.items()}
        return {who: made[0] for who, made in mine.items() if made}

    def at_rates(self) -> dict[tuple[Contender, float | None], Descent]:
        """Each at every rate, from its lowest seed with a history."""
        return {
            (who, rate): min(begun, key=lambda descent: descent.seed)
            for who, made in self.members.items()
            for rate, descents in by_rate(made).items()
            if (begun := [d for d in descents if d.history])
        }


def reported_races(material: Material) -> list[ReportedRace]:
    """Return the races of all runs of training that have a history."""
    found = []
    for of in material.raced:
        races = contenders.races(raced(of.run, of.descents))
        names = contenders.race_names(list(races))
        for which, members in races.items():
            if any(descent.history for made in members.values() for descent in made):
                found.append((of.run, names[which], which.problem, members))
    several = len(material.raced) > 1
    keys = options([f"{name}, run {run.id}" if several else name for run, name, *_ in found])
    return [
        ReportedRace(
            *(run, option, problem, members, contenders.labels(list(members))),
            {who: as_look(style) for who, style in styles_of(list(members)).items()},
        )
        for option, (run, _, problem, members) in zip(keys, found, strict=True)
    ]


def entry(race: ReportedRace, who: Contender, rate: float | None) -> str:
    """Name a contender at a rate: "adam, 0.01"."""
    return race.names[who] if rate is None else f"{race.names[who]}, {plain(rate)}"


def entry_options(races: Sequence[ReportedRace]) -> dict[str, tuple[str, str]]:
    """Return name -> (value, words) of everybody at every rate, of all races together."""
    names = [entry(race, *key) for race in races for key in race.at_rates()]
    each = list(dict.fromkeys(names))
    return dict(zip(each, options(each), strict=True))

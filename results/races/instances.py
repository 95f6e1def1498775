"""Which instances profiles compare: those that all of the optimisers took part in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradparity.results.races import contenders
from gradparity.results.races.contenders import Conditions, Contender
from gradparity.results.races.targets import Goal, goals, with_unbounded
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.records.statuses import UNFINISHED


@dataclass(frozen=True, slots=True)
class Field:
    """Instances that all of the optimisers took part in.

    descents: one per instance and optimiser, at its rate that is best on that problem's other
    seeds (`contenders.tuned_on_others`).
    parameters, goals: the number of parameters and f* of each instance. problems: how many
    different ones. absent: who was tried too little to be compared.
    """

    descents: Mapping[Contender, Sequence[Descent]]
    parameters: Sequence[int]
    goals: Sequence[Goal | None]
    problems: int
    absent: Sequence[Contender]


def field(descents: Sequence[Descent]) -> Field:
    """Return the instances that can be compared: seeds that all optimisers of a race started from.

    Descents of mini-batches are left out: the loss of a batch says little of what was reached. So
    are those on losses without a minimum, which nobody solves.
    Raises: NothingToDraw, in words, if there is nothing to compare.
    """
    whole = [descent for descent in descents if descent.batch is None]
    if not whole and descents:
        raise NothingToDraw("all descents are of mini-batches, whose losses are not comparable")
    whole = [descent for descent in with_unbounded(whole) if not descent.unbounded]
    if not whole and descents:
        raise NothingToDraw("the losses are unbounded, so that nobody solves them")
    races = contenders.races(whole)
    everyone = contenders.in_order(
        who for members in races.values() for who, made in members.items() if contenders.tuned(made)
    )
    if len(everyone) < 2:
        raise NothingToDraw("profiles compare two optimisers at least")
    instances = {
        which: {who: _by_seed(members.get(who, [])) for who in everyone}
        for which, members in races.items()
    }
    taking_part = list(everyone)
    while len(shared := _shared(instances, taking_part)) < 2 and len(taking_part) > 2:
        # Who was tried least leaves, the last of equals: without it others can be compared.
        tried = {who: sum(len(made[who]) for made in instances.values()) for who in taking_part}
        taking_part.remove(min(reversed(taking_part), key=lambda who: tried[who]))
    if len(shared) < 2:
        raise NothingToDraw("fewer than two instances were tried by two optimisers")
    chosen = {who: [instances[which][who][seed] for which, seed in shared] for who in taking_part}
    alike = [
        [d for d in whole if (d.problem, d.size, d.seed) == (which.problem, which.size, seed)]
        for which, seed in shared
    ]
    return Field(
        chosen,
        [made[0].parameters for made in alike],
        [goals(made)[0] for made in alike],
        len({which.problem for which, _ in shared}),
        [who for who in everyone if who not in taking_part],
    )


def _shared(
    instances: Mapping[Conditions, Mapping[Contender, Mapping[int, Descent]]],
    who: Sequence[Contender],
) -> list[tuple[Conditions, int]]:
    """Return the races and seeds that all of these took part in."""
    return [
        (which, seed)
        for which, made in instances.items()
        for seed in sorted(set.intersection(*(set(made[one]) for one in who)))
    ]


def _by_seed(made: Sequence[Descent]) -> dict[int, Descent]:
    """Return a contender's descents, each at the rate that is best on the other seeds.

    What did not finish counts as unsolved.
    """
    failed = {descent.seed: descent for descent in made if descent.status in UNFINISHED}
    return failed | contenders.tuned_on_others(made)

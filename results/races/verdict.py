"""Who wins, said once, in every picture of a race the same: who solves the most instances.

Solved is an instance, one problem from one start, whose loss came to f* + τ (f0 - f*), τ = 1e-3;
with mini-batches, the loss of all cases at the end. Losses without a minimum nobody solves: they
are left out, and where there are no others the escape is what counts. Of those who solve as many,
the one that needs the fewest evaluations wins, by the median over the instances; where nobody
solves any, the lowest loss at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gradparity.results.races import contenders
from gradparity.results.races.contenders import Contender, rank, tuned, tuned_on_others
from gradparity.results.races.targets import Goal, escape, goals, name, reached
from gradparity.results.records.descent import Descent

TAU = 1e-3


@dataclass(frozen=True, slots=True)
class Score:
    """What a contender did at its best rates. solved: of so many instances.

    evaluations: their median until then, infinite where most were not solved. escapes: whether it
    is escapes that are counted.
    """

    solved: int
    instances: int
    evaluations: float
    escapes: bool = False

    def words(self) -> str:
        """Return "7 of 10 solved"."""
        return f"{self.solved} of {self.instances} {'escaped' if self.escapes else 'solved'}"


def scores(descents: Sequence[Descent]) -> dict[Contender, Score]:
    """Return the score of each contender, in the order of the palette."""
    paired = {_case(d): goal for d, goal in zip(descents, goals(descents), strict=True)}
    costs: dict[Contender, list[float]] = {}
    escapes = _escaping(descents)
    for members in contenders.races(descents).values():
        for who, made in members.items():
            if any(d.unbounded for d in made) and not escapes:
                continue
            chosen = tuned_on_others(made)
            told = [_cost(d, paired[_case(d)]) for d in chosen.values()]
            failed = {d.seed for d in made} - set(chosen)
            costs.setdefault(who, []).extend([*told, *(math.inf for _ in failed)])
    found = {}
    for who in contenders.in_order(costs):
        mine = sorted(costs[who])
        solved = sum(map(math.isfinite, mine))
        middle = mine[(len(mine) - 1) // 2] if mine else math.inf
        found[who] = Score(solved, len(mine), middle, escapes)
    return found


def verdict(descents: Sequence[Descent]) -> str:
    """Say who wins and by what: "lbfgs solves most: 9 of 10; next adam, 7"."""
    found = scores(descents)
    names = contenders.labels(list(found))
    escaping = _escaping(descents)
    what = "escapes" if escaping else "solves"
    if not any(score.solved for score in found.values()):
        return _lowest(descents, names, escaping)
    # A share, since not everybody takes part everywhere.
    order = sorted(
        found, key=lambda who: (-found[who].solved / found[who].instances, found[who].evaluations)
    )
    best = found[order[0]]
    if len(order) == 1:
        return f"{names[order[0]]} {what} {best.solved} of {best.instances}"
    equal = [who for who in order if _share(found[who]) == _share(best)]
    if len(equal) == 1:
        second = found[order[1]]
        of = "" if second.instances == best.instances else f" of {second.instances}"
        told = f"{best.solved} of {best.instances}; next {names[order[1]]}, {second.solved}{of}"
        return f"{names[order[0]]} {what} most: {told}"
    fewest = [who for who in equal if found[who].evaluations == best.evaluations]
    several = f"{len(equal)} optimisers" if len(equal) > 2 else _listed([names[w] for w in equal])
    many = "All" if len(equal) == len(order) else several
    share = f"{best.solved} of {best.instances}"
    verb = what if many != "All" and len(equal) == 1 else what.removesuffix("s")
    if len(fewest) > 1 or not math.isfinite(best.evaluations):
        return f"{many} {verb} {share}"
    least = f"{names[fewest[0]]} with the fewest evaluations (median {best.evaluations:,.0f})"
    return f"{many} {verb} {share}, {least}"


def solving() -> str:
    """Return what solved means, for a legend."""
    return f"Solved: loss ≤ f* + τ (first loss − f*), τ = {name(TAU)}."


def _escaping(descents: Sequence[Descent]) -> bool:
    """Whether none of the losses has a minimum."""
    made = _tuned_of(descents)
    return bool(made) and all(descent.unbounded for descent in made)


def _tuned_of(descents: Sequence[Descent]) -> list[Descent]:
    """Return those that came to something, an instance found unbounded by any as such."""
    races = contenders.races(descents)
    return [d for members in races.values() for made in members.values() for d in tuned(made)]


def _lowest(descents: Sequence[Descent], names: dict[Contender, str], escaping: bool) -> str:
    if escaping:
        return "Nobody escapes"
    wins: dict[str, int] = dict.fromkeys(names.values(), 0)
    races = contenders.races(descents)
    for members in races.values():
        ranks = {who: rank(tuned(made)) for who, made in members.items() if tuned(made)}
        best = min(ranks.values(), default=(math.inf,) * 4)
        for who, mine in ranks.items():
            wins[names[who]] += mine == best and mine[0] < math.inf
    most = max(wins.values(), default=0)
    if most == 0:
        return "Everybody diverged"
    told = _listed([who for who, count in wins.items() if count == most])
    on = f" on {most} of {len(races)}" if len(races) > 1 else ""
    return f"Nobody solves any; lowest at the end: {told}{on}"


def _share(score: Score) -> float:
    return score.solved / score.instances


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    if not more and len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return ", ".join(names[:3]) + more


def _cost(descent: Descent, goal: Goal | None) -> float:
    if goal is None:
        return math.inf
    if goal.unbounded:
        return escape(descent).evaluations
    if descent.batch is None:
        return reached(descent, goal, [TAU])[0].evaluations
    first, final = descent.first_loss, descent.final_loss
    if first is None or final is None or descent.diverged:
        return math.inf
    return descent.evaluations if final <= goal.value + TAU * (first - goal.value) else math.inf


def _case(descent: Descent) -> tuple[str, str, int]:
    return descent.problem, descent.size, descent.seed

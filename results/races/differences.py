"""Which optimiser is better than which, on the same instances: paired, tested, and how sure.

On an instance, a problem with one seed, the better of two is who comes to f* + τ (f0 - f*) in fewer
evaluations; where neither does, who ends lower. What is equal in both counts for nobody. If neither
were better in truth, each instance that is left would go to one or the other like a fair coin: the
*sign test* asks how often w of n coins, or a split as uneven, would fall so,

    p = 2 Σ_{k <= min(w, n - w)} C(n, k)/2ⁿ, at most 1.

It assumes nothing of how large differences are, so that failures need no number. Seeds of one
problem are no other problems: p is about these problems, from seeds drawn anew. If a first was
better on some and worse on others, half on average, w would scatter less than a coin's (Hoeffding
1956), and p is too large rather than too small. Of other problems of the kind it says nothing.
There a problem is one coin: it goes to who wins more often on its seeds, and the sign test over
problems says how sure that is; of few problems it can say nothing.

All pairs are asked at once; Holm's correction keeps the chance of a single false claim among them
at 5 %: of the ascending p_1 ... p_m it is max_{j <= i} (m - j + 1) p_j.

A pair is *open* whose p is above that. How many seeds would decide it: the fewest n for which the
test, at 5 % over m, finds a coin that falls as often as this one did, with probability 80 %. It
takes the share that was seen for the truth.
With several rates a descent is at the one that is best on the other seeds (`instances.py`).
Sources: Dixon and Mood, The statistical sign test, JASA 41 (1946); Holm, A simple sequentially
rejective multiple test procedure, Scandinavian J. Statistics 6 (1979); Hoeffding, On the
distribution of the number of successes in independent trials, Annals of Math. Statistics 27 (1956).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from gradparity.results.races.contenders import Contender, labels, outcome
from gradparity.results.races.instances import Field
from gradparity.results.races.targets import Goal, reached
from gradparity.results.records.descent import Descent

TAU = 1e-3
LEVEL, POWER = 0.05, 0.8
Costs = dict[Contender, list[tuple[float, float]]]
"""(evaluations to τ, loss at the end) of each instance, the smaller the better."""
MOST = 4096
"""Instances beyond which nobody is told to go."""


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Two contenders on the same instances.

    wins, losses, ties: of the first against the second. ratio: the median of the first's
    evaluations over the second's, where both came there; None where they never did. p: of the sign
    test; adjusted: with Holm's correction over all pairs. problems: on how many problems the first
    wins more often than the second, and the other way round. p_problems, adjusted_problems: of the
    sign test over problems, likewise. seeds: how many a problem would
    probably decide it; None where it is decided, and where no number of use would.
    """

    first: str
    second: str
    wins: int
    losses: int
    ties: int
    ratio: float | None
    p: float
    adjusted: float
    problems: tuple[int, int]
    p_problems: float = 1.0
    adjusted_problems: float = 1.0
    seeds: int | None = None

    @property
    def decided(self) -> bool:
        """Whether one of them is better on these problems, beyond chance."""
        return self.adjusted <= LEVEL

    @property
    def general(self) -> bool:
        """Whether the first is better over problems as well, each counted once."""
        won, lost = self.problems
        return self.decided and won > lost and self.adjusted_problems <= LEVEL


def differences(field: Field, tau: float = TAU) -> list[PairedDifference]:
    """Return all pairs, the one that wins more first; ordered by how sure they are."""
    names = labels(list(field.descents))
    costs = {who: _costs(field, who, tau) for who in field.descents}
    found = []
    for one, other in combinations(field.descents, 2):
        pair = _pair(field, costs, one, other)
        first, second = (one, other) if pair[0] >= pair[1] else (other, one)
        wins, losses, ties = _pair(field, costs, first, second)
        both = [
            a[0] / b[0]
            for a, b in zip(costs[first], costs[second], strict=True)
            if math.isfinite(a[0]) and math.isfinite(b[0]) and b[0] > 0.0
        ]
        found.append(
            PairedDifference(
                names[first],
                names[second],
                wins,
                losses,
                ties,
                sorted(both)[len(both) // 2] if both else None,
                sign_test(wins, losses),
                1.0,
                problems := _by_problem(field, costs, first, second),
                sign_test(*problems),
            )
        )
    adjusted = holm([one.p for one in found])
    count = len({descent.seed for made in field.descents.values() for descent in made})
    over = holm([one.p_problems for one in found])
    found = [
        replace(one, adjusted=p, adjusted_problems=q)
        for one, p, q in zip(found, adjusted, over, strict=True)
    ]
    told = [replace(one, seeds=_seeds(one, len(found), count)) for one in found]
    return sorted(told, key=lambda one: (one.adjusted, one.p, one.first, one.second))


def sign_test(wins: int, losses: int) -> float:
    """Return p of the two-sided exact sign test; 1 where there is nothing to tell by."""
    n = wins + losses
    tail = sum(math.comb(n, k) for k in range(min(wins, losses) + 1))
    return min(1.0, float(2 * tail / 2**n))


def fewest_problems(pairs: int) -> int:
    """Return of how many problems all have to agree for the sign test over them to decide."""
    return math.ceil(math.log2(2.0 * pairs / LEVEL))


def holm(ps: Sequence[float]) -> list[float]:
    """Return p-values corrected for how many they are, in their order."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    found, largest = [0.0] * len(ps), 0.0
    for place, i in enumerate(order):
        largest = max(largest, min(1.0, (len(ps) - place) * ps[i]))
        found[i] = largest
    return found


def power(n: int, share: float, level: float) -> float:
    """Return how likely the sign test on n instances, at this level, finds a coin of this share."""
    c = critical(n, level)
    if c < 0:
        return 0.0
    return sum(_binomial(n, k, share) + _binomial(n, n - k, share) for k in range(c + 1))


def critical(n: int, level: float) -> int:
    """Return the largest number of losses of n with p at most `level`; -1 where there is none."""
    tail, c = 0.0, -1
    while c + 1 <= n // 2:
        tail += _binomial(n, c + 1, 0.5)
        if 2.0 * tail > level:
            break
        c += 1
    return c


def needed(share: float, level: float) -> int | None:
    """Return the fewest instances that make the test as powerful as `POWER`; None beyond `MOST`.

    share: how often the better one wins, above a half.
    """
    low, high = 1, 1
    while power(high, share, level) < POWER:
        low, high = high, 2 * high
        if high > MOST:
            return None
    while high - low > 1:  # power rises in teeth: the end is one tooth off at most
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, share, level) >= POWER else (middle, high)
    return high


def _seeds(one: PairedDifference, pairs: int, seeds: int) -> int | None:
    """How many seeds a problem have as many instances as are needed that are no ties."""
    told = one.wins + one.losses
    if one.decided or not told or one.wins == one.losses:
        return None
    share = min(one.wins / told, 1.0 - 1.0 / (4.0 * told))
    instances = needed(share, LEVEL / pairs)
    return None if instances is None else max(seeds + 1, math.ceil(instances * seeds / told))


def _binomial(n: int, k: int, share: float) -> float:
    if share >= 1.0:
        return float(k == n)
    log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log + k * math.log(share) + (n - k) * math.log1p(-share))


def _costs(field: Field, who: Contender, tau: float) -> list[tuple[float, float]]:
    """(evaluations to τ, loss at the end), the smaller the better, of every instance."""
    pairs = zip(field.descents[who], field.goals, strict=True)
    return [_cost(descent, goal, tau) for descent, goal in pairs]


def _cost(descent: Descent, goal: Goal | None, tau: float) -> tuple[float, float]:
    evaluations = reached(descent, goal, [tau])[0].evaluations
    if math.isfinite(evaluations):
        return evaluations, 0.0
    end = outcome(descent)
    return math.inf, math.inf if math.isnan(end) else end


def _pair(field: Field, costs: Costs, one: Contender, other: Contender) -> tuple[int, int, int]:
    pairs = list(zip(costs[one], costs[other], strict=True))
    wins, losses = sum(a < b for a, b in pairs), sum(b < a for a, b in pairs)
    return wins, losses, len(pairs) - wins - losses


def _by_problem(field: Field, costs: Costs, one: Contender, other: Contender) -> tuple[int, int]:
    balance: dict[str, int] = {}
    for descent, a, b in zip(field.descents[one], costs[one], costs[other], strict=True):
        balance[descent.problem] = balance.get(descent.problem, 0) + (a < b) - (b < a)
    signs = list(balance.values())
    return sum(x > 0 for x in signs), sum(x < 0 for x in signs)

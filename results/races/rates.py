"""How an optimiser depends on its learning rate: medians over seeds, divergence, the good band.

**Good band.** A rate is good if it gets within a tenth of the way that the best one goes, from the
first loss down: h(loss) <= h(best) + (h(first) - h(best)) / 10, where h is the height on the axis
on which losses are drawn, logarithmic where decades are what is gained. The band holds the good
rates next to the best one without a gap; none are good where even the best gains nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from gradparity.results.races.contenders import Contender, by_rate, contender, outcome, rank
from gradparity.results.races.heights import Height, above_minimum, height_of
from gradparity.results.races.quartiles import Quartiles, quartiles, start
from gradparity.results.records.descent import Descent

TOLERANCE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """What came of each rate, ascending, (R,).

    losses: quartiles over seeds of the loss at the end, infinite for what diverged.
    diverged: the share of seeds that did, 0 to 1. first: the median loss at the start.
    best: which rate is best; None where all diverged. good: the band, first and last index.
    limit: 2 (1 + μ)/λ of gradient descent with momentum μ (0 without), λ the largest eigenvalue at
        the minima where it ended, beyond which it cannot stay there; None of others, and where none
        is known.
    """

    rates: Any
    losses: Quartiles
    diverged: Any
    first: float
    best: int | None
    good: tuple[int, int] | None
    limit: float | None = None


def heights_at_end(descents: Sequence[Descent]) -> Height:
    """Return the axis for the losses at the end of a race: of those who tried several rates."""
    members: dict[Contender, list[Descent]] = {}
    for descent in descents:
        members.setdefault(contender(descent), []).append(descent)
    tried = [rates for made in members.values() if len(rates := _rates(made)) > 1]
    everything = [descent for rates in tried for made in rates.values() for descent in made]
    known = above_minimum(everything)
    firsts = [_first(descent, known) for descent in everything]
    spreads = [_spread(made, known) for rates in tried for made in rates.values()]
    return height_of(
        everything, [*firsts, *(float(y[0]) for s in spreads for y in (s.low, s.middle))]
    )


def sensitivity(descents: Sequence[Descent], height: Height) -> Sensitivity | None:
    """Return how the end depends on the rate; None without two rates that came to something."""
    made = _rates(descents)
    if len(made) < 2:
        return None
    rates = np.array(list(made))
    # Rates may have different numbers of seeds: each is summed up on its own.
    columns = [_spread(members, height.known) for members in made.values()]
    low, middle, high = np.concatenate([(c.low, c.middle, c.high) for c in columns], 1)
    losses = Quartiles(rates, low, middle, high)
    diverged = np.array([np.mean([d.diverged for d in m]) for m in made.values()])
    first = median(_first(d, height.known) for members in made.values() for d in members)
    ranks = [rank(members) for members in made.values()]
    best = min(range(len(ranks)), key=lambda i: ranks[i])
    if ranks[best][0] == np.inf:
        return Sensitivity(rates, losses, diverged, first, None, None)
    limits = [limit for descent in descents if (limit := _limit(descent)) is not None]
    limit = median(limits) if limits else None
    good = good_band(losses.middle, best, first, height)
    return Sensitivity(rates, losses, diverged, first, best, good, limit)


USUAL_MOMENTUM = 0.9
"""What `momentum` has where none is named."""


def _limit(descent: Descent) -> float | None:
    """Return the rate from which on the minimum where it ended repels a descent; None if unknown.

    On ½ λ x² descent is stable for η λ < 2; with b ← μ b + g, x ← x - η b the eigenvalues of a step
    solve z² - (1 + μ - η λ) z + μ = 0, which are inside the circle for η λ < 2 (1 + μ).
    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    if descent.end != "minimum" or not descent.highest or set(descent.options) - {"momentum"}:
        return None
    if descent.optimizer not in ("gd", "momentum"):
        return None
    usual = USUAL_MOMENTUM if descent.optimizer == "momentum" else 0.0
    return 2.0 * (1.0 + float(descent.options.get("momentum", usual))) / descent.highest


def good_band(medians: Any, best: int, first: float, height: Height) -> tuple[int, int] | None:
    """Return the first and last index of the rates around `best` that are within a tenth of it."""
    top, bottom = height.scaled(first), height.scaled(float(medians[best]))
    if not top > bottom:
        return None
    limit = bottom + TOLERANCE * (top - bottom)
    good = [bool(np.isfinite(m)) and height.scaled(float(m)) <= limit for m in medians]
    low = high = best
    while low > 0 and good[low - 1]:
        low -= 1
    while high + 1 < len(good) and good[high + 1]:
        high += 1
    return low, high


def edges(rates: Any) -> Any:
    """Return where the zones of ascending rates end, (R + 1,): half-way between them in decades."""
    logs = np.log10(rates)
    between = (logs[1:] + logs[:-1]) / 2
    first, last = logs[0] - (between[0] - logs[0]), logs[-1] + (logs[-1] - between[-1])
    return 10.0 ** np.concatenate([[first], between, [last]])


def _rates(descents: Sequence[Descent]) -> dict[float, list[Descent]]:
    return {rate: made for rate, made in by_rate(descents).items() if rate is not None}


def _spread(descents: Sequence[Descent], known: bool) -> Quartiles:
    """Return the quartiles over the seeds of one rate, arrays of one entry."""
    return quartiles(np.zeros(1), np.array([[_end(descent, known)] for descent in descents]))


def _end(descent: Descent, known: bool) -> float:
    return outcome(descent) + (0.0 if known else (descent.minimum or 0.0))


def _first(descent: Descent, known: bool) -> float:
    first = start(descent)
    return float("nan") if first is None else first - ((descent.minimum or 0.0) if known else 0.0)

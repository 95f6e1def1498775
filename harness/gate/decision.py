"""What paired samples of base and head show.

**Change.** In every round base, head and a second copy of head take a sample each. With times b, h
and h' the round says

    d = (ln h + ln h') / 2 - ln b,      c = ln h' - ln h.

The mean of two copies halves the variance that memory layout gives head, and c, which the change
cannot touch, shows what this machine makes of two equals: the *floor* is |median of c|. The change
is e to the median of d, its interval the bootstrap's that draws pairs of processes, then rounds.

**Screening.** The interval lies wholly below max(margin, floor): pass. Wholly above, or wholly
below what would be as much of an improvement: a candidate. It straddles: more pairs; if it still
does, the row is a candidate where its estimate lies beyond, and inconclusive elsewhere.

**Confirming.** A candidate was picked among many rows because it looked slow, so its samples
flatter that impression. It is tested on samples of fresh processes alone, for which it does not
matter how it was picked. The median of d in pair i is m_i; the m_i of n pairs are independent, and
for a true change of at most the threshold t

    T = (mean(m) - t) / (std(m) / sqrt(n))

exceeds Student's t with n - 1 degrees of freedom by chance only. There are several looks, each at
its share of `ALPHA`; at each look Holm's method is applied to all candidates of the gate. So the
chance of one false regression in a gate is at most `ALPHA` even where every row is exactly as slow
as its margin allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median, stdev

import numpy as np

from gradparity.harness.gate.row import Change, PairSamples
from gradparity.results.times import bootstrap
from gradparity.results.times.statistics import LEVEL, cpu_per_wall, logs_by_round, median_interval

ALPHA = 0.05

LOOKS = (4, 8, 15, 26)
"""Numbers of fresh pairs after which a candidate is tested."""


def changes(pair: PairSamples) -> list[float]:
    """Return d of every round in which all three have a time."""
    base, head, copy = map(logs_by_round, (pair.base, pair.head, pair.copy))
    return [(head[n] + copy[n]) / 2 - base[n] for n in sorted(base) if n in head and n in copy]


def copies(pair: PairSamples) -> list[float]:
    """Return c of every round in which both copies have a time."""
    head, copy = logs_by_round(pair.head), logs_by_round(pair.copy)
    return [copy[n] - head[n] for n in sorted(head) if n in copy]


def change(pairs: Sequence[PairSamples]) -> Change | None:
    """What these pairs of processes show; None where there is no round with three times."""
    groups = [found for pair in pairs if (found := changes(pair))]
    if not groups:
        return None
    every = [value for group in groups for value in group]
    low, high = _interval(groups)
    equals = [value for pair in pairs for value in copies(pair)]
    return Change(
        ratio=math.exp(median(every)),
        low=math.exp(low),
        high=math.exp(high),
        floor=math.expm1(abs(median(equals))),
        pairs=len(groups),
        rounds=len(every),
        base_s=median(s.seconds for pair in pairs for s in pair.base),
        head_s=median(s.seconds for pair in pairs for s in (*pair.head, *pair.copy)),
    )


def _interval(groups: list[list[float]]) -> tuple[float, float]:
    if len(groups) == 1:
        alone = median_interval(groups[0])
        assert alone is not None
        return alone.low, alone.high
    spread = bootstrap.spread(groups, LEVEL)
    middle = median(value for group in groups for value in group)
    return min(spread.low, middle), max(spread.high, middle)


def impression(found: Change, margin: float) -> str:
    """Return "pass", "slower", "faster" or "open": what the interval of a change says by itself."""
    most = 1.0 + max(margin, found.floor)
    if found.low > most:
        return "slower"
    if found.high < 1.0 / most:
        return "faster"
    return "pass" if found.high < most else "open"


def suspicion(found: Change, margin: float) -> str | None:
    """What is to be confirmed of a screened row, "slower" or "faster"; None if nothing is.

    Confirming has samples of its own, so that what is suspected may be chosen freely: also a row
    whose interval holds the margin, but whose estimate lies beyond it.
    """
    said = impression(found, margin)
    if said == "open" and found.ratio > 1.0 + max(margin, found.floor):
        return "slower"
    return said if said in ("slower", "faster") else None


def p_value(pairs: Sequence[PairSamples], margin: float, slower: bool) -> float:
    """Of "head is slower (or faster) by max(margin, floor) at most"; 1 from less than two pairs."""
    medians = [median(values) for pair in pairs if (values := changes(pair))]
    found = change(pairs)
    if found is None or len(medians) < 2:
        return 1.0
    beyond = (fmean(medians) if slower else -fmean(medians)) - math.log1p(max(margin, found.floor))
    spread = stdev(medians) / math.sqrt(len(medians))
    if spread == 0:
        return 0.0 if beyond > 0 else 1.0
    return student_tail(beyond / spread, len(medians) - 1)


def student_tail(t: float, freedom: int) -> float:
    """P(T > t) for Student's T with `freedom` degrees of freedom.

    With t = √ν cot φ the density is proportional to sin^(ν-1) φ on (0, π), an entire function: the
    Gauss rule integrates it to rounding, the smallest tail too.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    half = 0.5 * math.atan2(math.sqrt(freedom), t)
    area = half * float(weights @ np.sin(half * (1.0 + nodes)) ** (freedom - 1))
    whole = math.lgamma(0.5 * freedom) - math.lgamma(0.5 * (freedom + 1))
    return area / (math.sqrt(math.pi) * math.exp(whole))


def cores_changed(pairs: Sequence[PairSamples]) -> str | None:
    """A remark where head keeps other cores busy than base does; None where it does not.

    A change that only spreads its work over more cores is faster here, and dearer.
    """
    base = cpu_per_wall([s for pair in pairs for s in pair.base])
    head = cpu_per_wall([s for pair in pairs for s in pair.head])
    if base is None or head is None or head <= 1.2 * base:
        return None
    return f"head keeps {head:.2g} cores busy, base {base:.2g}"

"""Figures derived from raw samples, at reading time.

**Interval of a median.** Let x_(1) <= ... <= x_(n) be independent samples of any continuous
distribution with median m. The number of samples below m is binomial, B ~ Bin(n, 1/2), so that

    P(x_(k) <= m <= x_(n+1-k)) = P(k <= B <= n - k) = 1 - 2 P(B <= k - 1).

The largest k for which that is at least the level gives the interval; no distribution is assumed.
Below n = 6 not even the range, k = 1, holds 95 %: 1 - 2^(1-n) is 0.9375 at n = 5. The range is
then given with the level that it has.
Source: H. A. David, H. N. Nagaraja, Order Statistics, 3rd edition (2003), section 7.1.

**Ratio.** Samples of one round were taken one right after the other, so that a slow machine slows
both: the ratio is e to the median over rounds of ln(sample / reference sample), and the interval
is that of this median, exponentiated. The median commutes with exp up to the mean of the two
middle values, hence the logarithms are taken first.

**Ratio of samples taken at different times.** They share no rounds, so nothing is paired. Two
independent intervals of level sqrt(0.95) both hold their medians with probability 0.95, and then
the quotient of the medians lies between low / high and high / low. This assumes no distribution and
is wider than it need be; a machine that has changed meanwhile it cannot see.

**Several processes.** Memory layout is one draw per process and shifts all its samples together, by
percents: the samples of one process are not independent. Where a cell has several processes, the
estimates stay the same and the intervals come from the bootstrap that draws processes, and then
samples of each; its distribution is known without drawing (`results/times/bootstrap.py`). With two
processes such an interval spans both, no more than that; ask for more where they matter. With one
it is about that process.

**p-value.** That a ratio differs from 1: the sign test over rounds for one process, for several
the normal tail at estimate / bootstrap standard error. `holm` adjusts those of many rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb
from statistics import median

from gradparity.results.records.record import Sample
from gradparity.results.times import bootstrap

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, the interval around it, and the level that the interval really has, 0 to 1.

    rounds: how many values it rests on.
    """

    estimate: float
    low: float
    high: float
    level: float
    rounds: int


@lru_cache
def rank(n: int, level: float = LEVEL) -> int:
    """Find the largest k for which [x_(k), x_(n+1-k)] holds the median at `level`; at least 1."""
    # In integers, since 2^n overflows a float for a thousand samples.
    allowed = round((1.0 - level) * 10**9) * 2**n
    k, term, tail = 1, 1, 1  # term = C(n, k - 1), tail = 2^n P(B <= k - 1)
    while k < n // 2:
        term = term * (n - k + 1) // k
        tail += term
        if 2 * tail * 10**9 > allowed:
            break
        k += 1
    return k


def coverage(n: int, k: int) -> float:
    """Return 1 - 2 P(B <= k - 1), B ~ Bin(n, 1/2): the level at which [x_(k), x_(n+1-k)] holds."""
    below = sum(comb(n, i) for i in range(k))
    outside: float = 2 * below / 2**n
    return max(0.0, 1.0 - outside)


def median_interval(values: Iterable[float], level: float = LEVEL) -> Interval | None:
    """Return the median of `values` with its interval, in their unit; None without values."""
    ordered = sorted(values)
    n = len(ordered)
    if n == 0:
        return None
    k = rank(n, level)
    return Interval(median(ordered), ordered[k - 1], ordered[n - k], coverage(n, k), n)


def time(samples: Sequence[Sample]) -> Interval | None:
    """Return the median of a cell's samples, seconds per call; None if it was not timed."""
    return times([samples])[0]


def times(cells: Sequence[Sequence[Sample]]) -> list[Interval | None]:
    """Return `time` of each of many, which takes a tenth of the time of one after the other."""
    found = _intervals([_by_process((s.process, s.seconds) for s in cell) for cell in cells])
    return [interval for interval, _ in found]


def center(samples: Sequence[Sample]) -> float:
    """Return the median of a cell's samples, seconds per call; infinity if it was not timed."""
    return median(sample.seconds for sample in samples) if samples else math.inf


@dataclass(frozen=True, slots=True)
class PairedRatio:
    """How many times longer something took than something else in the same rounds.

    p_value: that the ratio is 1, 0 to 1.
    """

    interval: Interval
    p_value: float


Pair = tuple[Sequence[Sample], Sequence[Sample]]
"""The samples of something, and of what it is held against."""


def ratio(samples: Sequence[Sample], reference: Sequence[Sample]) -> Interval | None:
    """Return how many times longer `samples` took than `reference` in the same rounds.

    None without a common round. Several samples of one round count once, by their median. A time
    of 0 has no logarithm: its round is left out.
    """
    found = ratios([(samples, reference)])[0]
    return None if found is None else found.interval


def ratios(pairs: Sequence[Pair]) -> list[PairedRatio | None]:
    """Return the ratio of each of many pairs, and its p-value: see `ratio`, `p_value`."""
    groups = [_by_process(_differences(*pair)) for pair in pairs]
    return [
        None if logs is None else PairedRatio(_exponential(logs), _p_value(values, logs, error))
        for values, (logs, error) in zip(groups, _intervals(groups), strict=True)
    ]


def ratio_estimate(samples: Sequence[Sample], reference: Sequence[Sample]) -> float | None:
    """Return the estimate of `ratio` alone."""
    differences = [value for _, value in _differences(samples, reference)]
    return math.exp(median(differences)) if differences else None


def independent_ratio(samples: Sequence[Sample], reference: Sequence[Sample]) -> Interval | None:
    """Return the median of `samples` over that of `reference`, measured independently of them.

    None if either is empty or has a time of 0. `rounds` is the smaller number of samples.
    """
    return independent_ratios([(samples, reference)])[0]


def independent_ratios(pairs: Sequence[Pair]) -> list[Interval | None]:
    """Return `independent_ratio` of each of many pairs."""
    groups = [_by_process((s.process, s.seconds) for s in one) for pair in pairs for one in pair]
    ends = [interval for interval, _ in _intervals(groups, LEVEL**0.5)]
    return [_quotient(*pair) for pair in zip(ends[::2], ends[1::2], strict=True)]


def _quotient(ours: Interval | None, theirs: Interval | None) -> Interval | None:
    if ours is None or theirs is None or min(ours.low, theirs.low) <= 0:
        return None
    return Interval(
        ours.estimate / theirs.estimate,
        ours.low / theirs.high,
        ours.high / theirs.low,
        ours.level * theirs.level,
        min(ours.rounds, theirs.rounds),
    )


def log_times(cells: Sequence[Sequence[Sample]]) -> list[Interval | None]:
    """Return the median of ln(seconds) over rounds of each cell, as `ratios` takes them."""
    return [one for one, _ in _intervals([_by_process(_logs(cell)) for cell in cells])]


def log_ratios(pairs: Sequence[Pair]) -> list[Interval | None]:
    """Return the logarithm of `ratio` of each of many pairs."""
    return [one for one, _ in _intervals([_by_process(_differences(*pair)) for pair in pairs])]


def p_value(samples: Sequence[Sample], reference: Sequence[Sample]) -> float | None:
    """Return the two-sided p-value of "the ratio is 1"; None without a common round."""
    found = ratios([(samples, reference)])[0]
    return None if found is None else found.p_value


def _p_value(groups: bootstrap.Groups, logs: Interval, error: float | None) -> float:
    """error: the standard error of the median of the logarithms; None of a single process."""
    if error is None:
        (values,) = groups
        below, n = sum(value < 0 for value in values), sum(value != 0 for value in values)
        tail = sum(comb(n, i) for i in range(min(below, n - below) + 1))
        both: float = 2 * tail / 2**n
        return min(1.0, both)
    if error == 0:
        return 1.0 if logs.estimate == 0 else 0.0
    return math.erfc(abs(logs.estimate) / error / math.sqrt(2))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values adjusted for being many, in their order; None stays None.

    The k-th smallest of m is multiplied by m - k + 1, and none is smaller than one before it: to
    reject all that are below 0.05 has a chance of at most 0.05 of one false rejection.
    Source: Holm, A simple sequentially rejective multiple test procedure, Scand. J. Stat. 6, 1979.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for k, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - k)))
        adjusted[i] = largest
    return adjusted


def _exponential(logs: Interval) -> Interval:
    low, estimate, high = (math.exp(x) for x in (logs.low, logs.estimate, logs.high))
    return Interval(estimate, low, high, logs.level, logs.rounds)


def _intervals(
    cells: Sequence[bootstrap.Groups], level: float = LEVEL
) -> list[tuple[Interval | None, float | None]]:
    """Return the median of each cell with its interval, and of several processes its error.

    cells: the values of each process; the error is the standard error of the median.
    """
    found: list[tuple[Interval | None, float | None]] = [
        (median_interval(groups[0] if groups else (), level) if len(groups) < 2 else None, None)
        for groups in cells
    ]
    several = [i for i, groups in enumerate(cells) if len(groups) > 1]
    spreads = bootstrap.spreads([cells[i] for i in several], level)
    for i, spread in zip(several, spreads, strict=True):
        values = [value for group in cells[i] for value in group]
        middle = median(values)
        low, high = min(spread.low, middle), max(spread.high, middle)
        found[i] = Interval(middle, low, high, level, len(values)), spread.deviation
    return found


def _by_process(found: Iterable[tuple[int, float]]) -> list[list[float]]:
    """Return the values of each process, given (process, value) pairs."""
    groups: dict[int, list[float]] = {}
    for process, value in found:
        groups.setdefault(process, []).append(value)
    return list(groups.values())


def _differences(samples: Sequence[Sample], reference: Sequence[Sample]) -> list[tuple[int, float]]:
    """Return process and ln(sample / reference sample) of each common round."""
    ours, theirs = logs_by_round(samples), logs_by_round(reference)
    processes = {sample.round: sample.process for sample in samples}
    return [
        (processes[number], ours[number] - theirs[number]) for number in ours if number in theirs
    ]


def _logs(samples: Sequence[Sample]) -> list[tuple[int, float]]:
    """Return process and ln(seconds) of each round."""
    processes = {sample.round: sample.process for sample in samples}
    return [(processes[number], value) for number, value in logs_by_round(samples).items()]


def logs_by_round(samples: Sequence[Sample]) -> dict[int, float]:
    """Collect ln(seconds) by round."""
    rounds: dict[int, list[float]] = {}
    for sample in samples:
        if sample.seconds > 0:
            rounds.setdefault(sample.round, []).append(math.log(sample.seconds))
    return {number: median(values) for number, values in rounds.items()}


def cpu_per_wall(samples: Sequence[Sample]) -> float | None:
    """Return how many cores worked: processor time over wall time of all calls; None if untimed."""
    wall = math.fsum(sample.seconds * sample.calls for sample in samples)
    cpu = math.fsum(sample.cpu_seconds * sample.calls for sample in samples)
    return cpu / wall if wall > 0 else None


def outliers(samples: Sequence[Sample]) -> int:
    """Count the samples beyond Tukey's fences: 1.5 times the middle half's width outside of it.

    They are counted, never dropped: the median does not mind them, and a mean would.
    Source: J. W. Tukey, Exploratory Data Analysis (1977), section 2D; hinges as he defines them.
    """
    if not samples:
        return 0
    low, high = fences([sample.seconds for sample in samples])
    return sum(not low <= sample.seconds <= high for sample in samples)


def fences(values: Sequence[float]) -> tuple[float, float]:
    """Return Tukey's fences around at least one value."""
    ordered, n = sorted(values), len(values)
    half = (n + 1) // 2
    q1, q3 = median(ordered[:half]), median(ordered[n - half :])
    return q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)


def fastest(cells: Sequence[Sequence[Sample]]) -> set[int]:
    """Return which of `cells` (each its samples) is fastest, with all that tie with it.

    The fastest has the smallest median. Another ties if the interval of its paired ratio to that
    one includes 1; where they share no round, if its median's interval includes that median.
    """
    timed = [i for i, cell in enumerate(cells) if cell]
    if not timed:
        return set()
    best = min(timed, key=lambda i: center(cells[i]))
    found = {best}
    for i, paired in zip(timed, ratios([(cells[i], cells[best]) for i in timed]), strict=True):
        if paired is None:
            own = time(cells[i])
            if own is not None and own.low <= center(cells[best]):
                found.add(i)
        elif paired.interval.low <= 1.0:
            found.add(i)
    return found

"""How time grows with the number of parameters, and where one backend overtakes another.

**Exponent.** The slope b of ln t = a + b ln n, by ordinary least squares, t being the median time
of a size of n parameters. A call's fixed cost c flattens it: of t = c + k n^b the logarithmic slope
is b (1 - c/t). The smallest size's time bounds c, so that sizes that take ten times as long are
flattened by a tenth at most: these are fitted. Where there are not two of them the two largest
sizes are, and the exponent is a lower bound, which `clear` says. Sizes are not weighted by their
noise: caches bend the curve by more than the clock does, and the quietest size would rule the line.

**Crossover.** The quantity at each size is the median over rounds of ln(first / second), in the
same round, so that a slow machine slows both. A size is *decided* if the interval of that median
excludes 0. Where two neighbouring decided sizes disagree (ties may lie between) the curves have
crossed; the zero of the line through the points, in ln n, is the estimate. Nothing is said beyond
the largest size, or below the smallest.

**Intervals.** Each size has the median m_i of its logarithms (or of its differences) with an
interval [l_i, u_i] that holds the spread of processes and rounds (`statistics.py`). The sizes are
independent, so that a sum Σ w_i m_i reaches below itself by

    sqrt(Σ (w_i (m_i - l_i))²),   u_i in place of l_i where w_i < 0,

and above likewise: the exact interval of a sum of normal medians, and near it for others. A
crossover's interval holds the sizes at which the line through the points, itself such a sum, is 0
within its interval. They hold the clock's noise, not the deviation of the curve from a line between
(or through) the sizes that were measured.
Source: G. Zou, A. Donner, Construction of confidence limits about effect measures: a general
approach, Statistics in Medicine 27 (2008); for the crossover E. C. Fieller, Some problems in
interval estimation, J. R. Statist. Soc. B 16 (1954).

**Silence.** No exponent is told of sizes that span less than a factor of ten, nor where its
interval holds 0: there the parameters are not what the time depends on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from gradparity.results.records.record import Cell, Sample
from gradparity.results.times import statistics
from gradparity.results.times.statistics import Interval

CLEAR = 10.0
"""How much longer than the smallest size a size must take to be free of a call's fixed cost."""

SPAN = 10
"""The largest size over the smallest, at least, for an exponent to be told."""

Setting = tuple[str, str, str, int]
"""operator, dtype, device, threads: what one figure holds fixed."""


@dataclass(frozen=True, slots=True)
class Exponent:
    """Time grows as n^estimate, n the number of parameters.

    backend: with its variant, "torch (idiomatic)". low, high: the 95 % interval.
    smallest, largest, sizes: the parameters that the fit reaches over, and how many sizes it has.
    clear: whether a call's fixed cost is a tenth at most of each; if not, estimate is too low.
    """

    problem: str
    backend: str
    setting: Setting
    estimate: float
    low: float
    high: float
    smallest: int
    largest: int
    sizes: int
    clear: bool


@dataclass(frozen=True, slots=True)
class Crossover:
    """From `estimate` parameters on `after` is the faster of two backends, below it `before`.

    low, high: the 95 % interval, in parameters. smallest, largest: of the sizes next to it that are
    decided. If there is no crossover, estimate, low and high are None, smallest and largest are of
    all sizes, and before and after are the faster one; "" if no size is decided.
    """

    problem: str
    first: str
    second: str
    setting: Setting
    before: str
    after: str
    smallest: int
    largest: int
    estimate: float | None = None
    low: float | None = None
    high: float | None = None


def exponents(cells: Sequence[Cell]) -> list[Exponent]:
    """One exponent for each problem, backend and setting whose sizes can tell it."""
    fits = {key: (ladder, *_fitted(ladder)) for key, ladder in _ladders(cells).items()}
    told = {key: fit for key, fit in fits.items() if len(fit[1]) > 1 and _spans(fit[1])}
    logs = iter(statistics.log_times([ladder[n] for ladder, fit, _ in told.values() for n in fit]))
    found = []
    for (problem, backend, setting), (_, fitted, clear) in told.items():
        medians = [one for n in fitted if (one := next(logs)) is not None]
        slope = _sum(_slope_weights([math.log(n) for n in fitted]), medians)
        if slope[1] > 0.0 or slope[2] < 0.0:
            reach = (fitted[0], fitted[-1], len(fitted))
            found.append(Exponent(problem, backend, setting, *slope, *reach, clear))
    return found


def _spans(sizes: Sequence[int]) -> bool:
    return sizes[-1] >= SPAN * sizes[0]


def crossovers(cells: Sequence[Cell], first: str, second: str) -> list[Crossover]:
    """Where `first` and `second` cross, for each problem and setting with two common sizes.

    Each is a backend with its variant, "torch" or "torch (idiomatic)". Several crossovers of one
    problem are several entries; none at all is one entry, that says so.
    """
    ladders = _ladders(cells)
    found = []
    for (problem, backend, setting), ours in ladders.items():
        if backend != first:
            continue
        theirs = ladders.get((problem, second, setting), {})
        both = [n for n in ours if n in theirs]
        ratios = statistics.log_ratios([(ours[n], theirs[n]) for n in both])
        known = {n: one for n, one in zip(both, ratios, strict=True) if one is not None}
        if len(known) >= 2:
            found += _crossed(problem, first, second, setting, known)
    return found


def _ladders(cells: Sequence[Cell]) -> dict[tuple[str, str, Setting], dict[int, list[Sample]]]:
    """(problem, backend, setting) -> parameters -> samples, smallest first; untimed cells apart.

    Two sizes with equally many parameters differ in their data: such a problem does not grow in its
    parameters alone, and is left out.
    """
    ladders: dict[tuple[str, str, Setting], dict[int, list[Sample]]] = {}
    names: dict[tuple[str, int], set[str]] = {}
    for cell in cells:
        names.setdefault((cell.problem, cell.parameters), set()).add(cell.size)
        samples = [sample for sample in cell.samples if sample.seconds > 0]
        if samples and cell.parameters > 0:
            setting = (cell.operator, cell.dtype, cell.device, cell.threads)
            key = (cell.problem, cell.label, setting)
            ladders.setdefault(key, {})[cell.parameters] = samples
    mixed = {problem for (problem, _), sizes in names.items() if len(sizes) > 1}
    return {
        key: dict(sorted(ladder.items())) for key, ladder in ladders.items() if key[0] not in mixed
    }


def _fitted(ladder: dict[int, list[Sample]]) -> tuple[list[int], bool]:
    """The sizes to fit, smallest first; whether all are clear of a call's fixed cost."""
    times = {n: median(sample.seconds for sample in samples) for n, samples in ladder.items()}
    least = CLEAR * next(iter(times.values()))
    clear = [n for n, time in times.items() if time >= least]
    return (clear, True) if len(clear) >= 2 else (list(ladder)[-2:], False)


def _slope_weights(x: Sequence[float]) -> list[float]:
    """Weights w: Σ w_i y_i is the least-squares slope of y on x; (x_i - x̄) / Σ (x_i - x̄)²."""
    mean = math.fsum(x) / len(x)
    square = math.fsum((value - mean) ** 2 for value in x)
    return [(value - mean) / square for value in x]


def _sum(weights: Sequence[float], terms: Sequence[Interval]) -> tuple[float, float, float]:
    """Σ w_i m_i, and the ends of its interval."""
    estimate, below, above = 0.0, 0.0, 0.0
    for weight, term in zip(weights, terms, strict=True):
        ends = weight * (term.low - term.estimate), weight * (term.high - term.estimate)
        estimate += weight * term.estimate
        below = math.hypot(below, min(ends))
        above = math.hypot(above, max(ends))
    return estimate, estimate - below, estimate + above


def _crossed(
    problem: str, first: str, second: str, setting: Setting, ratios: dict[int, Interval]
) -> list[Crossover]:
    """The crossovers of one problem, given ln(first / second) by size, smallest first."""
    sizes, points = list(ratios), list(ratios.values())
    decided = [i for i, one in enumerate(points) if one.low > 0.0 or one.high < 0.0]
    faster = [second if points[i].estimate > 0.0 else first for i in decided]
    found = []
    for j in range(1, len(decided)):
        if faster[j - 1] == faster[j]:
            continue
        near = slice(decided[j - 1], decided[j] + 1)
        x = [math.log(n) for n in sizes[near]]
        falling = points[decided[j - 1]].estimate > 0.0
        found.append(
            Crossover(
                problem=problem,
                first=first,
                second=second,
                setting=setting,
                before=faster[j - 1],
                after=faster[j],
                smallest=sizes[decided[j - 1]],
                largest=sizes[decided[j]],
                **_zeros(x, points[near] if falling else [_turned(y) for y in points[near]]),
            )
        )
    one = faster[0] if faster else ""
    none = Crossover(problem, first, second, setting, one, one, sizes[0], sizes[-1])
    return found or [none]


def _turned(one: Interval) -> Interval:
    return Interval(-one.estimate, -one.high, -one.low, one.level, one.rounds)


def _zeros(x: Sequence[float], y: Sequence[Interval]) -> dict[str, float]:
    """Where the line through the points (x, y) falls to 0, in parameters, with its interval.

    It falls from above 0 at the first x to below at the last. Noise around 0 can make it fall
    several times: then the middle of the first and the last. low: where its interval first holds
    0; high: where it last does.
    """
    estimate, low, high = (_falls(x, y, end) for end in range(3))
    middle = (estimate[0] + estimate[-1]) / 2
    return {"estimate": math.exp(middle), "low": math.exp(low[0]), "high": math.exp(high[-1])}


def _falls(x: Sequence[float], y: Sequence[Interval], end: int) -> list[float]:
    """Where the line (end = 0), the lower (1) or the upper (2) end of its interval falls to 0.

    Between two points the lower end is concave and the upper one convex: each falls once at most.
    """
    found = []
    for i in range(len(x) - 1):
        if _sum((1.0, 0.0), y[i : i + 2])[end] > 0.0 >= _sum((0.0, 1.0), y[i : i + 2])[end]:
            above, below = 0.0, 1.0
            for _ in range(60):
                share = (above + below) / 2
                if _sum((1.0 - share, share), y[i : i + 2])[end] > 0.0:
                    above = share
                else:
                    below = share
            found.append(x[i] + (x[i + 1] - x[i]) * below)
    return found

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

**Intervals** are percentiles of a bootstrap: of every size rounds are drawn with replacement, a
round of two backends together, and the figure is computed anew. They hold the clock's noise, not
the deviation of the curve from a line between (or through) the sizes that were measured.
Source: B. Efron, R. Tibshirani, An Introduction to the Bootstrap (1993), chapters 9 and 13.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from gradparity.results.records.record import Cell, Sample
from gradparity.results.times import statistics
from gradparity.results.times.statistics import logs_by_round

if TYPE_CHECKING:
    import numpy as np

RESAMPLES = 2000
CLEAR = 10.0
"""How much longer than the smallest size a size must take to be free of a call's fixed cost."""

SEED = 31337
"""Of the bootstrap: the same samples have the same interval, every time they are read."""

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
    """One exponent for each problem, backend and setting of which two sizes were timed."""
    found = []
    for (problem, backend, setting), ladder in _ladders(cells).items():
        fitted, clear = _fitted(ladder)
        if len(fitted) < 2:
            continue
        weights = _slope_weights([math.log(n) for n in fitted])
        logs = [list(logs_by_round(ladder[n]).values()) for n in fitted]
        estimate = math.fsum(w * median(values) for w, values in zip(weights, logs, strict=True))
        found.append(
            Exponent(
                problem=problem,
                backend=backend,
                setting=setting,
                estimate=estimate,
                **_percentiles(_medians(logs) @ weights),
                smallest=fitted[0],
                largest=fitted[-1],
                sizes=len(fitted),
                clear=clear,
            )
        )
    return found


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
        both = {n: _differences(ours[n], theirs[n]) for n in ours if n in theirs}
        pairs = {n: differences for n, differences in both.items() if differences}
        if len(pairs) >= 2:
            found += _crossed(problem, first, second, setting, pairs)
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


def _differences(ours: Sequence[Sample], theirs: Sequence[Sample]) -> list[float]:
    """ln(ours / theirs) of each common round."""
    first, second = logs_by_round(ours), logs_by_round(theirs)
    return [first[number] - second[number] for number in first if number in second]


def _crossed(
    problem: str, first: str, second: str, setting: Setting, pairs: dict[int, list[float]]
) -> list[Crossover]:
    """The crossovers of one problem, given ln(first / second) by size, smallest first."""
    sizes, medians = list(pairs), [median(values) for values in pairs.values()]
    decided = []
    for i, values in enumerate(pairs.values()):
        held = statistics.median_interval(values)
        if held is not None and (held.low > 0.0 or held.high < 0.0):
            decided.append(i)
    faster = [second if medians[i] > 0.0 else first for i in decided]
    found = []
    for j in range(1, len(decided)):
        if faster[j - 1] == faster[j]:
            continue
        near = slice(decided[j - 1], decided[j] + 1)
        x = [math.log(n) for n in sizes[near]]
        turn = 1.0 if medians[decided[j - 1]] > 0.0 else -1.0
        drawn = turn * _medians(list(pairs.values())[near])
        interval = _percentiles([_zero(x, row) for row in drawn.tolist()])
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
                estimate=math.exp(_zero(x, [turn * y for y in medians[near]])),
                **{end: math.exp(value) for end, value in interval.items()},
            )
        )
    one = faster[0] if faster else ""
    none = Crossover(problem, first, second, setting, one, one, sizes[0], sizes[-1])
    return found or [none]


def _zero(x: Sequence[float], y: Sequence[float]) -> float:
    """Where the line through the points (x, y) falls below 0; an end of x if it does so nowhere.

    Noise around 0 can make it fall several times: then the middle of the first and the last.
    """
    if y[0] <= 0.0 or y[-1] > 0.0:
        return x[0] if y[-1] <= 0.0 else x[-1]
    falls = [
        x[i] + (x[i + 1] - x[i]) * y[i] / (y[i] - y[i + 1])
        for i in range(len(x) - 1)
        if y[i] > 0.0 >= y[i + 1]
    ]
    return (falls[0] + falls[-1]) / 2


def _medians(values: Sequence[Sequence[float]]) -> np.ndarray[Any, Any]:
    """Medians of resampled rounds, (RESAMPLES, sizes), given the values of each size."""
    import numpy as np  # slow to import

    rng = np.random.default_rng(SEED)
    drawn = [np.asarray(x)[rng.integers(len(x), size=(RESAMPLES, len(x)))] for x in values]
    return np.stack([np.median(x, axis=1) for x in drawn], axis=1)


def _percentiles(values: Any) -> dict[str, float]:
    """The ends of the middle 95 % of bootstrapped values, "low" and "high"."""
    import numpy as np  # slow to import

    outside = (1.0 - statistics.LEVEL) / 2
    low, high = np.quantile(values, [outside, 1.0 - outside])
    return {"low": float(low), "high": float(high)}

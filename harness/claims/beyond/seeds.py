"""Claim 48: the lottery of seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from scipy import stats

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import LEVEL, Interval, mean, share
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import Vectors, held_out, moved, trained
from gradparity.harness.views.controls import Number
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from gradparity.results.pages.charts import Axis, Chart, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

NAME = "mlp-digits"
APART = 0.01
FEW = 5
POWER = 0.8
SQUARE = (stats.norm.ppf(0.5 + LEVEL / 2) + stats.norm.ppf(POWER)) ** 2
"""7.849: what (δ/s)² n/2 has to be for 80 % of the tests at 5 % to see δ."""


def seeds(extent: Extent) -> Observed:
    """Losses of n seeds each, with the deviation s of their logarithm, δ = ln 1.01 apart in truth.

    The difference of the means has the deviation s √(2/n). A test at 5 % sees it with the power 0.8
    where δ = (1.960 + 0.842) s √(2/n): n = 2 · 7.849 (s/δ)². With the same seeds for both (start,
    data, batches) s √2 is the deviation of the differences instead, if that is smaller. With 5
    seeds the better one has the lower mean with the probability Φ(δ/(s √(2/5))), hardly above ½.

    s is measured: held-out losses of momentum and Nesterov's on digits. Then δ is put in: half of
    the losses drawn, with replacement, are made 1 % larger, and Student's test is asked.
    """
    count, steps = extent.of(16, 200), extent.of(250, 600)
    logs = {name: _logs(name, count, steps) for name in ("momentum", "nesterov")}
    pool = logs["momentum"]
    spread, apart = float(pool.std(ddof=1)), math.log(1 + APART)
    paired = float((logs["momentum"] - logs["nesterov"]).std(ddof=1))
    needed = 2 * SQUARE * (spread / apart) ** 2
    needed_paired = max(SQUARE * (paired / apart) ** 2, 2.0)
    draws, rng = extent.of(1000, 10_000), np.random.default_rng(48)
    n = math.ceil(needed)
    seen = [_told(pool, n, apart, rng) for _ in range(extent.of(300, 2000))]
    few = [_told(pool, FEW, apart, rng) for _ in range(draws)]
    true = float(pool.std(ddof=0))
    figures = [
        Figure(
            "deviation of the logarithm of the held-out loss over seeds",
            *_deviation(pool),
            seeds=count,
        ),
        Figure(
            "seeds of each that a test needs for 1 %, different ones",
            *_needed(pool, 2.0, apart),
            seeds=count,
            claimed=Claimed(f"{FEW} are enough", high=FEW),
        ),
        Figure(
            "seeds that it needs, the same ones for both",
            *_needed(logs["momentum"] - logs["nesterov"], 1.0, apart),
            seeds=count,
            claimed=Claimed(f"{FEW} are enough", high=FEW),
        ),
        Figure(
            f"share of tests with {n:,} seeds each that see 1 %",
            *share(sum(one < 0.05 for one, _ in seen), len(seen)),
            seeds=len(seen),
            theory=Theory(_power(n, apart, true), "1 - Φ(1.96 - δ/(s √(2/n)))"),
            slack=0.02,
        ),
        Figure(
            f"share of tests with {FEW} seeds each that see 1 %",
            *share(sum(one < 0.05 for one, _ in few), draws),
            seeds=draws,
            claimed=Claimed("most: 0.8", low=POWER, ours=True),
        ),
        Figure(
            f"share of draws of {FEW} seeds each in which the better one has the lower mean",
            *share(sum(lower for _, lower in few), draws),
            seeds=draws,
            claimed=Claimed("nearly all: 0.95", low=0.95, ours=True),
            theory=Theory(
                float(stats.norm.cdf(apart / (true * math.sqrt(2 / FEW)))), "Φ(δ/(s √(2/5)))"
            ),
            slack=0.02,
        ),
        Figure(
            "loss of momentum over that of nesterov, less 1, the same seeds",
            *mean(np.exp(logs["momentum"] - logs["nesterov"]) - 1),
            seeds=count,
        ),
        agreement(NAME, PROBLEMS[NAME].instance("tiny", 0), extent.backends),
    ]
    sentence = (
        f"Held-out losses differ by {spread:.0%} from seed to seed: 1 % is seen with "
        f"{needed:,.0f} seeds of each, {needed_paired:,.0f} if both have the same ones; with {FEW} "
        f"the better optimiser has the lower mean in {figures[5].value:.0%} of the draws."
    )
    numbers = np.unique(np.geomspace(2, 4 * n, 60).round())
    chart = Chart(
        "seeds",
        f"1 % is seen with about {needed:,.0f} seeds",
        Axis("seeds of each optimiser", scale="log"),
        Axis("share of tests that see 1 %", low=0, high=1),
        (
            Polyline(numbers, [_power(k, apart, true) for k in numbers], "different seeds", "a"),
            Polyline(
                numbers,
                [_power(k, apart, max(paired, 1e-9) / math.sqrt(2)) for k in numbers],
                "the same seeds",
                "b",
            ),
            Rule(POWER, "80 %", "muted", "y"),
        ),
    )
    return Observed(sentence, figures, chart)


def _loss(name: str, seed: int, steps: int) -> float:
    """The loss of what is held out, after training by batches of 32."""
    start, known = PROBLEMS[NAME].instance("tiny", seed), PROBLEMS[NAME]
    end = trained(NAME, start, name, [0.02] * steps, batch=32, seed=seed)
    params = moved(start, end.theta).params
    return float(known.loss(NUMPY, params, held_out(NAME, "tiny", seed)))


def _deviation(values: Vectors) -> Interval:
    """The standard deviation of normal values, by χ²."""
    n, s = len(values), float(values.std(ddof=1))
    most = float(stats.chi2.ppf(0.5 + LEVEL / 2, n - 1))
    least = float(stats.chi2.ppf((1 - LEVEL) / 2, n - 1))
    return s, s * math.sqrt((n - 1) / most), s * math.sqrt((n - 1) / least)


def _needed(values: Vectors, groups: float, apart: float) -> Interval:
    s, low, high = _deviation(values)
    factor = groups * SQUARE / apart**2
    return factor * s**2, factor * low**2, factor * high**2


def _power(n: float, apart: float, spread: float) -> float:
    """Of a two-sided test at 5 %; the other side's share is left out."""
    return float(stats.norm.cdf(apart / (spread * math.sqrt(2 / n)) - stats.norm.ppf(0.975)))


def _told(pool: Vectors, n: int, apart: float, rng: np.random.Generator) -> tuple[float, bool]:
    """Student's p of n losses against n that are larger by δ, and whether the mean is lower."""
    one, other = rng.choice(pool, n), rng.choice(pool, n) + apart
    return float(stats.ttest_ind(one, other).pvalue), bool(one.mean() < other.mean())


@lru_cache(maxsize=2)
def _logs(name: str, count: int, steps: int) -> Vectors:
    return np.log([_loss(name, seed, steps) for seed in range(count)])


def _to_see(percent: float) -> Mapping[str, float]:
    """Seeds of each that see so many per cent with the power 0.8, by the spread of 16 seeds."""
    one, other = (_logs(name, 16, 250) for name in ("momentum", "nesterov"))
    apart = math.log(1 + percent / 100)
    return {
        "different seeds": max(_needed(one, 2.0, apart)[0], 2.0),
        "the same seeds": max(_needed(one - other, 1.0, apart)[0], 2.0),
    }


VIEW = over(
    48,
    "How many seeds tell two optimisers apart?",
    "Held-out losses of momentum and Nesterov's on digits, 16 seeds. Move the difference.",
    Number("percent", "Difference", 0.5, 50.0, 1.0, "%", "log", stops=(0.5, 1, 2, 5, 10, 20, 50)),
    _to_see,
    Axis("seeds of each", scale="log"),
    lambda percent, seen: (
        f"{percent:g} % is seen with {seen['different seeds']:,.0f} seeds of each, "
        f"{seen['the same seeds']:,.0f} if both have the same ones."
    ),
    (Rule(FEW, "5 seeds", axis="y"),),
)

CLAIM = Claim(
    48,
    "Five seeds are enough to tell two optimisers apart whose losses differ by 1 %.",
    seeds,
    problems=(NAME,),
    optimizers=("momentum", "nesterov"),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

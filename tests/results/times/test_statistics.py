from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from gradparity.results.records.record import Sample
from gradparity.results.times.statistics import (
    coverage,
    cpu_per_wall,
    fastest,
    median_interval,
    outliers,
    rank,
    ratio,
    time,
)


def timed(*seconds: float, cores: float = 1.0, calls: int = 1, start: int = 0) -> list[Sample]:
    return [Sample(start + r, 0, calls, s, s * cores) for r, s in enumerate(seconds)]


# Order statistics of the 95 % interval of a median, as in Conover, Practical Nonparametric
# Statistics, or Hahn & Meeker, Statistical Intervals, table A.15.
@pytest.mark.parametrize(("n", "k"), [(6, 1), (8, 1), (9, 2), (10, 2), (12, 3), (20, 6), (100, 40)])
def test_the_rank_is_the_tabulated_one(n: int, k: int) -> None:
    assert rank(n) == k


@given(st.integers(6, 3000))
def test_the_rank_is_the_largest_that_holds_the_level(n: int) -> None:
    k = rank(n)
    assert 1 - 2 * binom.cdf(k - 1, n, 0.5) >= 0.95 - 1e-12
    assert 1 - 2 * binom.cdf(k, n, 0.5) < 0.95 + 1e-12


def test_the_coverage_is_the_binomial_sum() -> None:
    assert coverage(6, 1) == 1 - 2 / 64
    assert coverage(5, 1) == 0.9375
    assert coverage(20, 6) == pytest.approx(1 - 2 * binom.cdf(5, 20, 0.5), abs=1e-14)
    assert coverage(5000, 1) == 1.0


def test_a_median_and_its_interval() -> None:
    found = median_interval(range(20, 0, -1))
    assert found is not None
    assert (found.estimate, found.low, found.high, found.rounds) == (10.5, 6, 15, 20)
    assert found.level == pytest.approx(0.9586105)


@pytest.mark.parametrize(("n", "level"), [(1, 0.0), (2, 0.5), (3, 0.75), (4, 0.875), (5, 0.9375)])
def test_with_few_values_it_is_the_range_at_the_level_that_the_range_has(
    n: int, level: float
) -> None:
    found = median_interval(float(2**i) for i in range(n))
    assert found is not None
    assert (found.low, found.high, found.level) == (1, 2 ** (n - 1), level)


def test_without_values_there_is_nothing() -> None:
    assert median_interval([]) is None
    assert time(()) is None
    assert cpu_per_wall(()) is None
    assert ratio((), timed(1.0)) is None
    assert fastest([(), ()]) == set()


@pytest.mark.parametrize("n", [6, 11, 25])
def test_the_interval_covers_the_median_as_often_as_it_says(n: int) -> None:
    rng = np.random.default_rng(31337)
    trials = 4000
    # Lognormal times, which no symmetric interval would suit; their median is 1.
    draws = np.exp(rng.normal(0, 1, (trials, n)))
    intervals = [median_interval(row.tolist()) for row in draws]
    held = sum(found is not None and found.low <= 1 <= found.high for found in intervals)
    level = coverage(n, rank(n))
    assert held / trials == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / trials))


def test_the_ratio_is_paired_so_that_drift_cancels() -> None:
    drift = [math.exp(0.3 * i) for i in range(12)]
    found = ratio(timed(*(3 * d for d in drift)), timed(*drift))
    assert found is not None
    assert (found.estimate, found.low, found.high) == pytest.approx((3, 3, 3), rel=1e-12)


def test_only_common_rounds_are_paired() -> None:
    # Rounds 0..3 against 2..5: common are 2 and 3, with ratios 8 and 2, whose geometric mean is 4.
    found = ratio(timed(1, 1, 8, 2), timed(1, 1, 5, 5, start=2))
    assert found is not None
    assert found.estimate == pytest.approx(4)
    assert (found.low, found.high, found.rounds) == pytest.approx((2, 8, 2))
    assert ratio(timed(1, 1), timed(1, 1, start=2)) is None


def test_several_samples_of_a_round_count_once() -> None:
    twice = [Sample(0, 0, 1, 2.0, 2.0), Sample(0, 3, 1, 8.0, 8.0)]
    found = ratio(twice, timed(1.0))
    assert found is not None
    assert (found.estimate, found.rounds) == pytest.approx((4, 1))


def test_a_time_of_zero_has_no_ratio() -> None:
    found = ratio(timed(0.0, 2.0), timed(1.0, 1.0))
    assert found is not None
    assert (found.estimate, found.rounds) == pytest.approx((2, 1))
    assert ratio(timed(0.0), timed(1.0)) is None


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=30))
def test_turning_a_ratio_round_inverts_it(seconds: list[float]) -> None:
    ours, theirs = timed(*seconds), timed(*reversed(seconds))
    there, back = ratio(ours, theirs), ratio(theirs, ours)
    assert there is not None
    assert back is not None
    assert back.estimate == pytest.approx(1 / there.estimate)
    assert (back.low, back.high) == pytest.approx((1 / there.high, 1 / there.low))


def test_the_reference_against_itself_is_exactly_1() -> None:
    found = ratio(timed(1e-6, 3e-6, 2e-6), timed(1e-6, 3e-6, 2e-6))
    assert found is not None
    assert (found.estimate, found.low, found.high) == (1.0, 1.0, 1.0)


def test_cores_are_weighted_by_the_time_worked() -> None:
    mixed = [Sample(0, 0, 10, 0.1, 0.2), Sample(1, 0, 1, 3.0, 3.0)]
    assert cpu_per_wall(mixed) == pytest.approx((10 * 0.2 + 3.0) / (10 * 0.1 + 3.0))


def test_a_tie_is_told_by_the_paired_ratio() -> None:
    drift = [math.exp(0.3 * (i % 7)) for i in range(20)]
    wobble = [1.01 if i % 2 else 0.99 for i in range(20)]
    best = timed(*drift)
    tied = timed(*(d * w for d, w in zip(drift, wobble, strict=True)))
    # 5 % slower in every round: far inside the interval of its median, yet certainly slower.
    slower = timed(*(1.05 * d for d in drift))
    assert fastest([slower, best, (), tied]) == {1, 3}


def test_without_common_rounds_the_medians_intervals_tell() -> None:
    best = timed(*range(10, 20))
    later = timed(*range(11, 21), start=100)
    slow = timed(*range(50, 60), start=200)
    assert fastest([best, later, slow]) == {0, 1}


def test_outliers_are_beyond_tukeys_fences() -> None:
    """Tukey's own example of hinges: of 1 ... 9 they are 3 and 7, the fences -3 and 13."""
    assert outliers(timed(*range(1, 10))) == 0
    assert outliers(timed(*range(1, 10), 5)) == 0
    assert outliers(timed(2, 3, 4, 5, 6, 7, 8, 100)) == 1
    assert outliers(timed(5, 5, 5, 5, 5, 5, 4, 6)) == 2
    assert outliers([]) == 0

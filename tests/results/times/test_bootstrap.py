"""Intervals where a subject has several processes, p-values, and the noise floor."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, binomtest, norm

from gradparity.results.records.record import Cell, Sample
from gradparity.results.times import bootstrap, noise
from gradparity.results.times.statistics import holm, p_value, ratio

CELL = Cell("booth", "tiny", 2, "numpy", "portable", "gradient", "float64", "cpu", 1, "ok")


def drawn(rng, processes: int, rounds: int, shift: float, jitter: float, center: float = 0.0):
    """Samples of e^(center + process + sample), round by round; processes take turns."""
    layout = rng.normal(scale=shift, size=processes)
    return tuple(
        Sample(r, 0, 1, math.exp(center + layout[r % processes] + e), 1.0, r % processes)
        for r, e in enumerate(rng.normal(scale=jitter, size=rounds))
    )


def resampled(groups, resamples: int = 40_000):
    """The medians of resamples that are drawn: what the distribution is of, by its definition."""
    rng = np.random.default_rng(0)
    each = round(np.mean([len(group) for group in groups]))
    padded = np.array([np.resize(group, 99) for group in groups])
    counts = np.array([len(group) for group in groups])
    processes = rng.integers(0, len(groups), (resamples, len(groups), 1))
    places = (rng.random((resamples, len(groups), each)) * counts[processes]).astype(int)
    return np.median(padded[processes, places].reshape(resamples, -1), axis=1)


@pytest.mark.parametrize(
    "counts", [(5,), (3, 5, 7), (9, 9, 9), (11,) * 5, (1, 1, 1), (1, 30, 20), (3,) * 7]
)
def test_the_spread_is_that_of_drawn_resamples(counts: tuple[int, ...]) -> None:
    """Of an odd number of values the distribution is exact, hence equal but for the drawing."""
    assert len(counts) * round(np.mean(counts)) % 2
    rng = np.random.default_rng(len(counts))
    groups = [rng.normal(rng.normal(), 1.0, size).tolist() for size in counts]
    found, drawn_ = bootstrap.spread(groups, 0.9), resampled(groups)
    assert found.deviation == pytest.approx(drawn_.std(), rel=0.02)
    # That an end is right is told by the share beyond it: 0.05, but for 4 deviations of drawing.
    wide = 4 * math.sqrt(0.05 * 0.95 / 40_000)
    for beyond, at_least in ((drawn_ < found.low, drawn_ <= found.low),
                             (drawn_ > found.high, drawn_ >= found.high)):  # fmt: skip
        assert beyond.mean() <= 0.05 + wide
        assert at_least.mean() >= 0.05 - wide


@pytest.mark.parametrize("counts", [(4,), (5, 5), (6, 7), (12, 13), (10, 10, 10), (1, 1)])
def test_of_an_even_number_it_is_hardly_wider(counts: tuple[int, ...]) -> None:
    rng = np.random.default_rng(sum(counts))
    for _ in range(5):
        groups = [rng.normal(rng.normal(), 1.0, size).tolist() for size in counts]
        found, drawn_ = bootstrap.spread(groups, 0.95), resampled(groups)
        assert 0.98 <= found.deviation / drawn_.std() <= 1.10
        assert (drawn_ < found.low).mean() <= 0.03
        assert (drawn_ > found.high).mean() <= 0.03


def test_the_median_of_one_sample_is_efrons() -> None:
    """Efron 1979: of n = 2 h + 1 values P(median* > x_(k)) = P(Bin(n, k / n) <= h)."""
    values = np.sort(np.random.default_rng(4).normal(size=13))
    above = binom.cdf(6, 13, np.arange(1, 14) / 13)
    shares = np.diff(1 - above, prepend=0.0)
    mean = shares @ values
    expected = math.sqrt(shares @ (values - mean) ** 2)
    found = bootstrap.spread([values.tolist()], 0.95)
    assert found.deviation == pytest.approx(expected, rel=1e-12)
    assert found.low == values[np.argmax(1 - above >= 0.025)]
    assert found.high == values[np.argmax(1 - above >= 0.975)]


def test_processes_count_as_one_draw_each() -> None:
    """Equal samples within a process: only the choice of processes is left, 1/4, 1/2, 1/4."""
    found = bootstrap.spread([[1.0] * 9, [2.0] * 9], 0.4)
    assert (found.low, found.high) == (1.5, 1.5)
    assert found.deviation == pytest.approx(math.sqrt(0.125), rel=1e-12)
    wider = bootstrap.spread([[1.0] * 9, [2.0] * 9], 0.6)
    assert (wider.low, wider.high) == (1.0, 2.0)
    assert bootstrap.spread([[3.0]], 0.95) == bootstrap.MedianSpread(3.0, 3.0, 0.0)
    for nothing in ([[]], []):
        with pytest.raises(ValueError, match="no values"):
            bootstrap.spread(nothing, 0.95)


def test_many_together_are_what_each_is_alone() -> None:
    rng = np.random.default_rng(5)
    shapes = [(3, 4), (4, 3), (3, 4), (6,), (2, 2, 2), (3, 4), (300, 301)]
    cells = [[rng.normal(size=n).tolist() for n in shape] for shape in shapes]
    together = bootstrap.spreads(cells, 0.95)
    for cell, found in zip(cells, together, strict=True):
        alone = bootstrap.spread(cell, 0.95)
        assert (found.low, found.high) == (alone.low, alone.high)
        assert found.deviation == pytest.approx(alone.deviation, rel=1e-12)
    assert bootstrap.spreads([], 0.95) == []


def test_ties_are_one_value() -> None:
    groups = [[1.0, 1.0, 2.0], [1.0, 2.0, 2.0], [2.0, 1.0, 1.0]]
    found, drawn_ = bootstrap.spread(groups, 0.95), resampled(groups)
    assert found.deviation == pytest.approx(drawn_.std(), rel=0.02)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits, tries = 0, 300
    for _ in range(tries):
        ours = drawn(rng, 8, 40, 0.02, 0.02, center=0.05)
        theirs = drawn(rng, 8, 40, 0.0, 0.0)
        found = ratio(ours, theirs)
        assert found is not None
        hits += found.low <= math.exp(0.05) <= found.high
    assert 0.86 <= hits / tries <= 0.99


def test_one_process_alone_would_be_too_sure() -> None:
    """What several processes are for: a layout shift of 2 % is invisible inside one process."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(100):
        found = ratio(drawn(rng, 1, 40, 0.02, 0.002), drawn(rng, 1, 40, 0.0, 0.0))
        assert found is not None
        hits += found.low <= 1 <= found.high
    assert hits < 30


def test_p_values_are_the_sign_test_and_the_normal_tail() -> None:
    rng = np.random.default_rng(3)
    theirs = drawn(rng, 1, 20, 0.0, 0.0)
    ours = drawn(rng, 1, 20, 0.0, 0.01, center=0.01)
    below = sum(sample.seconds < 1 for sample in ours)
    assert p_value(ours, theirs) == pytest.approx(binomtest(below, 20).pvalue)
    assert p_value(ours, ()) is None
    several, equal = drawn(rng, 4, 20, 0.01, 0.01, center=0.02), drawn(rng, 4, 20, 0.0, 0.0)
    groups = [[math.log(s.seconds) for s in several if s.process == k] for k in range(4)]
    z = np.median(np.concatenate(groups)) / bootstrap.spread(groups, 0.95).deviation
    assert p_value(several, equal) == pytest.approx(2 * norm.sf(abs(z)))
    assert p_value(equal, equal) == 1


def test_holm_is_the_worked_example() -> None:
    """Holm 1979: sorted p times m, m - 1, ..., made monotone."""
    assert holm([0.01, None, 0.04, 0.03, 0.005]) == pytest.approx([0.03, None, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_noise_floor_is_the_worst_control() -> None:
    samples = tuple(Sample(r, 0, 1, 1.0, 1.0) for r in range(8))

    def slower(factor: float) -> tuple[Sample, ...]:
        return tuple(replace(sample, seconds=factor) for sample in samples)

    cells = [
        replace(CELL, problem=name, samples=samples, control=slower(factor))
        for name, factor in (("a", 1.01), ("b", 0.97), ("c", 1.0))
    ]
    found = noise.floor([*cells, CELL])
    assert found is not None
    assert (found.cases, found.where) == (3, "b tiny")
    assert (found.typical, found.worst) == (pytest.approx(0.01), pytest.approx(0.03))
    assert "3.0%" in found.line()
    assert noise.floor([CELL]) is None

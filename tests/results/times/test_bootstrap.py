"""Intervals where a subject has several processes, p-values, and the noise floor."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, norm

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


def test_medians_of_one_group_have_the_spread_of_a_median() -> None:
    samples = np.random.default_rng(0).normal(size=(40, 400))
    spread = np.mean([np.std(bootstrap.medians([list(values)])) for values in samples])
    # The asymptotic deviation of a normal sample's median: √(π/2n).
    assert spread == pytest.approx(math.sqrt(math.pi / 800), rel=0.15)


def test_processes_count_as_one_draw_each() -> None:
    """Equal samples within a process: only the choice of processes is left."""
    found = bootstrap.medians([[1.0] * 9, [2.0] * 9], 4000)
    shares = [np.mean(np.array(found) == x) for x in (1.0, 1.5, 2.0)]
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.03)
    assert bootstrap.medians([[3.0]]) == [3.0] * bootstrap.RESAMPLES
    with pytest.raises(ValueError, match="no values"):
        bootstrap.medians([[]])


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
    z = np.median(np.concatenate(groups)) / np.std(bootstrap.medians(groups))
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

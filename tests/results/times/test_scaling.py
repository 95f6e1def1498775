from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from gradparity.results.records.record import Cell, Sample
from gradparity.results.tables.scaling_words import lines
from gradparity.results.times.scaling import crossovers, exponents
from tests.results import synthetic

SIZES = (10, 100, 1_000, 10_000)
NAMES = ("tiny", "small", "medium", "large")


def timed(
    backend: str, seconds, sizes=SIZES, rng=None, noise=0.0, drift=0.0, **changes
) -> list[Cell]:
    """One cell per size; seconds(n) is the median time of n parameters.

    rng: for the noise of each round, and the drift which backends that share a seed share.
    """
    rng = rng or np.random.default_rng(0)
    found = []
    for size, n in zip(NAMES, sizes, strict=False):
        shared = np.random.default_rng([n, int(1e6 * drift)]).normal(0, drift, 20)
        logs = math.log(seconds(n)) + shared + rng.normal(0, noise, 20)
        samples = tuple(Sample(r, 0, 1, math.exp(x), math.exp(x)) for r, x in enumerate(logs))
        cell = Cell("p", size, n, backend, "portable", "gradient", "float64", "cpu", 1, "ok")
        found.append(replace(cell, samples=samples, **changes))
    return found


def power(scale: float, exponent: float):
    return lambda n: scale * n**exponent


@pytest.mark.parametrize("exponent", [0.6, 1.1, 2.0])
def test_a_power_law_has_its_exponent(exponent: float) -> None:
    (found,) = exponents(timed("a", power(1e-6, exponent)))
    assert (found.estimate, found.low, found.high) == pytest.approx((exponent,) * 3, rel=1e-12)
    # Ten times the smallest time: from n = 1,000 on for n^0.6, from 100 on otherwise.
    assert (found.smallest, found.largest) == (1_000 if exponent == 0.6 else 100, 10_000)
    assert found.clear


def test_it_is_the_least_squares_slope() -> None:
    times = {10: 1e-6, 100: 2e-5, 1_000: 1.5e-4, 10_000: 3e-3}
    (found,) = exponents(timed("a", times.__getitem__))
    x = [math.log(n) for n in SIZES[1:]]
    expected = np.polyfit(x, [math.log(times[n]) for n in SIZES[1:]], 1)[0]
    assert (found.estimate, found.sizes) == (pytest.approx(expected, rel=1e-12), 3)


def test_a_fixed_cost_flattens_by_a_tenth_at_most() -> None:
    # 1 µs a call, 1 ns a parameter: clear of it are 10,000 and 100,000 and more.
    (found,) = exponents(timed("a", lambda n: 1e-6 + 1e-9 * n, (10, 10_000, 100_000, 1_000_000)))
    assert found.clear
    assert (found.smallest, found.largest) == (10_000, 1_000_000)
    assert 0.9 < found.estimate < 1


def test_where_the_fixed_cost_rules_the_exponent_is_called_a_lower_bound() -> None:
    found = exponents(timed("a", lambda n: 1e-4 + 1e-9 * n))
    assert (found[0].smallest, found[0].largest, found[0].clear) == (1_000, 10_000, False)
    slope = math.log10((1e-4 + 1e-5) / (1e-4 + 1e-6))
    assert found[0].estimate == pytest.approx(slope, rel=1e-9)
    assert lines(found) == [
        "p: time grows at least as n^0.04 [0.04, 0.04] with a, n from 1,000 to 10,000"
    ]


def test_the_same_samples_have_the_same_interval() -> None:
    cells = timed("a", power(1e-6, 1.0), noise=0.05)
    assert exponents(cells) == exponents(cells)
    assert exponents(cells)[0].low < exponents(cells)[0].high


def test_what_has_no_exponent() -> None:
    cells = timed("a", power(1e-6, 1.0))
    assert exponents([]) == exponents(cells[:1]) == []
    assert exponents([replace(cell, samples=()) for cell in cells]) == []
    # Two sizes with equally many parameters differ in their data.
    assert exponents([*cells[:3], replace(cells[3], parameters=1_000)]) == []
    assert crossovers(cells, "a", "nobody") == []


def test_settings_and_variants_are_kept_apart_and_named() -> None:
    cells = [
        *timed("a", power(1e-6, 1.0)),
        *timed("a", power(1e-6, 2.0), variant="idiomatic"),
        *timed("a", power(1e-6, 1.5), dtype="float32", threads=2),
    ]
    found = exponents(cells)
    assert [x.backend for x in found] == ["a", "a (idiomatic)", "a"]
    assert [x.estimate for x in found] == pytest.approx([1.0, 2.0, 1.5])
    assert lines(found)[2] == (
        "p: time grows as n^1.50 [1.50, 1.50] with a, n from 100 to 10,000"
        " (gradient, float32, cpu, 2 threads)"
    )
    assert "float64" not in lines(found[:2])[0]


def test_power_laws_cross_where_they_are_equal() -> None:
    # 1e-6 n = 1e-7 n^1.5 at n = 100; half a decade lower, and above, with other scales.
    for scale in (1e-7, 2e-7, 0.4e-7):
        cells = [
            *timed("a", power(1e-6, 1.0), drift=0.3),
            *timed("b", power(scale, 1.5), drift=0.3),
        ]
        at = (1e-6 / scale) ** 2
        (found,) = crossovers(cells, "a", "b")
        assert (found.estimate, found.low, found.high) == pytest.approx((at,) * 3, rel=1e-6)
        assert (found.before, found.after) == ("b", "a")
        assert found.smallest < at < found.largest
        (back,) = crossovers(cells, "b", "a")
        assert (back.estimate, back.after) == (pytest.approx(at, rel=1e-6), "a")


def test_a_crossover_in_words() -> None:
    cells = [*timed("a", power(1e-6, 1.0)), *timed("b", power(5e-8, 1.5))]
    assert lines(crossovers(cells, "a", "b")) == [
        "p: a is faster than b from 400 parameters [400, 400], measured at 100 and 1,000"
    ]


def test_no_crossover_is_said_and_never_extrapolated() -> None:
    # They would cross at a million.
    cells = [*timed("a", power(1e-6, 1.0)), *timed("b", power(1e-9, 1.5))]
    (found,) = crossovers(cells, "a", "b")
    assert (found.estimate, found.low, found.high) == (None, None, None)
    assert lines([found]) == [
        "p: a and b cross nowhere between 10 and 10,000 parameters; b is faster"
    ]


def test_ties_decide_nothing() -> None:
    rng = np.random.default_rng(31337)
    alike = power(1e-6, 1.0)
    cells = [*timed("a", alike, rng=rng, noise=0.1), *timed("b", alike, rng=rng, noise=0.1)]
    (found,) = crossovers(cells, "a", "b")
    assert (found.estimate, found.after) == (None, "")
    assert "no size is decided" in lines([found])[0]
    # A tie at 100, on the way from b's lead to a's: the decided sizes on both sides are named.
    cells = [
        *timed("a", alike, rng=rng, noise=0.1),
        *timed("b", power(1e-7, 1.5), rng=rng, noise=0.1),
    ]
    (found,) = crossovers(cells, "a", "b")
    assert (found.smallest, found.largest) == (10, 1_000)
    assert found.estimate == pytest.approx(100, rel=0.3)
    assert 10 < found.low < found.estimate < found.high < 1_000  # type: ignore[operator]


def test_curves_that_cross_twice_have_two_crossovers() -> None:
    theirs = {10: 2e-5, 100: 0.5e-4, 1_000: 0.5e-3, 10_000: 2e-2}
    cells = [*timed("a", power(1e-6, 1.0)), *timed("b", theirs.__getitem__)]
    found = crossovers(cells, "a", "b")
    # ln(a/b) is -ln 2, ln 2, ln 2, -ln 2: its zeros are halfway, in ln n.
    assert [x.estimate for x in found] == pytest.approx([math.sqrt(1e3), math.sqrt(1e7)], rel=1e-9)
    assert [x.after for x in found] == ["b", "a"]


# 1.0 is where noise decides whether the second size takes ten times as long as the first.
@pytest.mark.parametrize("exponent", [1.0, 1.2])
def test_the_exponents_interval_covers_as_often_as_it_says(exponent: float) -> None:
    held = 0
    for seed in range(200):
        rng = np.random.default_rng([31337, seed])
        (found,) = exponents(timed("a", power(1e-6, exponent), rng=rng, noise=0.1))
        held += found.low <= exponent <= found.high
    assert 0.90 <= held / 200 <= 0.99


def test_the_crossovers_interval_covers_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        rng = np.random.default_rng([31338, seed])
        ours = timed("a", power(1e-6, 1.0), rng=rng, noise=0.05, drift=0.3)
        theirs = timed("b", power(0.5e-7, 1.5), rng=rng, noise=0.05, drift=0.3)
        (found,) = crossovers([*ours, *theirs], "a", "b")
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 400 <= found.high
    assert 0.90 <= held / 200 <= 0.99


def test_a_whole_run_is_read() -> None:
    cells = synthetic.cells()
    found = {(x.problem, x.backend): x for x in exponents(cells)}
    # Linear by construction, with a fixed cost: rosenbrock reaches far beyond it, ackley does not.
    linear = found["rosenbrock", "numpy"]
    assert linear.clear
    assert 0.95 < linear.estimate < 1.02
    assert not found["ackley", "torch"].clear
    assert ("softmax-digits", "numpy") not in found
    crossed = crossovers(cells, "numpy", "jax")
    # numpy is cheaper in both, overhead and rate.
    assert {x.after for x in crossed} == {"numpy"}
    assert len(lines([*exponents(cells), *crossed])) == len(found) + len(crossed)


def test_of_two_sizes_the_interval_is_that_of_a_difference() -> None:
    """Against a bootstrap that draws: processes, and rounds of each, 20,000 times over."""
    rng = np.random.default_rng(5)
    logs = {n: rng.normal(math.log(1e-7 * n), 0.05, (4, 12)) for n in (10, 1_000)}
    cells = [
        replace(
            cell,
            samples=tuple(
                Sample(12 * p + r, 0, 1, math.exp(x), 0.0, p)
                for p, of_process in enumerate(logs[cell.parameters])
                for r, x in enumerate(of_process)
            ),
        )
        for cell in timed("a", power(1e-7, 1.0), (10, 1_000))
    ]
    (found,) = exponents(cells)
    drawn = []
    for _ in range(20_000):
        middles = [
            np.median([rng.choice(values[p], 12) for p in rng.integers(4, size=4)])
            for values in logs.values()
        ]
        drawn.append((middles[1] - middles[0]) / math.log(100))
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.15 * (high - low))


def test_an_exponent_that_says_nothing_is_not_told() -> None:
    # Sizes that span less than a factor of ten, however clear the growth is.
    assert exponents(timed("a", power(1e-6, 2.0), (17, 33))) == []
    assert exponents(timed("a", power(1e-6, 2.0), (17, 169))) == []
    assert exponents(timed("a", power(1e-6, 2.0), (17, 170))) != []
    # Time that does not depend on the parameters, and time that falls with them: that is told.
    assert exponents(timed("a", power(1e-6, 0.0), noise=0.1)) == []
    assert exponents(timed("a", power(1e-6, -0.5)))[0].high < 0


def test_an_exponent_holds_what_processes_differ_in() -> None:
    """Two processes 20 % apart, and no noise in either: the interval is not a point."""
    cells = [
        replace(
            cell,
            samples=tuple(
                replace(s, process=s.round % 2, seconds=s.seconds * (1 + 0.2 * (s.round % 2)))
                for s in cell.samples
            ),
        )
        for cell in timed("a", power(1e-6, 1.0))
    ]
    (found,) = exponents(cells)
    assert found.high - found.low > math.log(1.2) / math.log(10_000)

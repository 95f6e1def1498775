"""What samples show: closed forms, a second method, and many gates on synthetic samples."""

import math

import numpy as np
import pytest

from gradparity.harness.gate import decision
from gradparity.harness.gate.bench import Bench
from gradparity.harness.gate.clock import Clock
from gradparity.harness.gate.confirmation import confirm
from gradparity.harness.gate.decision import (
    change,
    changes,
    copies,
    impression,
    p_value,
    student_tail,
)
from gradparity.harness.gate.effort import Effort
from gradparity.harness.gate.paired_processes import SideFailure
from gradparity.harness.gate.row import Change
from gradparity.harness.gate.screening import screen
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import OtherVersion, WorkerFailure
from gradparity.problems import InputError
from tests.harness.gate.gate_samples import drawn, pair, trial


def test_the_change_is_that_of_the_mean_of_two_copies_and_the_floor_their_difference():
    given = pair([1.0, 2.0], [2.0, 4.0], [8.0, 16.0])
    assert changes(given) == pytest.approx([math.log(4), math.log(4)])
    assert copies(given) == pytest.approx([math.log(4), math.log(4)])
    found = change([given, given])
    assert (found.ratio, found.low, found.high) == pytest.approx((4, 4, 4))
    assert found.floor == pytest.approx(3)
    assert (found.base_s, found.head_s) == (1.5, 6.0)


def test_a_time_of_zero_has_no_logarithm():
    assert changes(pair([0.0, 1.0], [1.0, 1.0], [1.0, 1.0])) == [0.0]
    assert change([pair([0.0], [1.0], [1.0])]) is None


@pytest.mark.parametrize(
    ("low", "high", "floor", "margin", "said"),
    [
        (0.99, 1.02, 0.0, 0.03, "pass"),
        (0.99, 1.031, 0.0, 0.03, "open"),
        (1.031, 1.2, 0.0, 0.03, "slower"),
        (1.031, 1.2, 0.05, 0.03, "open"),
        (1.051, 1.2, 0.05, 0.03, "slower"),
        (1.051, 1.2, 0.0, 0.5, "pass"),
        (0.90, 0.97, 0.0, 0.03, "faster"),
        (0.90, 0.98, 0.0, 0.03, "pass"),
    ],
)
def test_impressions(low, high, floor, margin, said):
    assert impression(Change((low + high) / 2, low, high, floor, 2, 24), margin) == said


# Quantiles of Student's t that a test at 0.05 and at 0.01 on one side has to exceed, by degrees of
# freedom. Source: any table, e.g. NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
QUANTILES = {3: (2.353, 4.541), 7: (1.895, 2.998), 14: (1.761, 2.624), 25: (1.708, 2.485)}


@pytest.mark.parametrize("slower", [True, False])
@pytest.mark.parametrize("freedom", QUANTILES)
@pytest.mark.parametrize(("p", "which"), [(0.05, 0), (0.01, 1)])
@pytest.mark.parametrize(
    ("margin", "apart", "threshold"),
    [(0.03, 0.0, math.log(1.03)), (0.03, 0.05, 0.05)],  # the copies may differ by more
)
def test_the_p_value_is_that_of_students_table(freedom, p, which, slower, margin, apart, threshold):
    """Pairs whose medians m have T = (mean(m) - t) / (std(m) / sqrt(n)) at a quantile of the table.

    Their deviations are -1 and 1 in turn, and 0 for an odd one: std(m)² = 2 (n // 2) / (n - 1).
    """
    n = freedom + 1
    deviations = [1.0, -1.0] * (n // 2) + [0.0] * (n % 2)
    spread = math.sqrt(2 * (n // 2) / (n - 1)) / math.sqrt(n)
    sign = 1 if slower else -1
    medians = [
        sign * (threshold + 0.01 * (QUANTILES[freedom][which] * spread + d)) for d in deviations
    ]
    pairs = [
        pair([1.0] * 3, [math.exp(m - apart / 2)] * 3, [math.exp(m + apart / 2)] * 3)
        for m in medians
    ]
    assert p_value(pairs, margin, slower) == pytest.approx(p, rel=2e-3)


@pytest.mark.parametrize("t", [-3.0, 0.0, 0.5, 2.0, 40.0, 1e6])
def test_students_tail_is_that_of_its_closed_forms(t):
    """One degree of freedom is Cauchy's distribution, two have an algebraic tail."""
    assert student_tail(t, 1) == pytest.approx(math.atan2(1, t) / math.pi, rel=1e-12)
    root = math.sqrt(2 + t * t)
    algebraic = 1 / (root * (root + t)) if t > 0 else 0.5 * (1 - t / root)
    assert student_tail(t, 2) == pytest.approx(algebraic, rel=1e-12)


def test_one_pair_shows_nothing():
    assert p_value([drawn(np.random.default_rng(0), 2.0)], 0.03, True) == 1.0


class Imaginary:
    """A pair of processes that measures `factors[problem]`; of fresh ones, the second entry."""

    def __init__(self, factors, layout):
        self.factors = factors
        self.layout = layout

    def start(self, rng):
        pass

    def end(self):
        pass

    def sample(self, spec, rounds, rng, number):
        factor = self.factors[spec.problem]
        if isinstance(factor, Exception):
            raise factor
        if isinstance(factor, tuple):
            factor = factor[rounds == rounds.longer()]
        return drawn(rng, factor, layout=self.layout, number=number)


class Named:
    """As much of `Sides` as a failure needs."""

    class commit:
        label = "main (1234567)"

    @staticmethod
    def told(reason):
        return reason

    @staticmethod
    def not_understood(failure):
        return InputError(failure.reason)


def bench(factors, seed=0, layout=0.005, **effort):
    def processes(backend, sides, limits):
        return Imaginary(factors, layout)

    rng, limits, chosen = np.random.default_rng(seed), Limits((0,), 60), Effort(**effort)
    clock = Clock(chosen.total_s)
    return Bench(Named(), limits, chosen, rng, lambda _: None, clock, processes=processes)


def gated(factors, seed=0, layout=0.005, **effort):
    trials = [trial(problem) for problem in factors]
    made = bench(factors, seed, layout, **effort)
    screen(made, trials)
    confirm(made, trials)
    return [t.row for t in trials]


def test_what_becomes_of_equal_slower_and_faster_rows():
    rows = gated({"equal": 1.0, "slower": 1.1, "faster": 0.8})
    assert [row.status for row in rows] == ["pass", "regressed", "improved"]
    assert rows[0].again is None
    assert rows[1].again.pairs == decision.LOOKS[0]
    assert rows[1].again.ratio == pytest.approx(1.1, abs=0.02)


def test_what_is_not_slower_on_fresh_workers_is_no_regression():
    (row,) = gated({"once": (1.2, 1.0)}, least_pairs=2, most_pairs=2)
    assert row.status == "pass"
    assert row.reason == "slower at first, not on fresh workers"


def test_a_row_at_its_margin_stays_inconclusive():
    (row,) = gated({"near": 1.03}, seed=1, layout=0.02)
    assert row.status == "inconclusive"
    assert row.change.pairs == Effort().most_pairs


def test_a_margin_of_a_row_counts():
    one = trial("a", margin=0.2)
    screen(bench({"a": 1.1}), [one])
    assert one.row.status == "pass"


def test_failures_of_either_side():
    lost = SideFailure("base", WorkerFailure("crashed", "crashed: signal 9"))
    died = SideFailure("head", WorkerFailure("timeout", "timeout after 60 s"))
    base, head, well = gated({"base": lost, "head": died, "well": 1.0})
    assert (base.status, base.reason) == ("new", "main (1234567) has no time: crashed: signal 9")
    assert (head.status, head.reason) == ("timeout", "timeout after 60 s")
    assert well.status == "pass"


def test_a_base_that_does_not_understand_ends_the_gate():
    other = SideFailure("base", OtherVersion("there is no request 'sample'"))
    with pytest.raises(InputError, match="there is no request 'sample'"):
        gated({"a": other})


def test_no_false_alarm_and_few_misses_in_many_gates():
    """40 gates of 3 equal rows with layouts 1 % apart; 40 of a row that is 5 % slower."""
    equal = [
        row.status
        for seed in range(40)
        for row in gated(dict.fromkeys("abc", 1.0), seed, layout=0.01)
    ]
    assert "regressed" not in equal
    slower = [gated({"a": 1.05}, seed)[0].status for seed in range(40)]
    assert slower.count("regressed") >= 38

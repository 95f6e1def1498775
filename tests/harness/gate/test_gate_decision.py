"""What samples show: closed forms, a second method, and many gates on synthetic samples."""

import math
from typing import ClassVar

import numpy as np
import pytest
from scipy import stats

from gradparity.harness.gate import arena as arenas
from gradparity.harness.gate import decision
from gradparity.harness.gate.arena import Arena, Effort
from gradparity.harness.gate.decision import change, changes, copies, impression, p_value
from gradparity.harness.gate.pair import SideFailure
from gradparity.harness.gate.row import Change
from gradparity.harness.processes.process import Limits, WorkerFailure
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


@pytest.mark.parametrize("slower", [True, False])
def test_the_p_value_is_that_of_a_t_test_on_the_pairs_medians(slower):
    rng = np.random.default_rng(3)
    pairs = [drawn(rng, 1.05 if slower else 0.95) for _ in range(5)]
    medians = [float(np.median(changes(p))) for p in pairs]
    threshold = math.log1p(max(0.03, change(pairs).floor))
    side, at = ("greater", threshold) if slower else ("less", -threshold)
    expected = stats.ttest_1samp(medians, at, alternative=side).pvalue
    assert p_value(pairs, 0.03, slower) == pytest.approx(expected)


def test_one_pair_shows_nothing():
    assert p_value([drawn(np.random.default_rng(0), 2.0)], 0.03, True) == 1.0


class Imaginary:
    """A pair of processes that measures `FACTORS[problem]`; of fresh ones, the second entry."""

    FACTORS: ClassVar[dict] = {}
    LAYOUT = 0.005

    def __init__(self, backend, sides, limits):
        pass

    def start(self, rng):
        pass

    def end(self):
        pass

    def sample(self, spec, rounds, rng, number):
        factor = self.FACTORS[spec["problem"]]
        if isinstance(factor, Exception):
            raise factor
        if isinstance(factor, tuple):
            factor = factor[rounds == rounds.longer()]
        return drawn(rng, factor, layout=self.LAYOUT, number=number)


class Named:
    """As much of `Sides` as a failure needs."""

    class commit:
        label = "main (1234567)"

    @staticmethod
    def told(reason):
        return reason


def gated(monkeypatch, factors, seed=0, layout=0.005, **effort):
    monkeypatch.setattr(Imaginary, "FACTORS", factors)
    monkeypatch.setattr(Imaginary, "LAYOUT", layout)
    monkeypatch.setattr(arenas, "Pair", Imaginary)
    trials = [trial(problem) for problem in factors]
    rng = np.random.default_rng(seed)
    arena = Arena(Named(), Limits((0,), 60), Effort(**effort), rng, lambda _: None)
    arena.screen(trials)
    arena.confirm(trials)
    return [t.row for t in trials]


def test_what_becomes_of_equal_slower_and_faster_rows(monkeypatch):
    rows = gated(monkeypatch, {"equal": 1.0, "slower": 1.1, "faster": 0.8})
    assert [row.status for row in rows] == ["pass", "regressed", "improved"]
    assert rows[0].again is None
    assert rows[1].again.pairs == decision.LOOKS[0]
    assert rows[1].again.ratio == pytest.approx(1.1, abs=0.02)


def test_what_is_not_slower_on_fresh_workers_is_no_regression(monkeypatch):
    (row,) = gated(monkeypatch, {"once": (1.2, 1.0)}, least_pairs=2, most_pairs=2)
    assert row.status == "pass"
    assert row.reason == "slower at first, not on fresh workers"


def test_a_row_at_its_margin_stays_inconclusive(monkeypatch):
    (row,) = gated(monkeypatch, {"near": 1.03}, seed=1, layout=0.02)
    assert row.status == "inconclusive"
    assert row.change.pairs == Effort().most_pairs


def test_a_gate_whose_time_is_spent_leaves_doubt_and_still_looks_once(monkeypatch):
    near, slower = gated(monkeypatch, {"near": 1.03, "slower": 1.2}, seed=1, total_s=1e-9)
    assert (near.status, near.change.pairs) == ("inconclusive", 2)
    assert (slower.status, slower.again.pairs) == ("regressed", decision.LOOKS[0])


def test_a_margin_of_a_row_counts(monkeypatch):
    monkeypatch.setattr(arenas, "Pair", Imaginary)
    monkeypatch.setattr(Imaginary, "FACTORS", {"a": 1.1})
    one = trial("a", margin=0.2)
    Arena(Named(), Limits((0,), 60), Effort(), np.random.default_rng(0), print).screen([one])
    assert one.row.status == "pass"


def test_failures_of_either_side(monkeypatch):
    lost = SideFailure("base", WorkerFailure("crashed", "crashed: signal 9"))
    died = SideFailure("head", WorkerFailure("timeout", "timeout after 60 s"))
    base, head, well = gated(monkeypatch, {"base": lost, "head": died, "well": 1.0})
    assert (base.status, base.reason) == ("new", "main (1234567) has no time: crashed: signal 9")
    assert (head.status, head.reason) == ("timeout", "timeout after 60 s")
    assert well.status == "pass"


def test_no_false_alarm_and_few_misses_in_many_gates(monkeypatch):
    """40 gates of 3 equal rows with layouts 1 % apart; 40 of a row that is 5 % slower."""
    equal = [
        row.status
        for seed in range(40)
        for row in gated(monkeypatch, dict.fromkeys("abc", 1.0), seed, layout=0.01)
    ]
    assert "regressed" not in equal
    slower = [gated(monkeypatch, {"a": 1.05}, seed)[0].status for seed in range(40)]
    assert slower.count("regressed") >= 38

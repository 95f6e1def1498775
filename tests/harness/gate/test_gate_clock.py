"""A gate keeps to its time, on a simulated clock; what is undecided then is inconclusive."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.harness.gate.bench import Bench
from gradparity.harness.gate.clock import Clock
from gradparity.harness.gate.confirmation import confirm
from gradparity.harness.gate.decision import LOOKS
from gradparity.harness.gate.effort import Effort
from gradparity.harness.gate.paired_processes import SideFailure
from gradparity.harness.gate.row import exit_code
from gradparity.harness.gate.screening import screen
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import OutOfTime
from tests.harness.gate.gate_samples import cell, drawn, trial


class Seconds:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Timed:
    """A pair that takes time to start and to sample, and is cut off as a real one would be.

    slowing: how many times as long as now everything takes after each pair.
    """

    def __init__(self, seconds, cut, costs, factors, slowing):
        self.seconds, self.cut = seconds, cut
        self.start_s, self.row_s = costs
        self.factors, self.slowing = factors, slowing
        self.begun = 0

    def __call__(self, backend, sides, limits):
        self.begun += 1
        return self

    def start(self, rng):
        self.pass_(self.start_s)

    def end(self):
        self.start_s *= self.slowing
        self.row_s *= self.slowing

    def sample(self, spec, rounds, rng, number):
        self.pass_(self.row_s)
        if self.seconds.now >= self.cut:
            raise SideFailure("head", OutOfTime())
        return drawn(rng, self.factors[spec.problem], number=number)

    def pass_(self, seconds):
        self.seconds.now = min(self.seconds.now + seconds, self.cut)


def gated(total_s, factors, costs, slowing=1.0, judging_s=0.0, seed=0, backends=("numpy",)):
    """The rows of a gate, the seconds that it took, and its processes."""
    seconds = Seconds()
    clock = Clock(total_s, seconds)
    timed = Timed(seconds, clock.cut, costs, factors, slowing)
    trials = [trial(problem, backend=backend) for backend in backends for problem in factors]
    effort, rng = Effort(total_s=total_s), np.random.default_rng(seed)
    seconds.now += judging_s
    bench = Bench(None, Limits((0,), 60), effort, rng, lambda _: None, clock, processes=timed)
    screen(bench, trials)
    confirm(bench, trials)
    return [t.row for t in trials], clock.spent_s(), timed


@pytest.mark.parametrize("total_s", [5.0, 45.0, 200.0])
@pytest.mark.parametrize("slowing", [1.0, 1.3])
@pytest.mark.parametrize("costs", [(2.0, 0.5), (8.0, 0.5), (2.0, 15.0), (60.0, 1.0)])
def test_no_gate_takes_a_fifth_or_ten_seconds_more(total_s, slowing, costs):
    rng = np.random.default_rng(7)
    for seed in range(2):
        factors = {f"row{i}": float(rng.choice([1.0, 1.03, 1.2])) for i in range(3)}
        rows, spent, _ = gated(
            total_s, factors, costs, slowing, judging_s=total_s * rng.random(), seed=seed,
            backends=("numpy", "tape"),
        )  # fmt: skip
        assert spent <= total_s + max(0.1 * total_s, 5.0) + 1e-9  # the rest is for cleaning up
        for row in rows:
            assert row.status in ("pass", "regressed", "inconclusive")
            assert row.status != "inconclusive" or row.reason
            assert row.status == "inconclusive" or row.change.pairs >= 2


def test_where_costs_are_as_predicted_only_the_first_pair_can_be_late():
    """A slower row has 26 fresh pairs to go through, of which the time allows some."""
    rows, spent, timed = gated(60.0, {"slower": 1.033}, (3.0, 1.0), seed=3)
    assert timed.begun > 2
    assert 60.0 - 4.0 <= spent <= 60.0
    assert rows[0].again is not None
    assert rows[0].again.pairs < LOOKS[-1]


def test_time_for_all_decides_all():
    rows, _, _ = gated(1e6, {"equal": 1.0, "slower": 1.2}, (3.0, 1.0))
    assert [row.status for row in rows] == ["pass", "regressed"]


def test_no_time_decides_nothing():
    rows, _, timed = gated(10.0, {"equal": 1.0, "slower": 1.2}, (3.0, 1.0), judging_s=10.0)
    assert timed.begun == 0
    assert {row.reason for row in rows} == {"the gate's time was spent after 0 of 2 pairs"}


def test_some_backends_are_decided_where_there_is_no_time_for_all():
    rows, spent, _ = gated(20.0, {"equal": 1.0}, (3.0, 1.0), backends=("numpy", "tape", "jax"))
    assert [row.status for row in rows] == ["pass", "pass", "inconclusive"]
    assert spent <= 20.0


def test_what_looks_slower_is_shown_before_others_are_screened():
    """Two pairs of each backend, one slower: its four fresh pairs come before tape's and jax's."""
    factors = {"slower": 1.5}
    rows, spent, _ = gated(28.0, factors, (3.0, 1.0), backends=("numpy", "tape", "jax"))
    assert [row.status for row in rows] == ["regressed", "inconclusive", "inconclusive"]
    assert spent <= 28.0


def test_a_gradient_that_was_not_judged_does_not_pass_as_good():
    unjudged, judged = trial("a").row, trial("b").row
    unjudged = replace(unjudged, cell=cell("a", status="inconclusive"))
    assert exit_code([judged.ended("pass", ""), unjudged]) == 4
    assert exit_code([judged.ended("regressed", ""), unjudged]) == 1
    assert exit_code([replace(judged, cell=cell("b", "formula"), status="formula"), unjudged]) == 3
    assert exit_code([judged]) == 0


def test_a_candidate_that_could_not_be_tested_says_so():
    (row,), spent, _ = gated(13.0, {"slower": 1.5}, (3.0, 1.0))
    assert row.status == "inconclusive"
    assert row.reason == "slower at first; no time was left to show it on fresh workers"
    assert spent <= 13.0

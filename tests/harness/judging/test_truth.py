"""The oracles: they agree or say so, and certified balls stand in for a coarse longdouble."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from gradparity.backends import Operator
from gradparity.backends.arb_balls.backend import certified
from gradparity.backends.dual_numbers import evaluation
from gradparity.backends.numpy_tape.engine import reverse_rules
from gradparity.backends.numpy_tape.primitives.elementwise import equal, multiply, sign, where
from gradparity.harness.judging import kinks, truth
from gradparity.harness.judging.cross_check import Disagreement
from gradparity.harness.judging.rounding import bound, residual_count
from gradparity.harness.judging.truth import Truth
from gradparity.problems import InputError, Instance
from gradparity.problems.catalogue import PROBLEMS
from tests.harness.judging.judged import make, network

CERTIFIED = ["price-logit", "xor-tanh", "ackley", "himmelblau", "regression-poisson"]
OPERATORS: tuple[Operator, ...] = ("value", "gradient", "jvp", "hvp", "hessian")


@pytest.mark.parametrize("name", CERTIFIED)
def test_the_truth_is_within_certified_balls(name):
    problem = PROBLEMS[name]
    instance = problem.instance("tiny", 1)
    for operator in OPERATORS if name != "regression-poisson" else ("gradient",):
        found = Truth(problem, instance, operator)
        value, derivative, _ = certified(problem, instance, operator)
        exact = dict(derivative) if value is None else {"": value, **derivative}
        assert found.exact.keys() == exact.keys()
        for part, true in exact.items():
            scale = found.moves[part] + np.abs(true)
            # A twentieth of float64's eps: 100 of longdouble's.
            assert np.all(np.abs(found.exact[part] - true) <= 1e-17 * scale)


def test_a_coarse_longdouble_hands_over_to_certified_balls(monkeypatch):
    problem = PROBLEMS["xor-tanh"]
    instance = problem.instance("tiny", 0)
    fine = Truth(problem, instance)
    monkeypatch.setattr(truth, "EPS", 2.2e-16)
    monkeypatch.setattr(evaluation, "EPS", 2.2e-16)
    found = Truth(problem, instance)
    assert found.oracle.startswith("certified balls")
    assert found.lawful.hull("float64") is None
    for name, g in fine.exact.items():
        assert found.exact[name] == pytest.approx(g, rel=1e-15)
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(InputError, match=r"pip install 'gradparity\[arb\]'"):
        Truth(problem, instance)


def test_a_wrong_rule_of_the_tape_is_a_disagreement_not_a_verdict(monkeypatch):
    problem, instance = network(8)
    wrong = (lambda g, z, x: multiply(g, multiply(z, 1.0 + 2.0**-40)),)
    monkeypatch.setitem(reverse_rules.REVERSE_RULES, "exp", wrong)
    with pytest.raises(Disagreement, match=r"two oracles disagree on test, gradient .*\[.*eps"):
        Truth(problem, instance)


@pytest.mark.parametrize(("slope", "agree"), [(-1.0, True), (0.25, True), (3.0, False)])
def test_at_a_kink_the_oracles_may_differ_by_convention_alone(slope, agree, monkeypatch):
    problem = make(lambda xp, p, d: xp.sum(xp.abs(p["x"])), None)
    instance = Instance({"x": np.array([0.0, 2.0])}, {})
    rule = (lambda g, z, x: multiply(g, where(equal(x, 0), slope, sign(x))),)
    monkeypatch.setitem(reverse_rules.REVERSE_RULES, "abs", rule)
    if agree:
        assert "at a kink" in Truth(problem, instance).oracle
    else:
        with pytest.raises(Disagreement, match=r"gradient x\[0\]"):
            Truth(problem, instance)


def test_a_wrong_rule_is_seen_along_directions_of_a_large_network(monkeypatch):
    problem, instance = network(700)
    assert "random directions" in Truth(problem, instance).oracle
    wrong = (lambda g, z, x: multiply(g, multiply(z, 1.0 + 2.0**-40)),)
    monkeypatch.setitem(reverse_rules.REVERSE_RULES, "exp", wrong)
    with pytest.raises(Disagreement, match="random direction"):
        Truth(problem, instance)


def test_residuals_are_counted():
    problem = PROBLEMS["regression-linear"]
    instance = problem.instance("tiny", 0)
    assert residual_count(problem, instance) == len(instance.data["y"])


def test_more_runs_sharpen_the_moves():
    problem, instance = network(8)
    found = Truth(problem, instance)
    rough = found.moves["w1"].copy()
    assert found.sharpen()
    assert not found.sharpen()
    fine = found.moves["w1"]
    assert not np.array_equal(fine, rough)
    assert 0.5 < np.median(rough / fine) < 2


def test_the_same_seed_gives_the_same_truth():
    problem, instance = network(8)
    first, second = (Truth(problem, instance, seed=3) for _ in range(2))
    for name, moves in first.moves.items():
        assert np.array_equal(moves, second.moves[name])


def test_the_bound_is_64_up_to_16384_additions():
    assert [bound(n) for n in (0, 16_384, 65_536, 1_000_000)] == [64, 64, 128, 500]


def test_a_tie_of_max_has_the_hull_of_its_shares():
    problem = make(lambda xp, p, d: xp.max(p["x"] * d["a"]), None)
    instance = Instance({"x": np.array([2.0, 1.0, 0.5])}, {"a": np.array([1.0, 2.0, 1.0])})
    low, high = Truth(problem, instance).lawful.hull("float64")["x"]
    assert low.tolist() == [0, 0, 0]
    assert high.tolist() == [1, 2, 0]


def test_a_kink_within_rounding_of_float32_is_one_for_float32_alone():
    problem = make(lambda xp, p, d: xp.sum(xp.maximum(p["x"] - 1.0, 0.0 * p["x"])), None)
    instance = Instance({"x": np.array([1 + 2.0**-20])}, {})
    found = Truth(problem, instance)
    assert found.exact["x"].tolist() == [1]
    assert found.lawful.hull("float64") is None
    low, high = found.lawful.hull("float32")["x"]
    assert (low.tolist(), high.tolist()) == ([0], [1])


def test_neighbours_of_a_zero_are_as_far_as_the_largest_is_large():
    problem = make(lambda xp, p, d: xp.sum(xp.abs(p["x"])), None)
    for x in ([0.0, 8.0], [0.0, 0.0]):
        low, high = Truth(problem, Instance({"x": np.array(x)}, {})).lawful.hull("float64")["x"]
        assert (low[0], high[0]) == (-1, 1)
    assert kinks.PAIRS >= 8


@pytest.mark.parametrize(
    ("loss", "watched"),
    [
        (lambda xp, p, d: xp.sum(xp.exp(p["x"]) * xp.sin(p["x"])), False),
        (lambda xp, p, d: xp.sum(xp.abs(p["x"])), True),
        (lambda xp, p, d: xp.sum(xp.sqrt(p["x"])), True),
    ],
)
def test_what_compares_nothing_is_not_run_again_to_look_for_ties(monkeypatch, loss, watched):
    looked = []
    own = kinks.ties
    monkeypatch.setattr(kinks, "ties", lambda *args: looked.append(args) or own(*args))
    found = Truth(make(loss, None), Instance({"x": np.array([0.5, 2.0])}, {}))
    assert found.lawful.ties("float64").smooth
    assert bool(looked) is watched

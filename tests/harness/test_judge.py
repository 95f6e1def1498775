from __future__ import annotations

import math

import numpy as np
import pytest

from backends import Answer
from harness.judge import CONSTANT, Judge
from harness.verdict import apart, explained, place
from problems import InputError, Instance
from tests.harness.judged import (
    DTYPES,
    LARGE,
    SMALL,
    changed,
    judged,
    make,
    network,
    network_answer,
)


@pytest.mark.parametrize("width", [SMALL, LARGE])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(4))
def test_right_answers_pass(width, dtype, seed):
    problem, instance = network(width, seed)
    found = judged(problem, instance, dtype, seed, mine=network_answer(instance, dtype))
    verdict = found.verdicts["mine"]
    assert (verdict.status, verdict.reason) == ("ok", "")
    # Far inside, not just within: the constant is no excuse.
    assert 0 < verdict.max_error < 64 * np.finfo(dtype).eps
    assert found.bound == CONSTANT * np.finfo(dtype).eps
    assert found.pairs == []


def test_the_oracle_says_what_it_saw():
    eps = np.finfo(np.longdouble).eps
    described = {
        width: judged(*network(width), mine=network_answer(network(width)[1], "float64")).oracle
        for width in (SMALL, LARGE)
    }
    assert described == {
        SMALL: f"dual numbers in longdouble (eps {eps:.1e}), every component",
        LARGE: f"dual numbers in longdouble (eps {eps:.1e}), 4 random directions per parameter",
    }


# What is not finite; the value; scalars; pairs.


@pytest.mark.parametrize("width", [SMALL, LARGE])
@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_what_is_not_finite_is_named_apart(width, broken):
    problem, instance = network(width)
    right = network_answer(instance, "float64")
    w1 = right.derivative["w1"].copy()
    w1[2, 3] = broken
    found = judged(
        problem, instance, right=right, wrong=changed(right, "w1", w1),
        value=right._replace(value=np.array(np.nan)),
    )  # fmt: skip
    assert found.verdicts["right"].status == "ok"
    assert found.verdicts["wrong"].status == "nonfinite"
    assert found.verdicts["wrong"].reason.startswith(f"w1[2,3] is {broken}, should be ")
    assert found.verdicts["wrong"].max_error == math.inf
    assert found.verdicts["value"].status == "nonfinite"
    assert found.verdicts["value"].reason.startswith("value is nan, should be ")


def test_an_infinity_that_is_the_truth_is_right():
    problem = make(
        lambda xp, p, d: xp.sum(xp.sqrt(p["x"])),
        lambda rng: Instance({"x": np.array([0.0, 4.0])}, {}),
    )
    instance = problem.instance("only", 0)
    found = judged(
        problem,
        instance,
        right=Answer(np.array(2.0), {"x": np.array([np.inf, 0.25])}),
        finite=Answer(np.array(2.0), {"x": np.array([1e9, 0.25])}),
        nan=Answer(np.array(2.0), {"x": np.array([np.inf, np.nan])}),
    )
    assert found.verdicts["right"].status == "ok"
    assert found.verdicts["finite"].reason.startswith("x[0] is 1e+09, should be inf")
    assert found.verdicts["nan"].reason.startswith("x[1] is nan, should be 0.25")


def test_operator_value_judges_the_value_alone():
    problem, instance = network(SMALL)
    value = network_answer(instance, "float64").value
    found = judged(
        problem,
        instance,
        operator="value",
        right=Answer(value, {}),
        wrong=Answer(value * (1 + 1e-9), {}),
    )
    assert found.verdicts["right"].status == "ok"
    assert found.verdicts["wrong"].status == "wrong value"
    assert 1e-10 < found.verdicts["wrong"].max_error < 1.001e-9
    assert found.pairs[0].parameter == ""
    assert found.pairs[0].error == pytest.approx(found.verdicts["wrong"].max_error, rel=1e-6)
    assert "component" not in found.oracle


def test_a_scalar_parameter_has_no_index_and_underflow_is_forgiven():
    problem = make(
        lambda xp, p, d: 1e-30 * p["price"] * p["price"] * 1e-20,
        lambda rng: Instance({"price": np.array(2.0)}, {}),
    )
    instance = problem.instance("only", 0)
    zero = Answer(np.float32(0), {"price": np.array(0, "float32")})
    assert judged(problem, instance, "float32", a=zero).verdicts["a"].status == "ok"
    wrong = Answer(np.array(4e-50), {"price": np.array(4.1e-50)})
    reason = judged(problem, instance, wrong=wrong).verdicts["wrong"].reason
    assert reason.startswith("price is 4.1e-50, should be 4e-50 (error ")


def test_every_two_answers_are_compared():
    problem, instance = network(SMALL)
    right = network_answer(instance, "float64")
    top = np.abs(right.derivative["w2"]).max()
    off = right.derivative["w2"].copy()
    off[4, 1] += 1e-3 * top
    found = judged(problem, instance, a=right, b=right, c=changed(right, "w2", off))
    assert [(p.first, p.second) for p in found.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.pairs[0].error == 0
    for pair in found.pairs[1:]:
        assert (pair.parameter, pair.index) == ("w2", (4, 1))
        assert 1e-4 < pair.error < 1.001e-3


def test_the_same_seed_gives_the_same_judgement():
    problem, instance = network(LARGE)
    answer = network_answer(instance, "float32")
    first, second = (judged(problem, instance, "float32", 3, mine=answer) for _ in range(2))
    assert first == second


def test_a_loss_that_cannot_be_evaluated_is_a_mistake_of_its_writer():
    problem = make(lambda xp, p, d: p["x"], lambda rng: Instance({"x": np.ones(3)}, {}))
    with pytest.raises(InputError, match="not a scalar"):
        Judge(problem, problem.instance("only", 0), "gradient", "float64", 0)


def test_a_parameter_without_entries():
    problem = make(
        lambda xp, p, d: xp.sum(p["x"]) + xp.sum(p["none"] ** 2),
        lambda rng: Instance({"x": np.ones(2), "none": np.zeros((0, 3))}, {}),
    )
    answer = Answer(np.array(2.0), {"x": np.ones(2), "none": np.zeros((0, 3))})
    found = judged(problem, problem.instance("only", 0), a=answer, b=answer)
    assert {verdict.status for verdict in found.verdicts.values()} == {"ok"}


def test_the_wording():
    assert place("w1", (2, 7)) == "w1[2,7]"
    assert place("price", ()) == "price"
    assert place("", ()) == "value"
    assert apart(0.0131211, 0.0131252) == ("0.0131211", "0.0131252")
    assert apart(1.00000000123, 1.0) == ("1.000000001", "1")
    line = explained("w1[2,7]", 0.013121, 0.013125, 3.1e-4, 9.1e-13)
    assert line == "w1[2,7] is 0.013121, should be 0.013125 (error 3.1e-04, bound 9.1e-13)"

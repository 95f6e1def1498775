from __future__ import annotations

import math

import numpy as np
import pytest

from gradparity.backends import Answer
from gradparity.harness.findings.words import sentence
from gradparity.harness.judging.truth import Truth
from gradparity.problems import InputError, Instance
from tests.harness.judging.judged import (
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
    mine = found["mine"]
    assert mine.status == "ok"
    # Far inside, not just within: the constant is no excuse.
    assert 0 < (mine.u64 if dtype == "float64" else mine.u32) < 16 < mine.bound == 64


# What is not finite; the value; scalars.


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
    assert found["right"].status == "ok"
    assert found["wrong"].status == "nonfinite"
    assert sentence(found["wrong"]).startswith(f"w1[2,3]: {broken}, should be ")
    assert found["wrong"].u64 == math.inf
    assert found["value"].status == "nonfinite"
    assert sentence(found["value"]).startswith("value: nan, should be ")


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
    assert found["right"].status == "ok"
    assert found["finite"].status == "convention"
    assert sentence(found["nan"]).startswith("x[1]: nan, should be 0.25")


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
    assert found["right"].status == "ok"
    assert found["wrong"].status == "formula"
    assert 1e-10 < found["wrong"].u64 * 2.0**-52 < 1.001e-9


def test_a_scalar_parameter_has_no_index_and_underflow_is_forgiven():
    problem = make(
        lambda xp, p, d: 1e-30 * p["price"] * p["price"] * 1e-20,
        lambda rng: Instance({"price": np.array(2.0)}, {}),
    )
    instance = problem.instance("only", 0)
    zero = Answer(np.float32(0), {"price": np.array(0, "float32")})
    assert judged(problem, instance, "float32", a=zero)["a"].status == "ok"
    wrong = Answer(np.array(4e-50), {"price": np.array(4.1e-50)})
    reason = sentence(judged(problem, instance, wrong=wrong)["wrong"])
    assert reason.startswith("price: 4.1e-50, should be 4e-50 (u = ")


def test_the_same_seed_gives_the_same_judgement():
    problem, instance = network(LARGE)
    answer = network_answer(instance, "float32")
    first, second = (judged(problem, instance, "float32", 3, mine=answer) for _ in range(2))
    assert first == second


def test_a_loss_that_cannot_be_evaluated_is_a_mistake_of_its_writer():
    problem = make(lambda xp, p, d: p["x"], lambda rng: Instance({"x": np.ones(3)}, {}))
    with pytest.raises(InputError, match="not a scalar"):
        Truth(problem, problem.instance("only", 0))


def test_a_parameter_without_entries():
    problem = make(
        lambda xp, p, d: xp.sum(p["x"]) + xp.sum(p["none"] ** 2),
        lambda rng: Instance({"x": np.ones(2), "none": np.zeros((0, 3))}, {}),
    )
    answer = Answer(np.array(2.0), {"x": np.ones(2), "none": np.zeros((0, 3))})
    found = judged(problem, problem.instance("only", 0), a=answer, b=answer)
    assert {verdict.status for verdict in found.values()} == {"ok"}

"""Bugs planted in a gradient: each is found, and the right place is named."""

from __future__ import annotations

import numpy as np
import pytest

from backends import Answer
from harness.judge import CONSTANT
from harness.verdict import apart
from problems import Instance
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
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_one_wrong_sign_is_found_and_located(width, alone, seed):
    problem, instance = network(width, seed)
    right = network_answer(instance, "float64")
    # A component of typical size, neither the largest nor tiny.
    w1 = right.derivative["w1"]
    flat = np.argsort(np.abs(w1), axis=None)[w1.size // 2]
    index = tuple(int(i) for i in np.unravel_index(flat, w1.shape))
    wrong = w1.copy()
    wrong[index] *= -1
    answers = {"wrong": changed(right, "w1", wrong)} | ({} if alone else {"right": right})
    found = judged(problem, instance, seed=seed, **answers)
    verdict = found.verdicts["wrong"]
    assert verdict.status == "wrong gradient"
    got, true = apart(wrong[index], w1[index])
    assert f"w1[{index[0]},{index[1]}] is {got}, should be {true} (error " in verdict.reason
    assert verdict.max_error > found.bound
    if not alone:
        assert found.verdicts["right"].status == "ok"
        assert (found.pairs[0].parameter, found.pairs[0].index) == ("w1", index)
        assert found.pairs[0].error > found.bound


@pytest.mark.parametrize("width", [SMALL, LARGE])
@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2"])
def test_a_factor_of_one_millionth_on_one_parameter_is_found_in_float64(width, name):
    problem, instance = network(width)
    right = network_answer(instance, "float64")
    wrong = changed(right, name, right.derivative[name] * (1 + 1e-6))
    verdict = judged(problem, instance, wrong=wrong).verdicts["wrong"]
    assert verdict.status == "wrong gradient"
    assert verdict.reason.startswith(f"{name}[")
    # Relative to the largest component and the sensitivity, which is of its size.
    assert 1e-7 < verdict.max_error < 1.001e-6


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [SMALL, LARGE])
@pytest.mark.parametrize(
    ("name", "bug"),
    [
        ("b1", np.zeros_like),
        ("w1", lambda g: -g),
        ("w1", lambda g: g * 12),
        ("w2", lambda g: g[::-1].copy()),
        ("b2", lambda g: g + np.abs(g).max() / 10),
    ],
    ids=["dropped bias", "sign", "sum for mean", "reversed", "constant added"],
)
def test_common_bugs_are_found_in_both_precisions(dtype, width, name, bug):
    problem, instance = network(width)
    right = network_answer(instance, dtype)
    found = judged(
        problem,
        instance,
        dtype,
        right=right,
        wrong=changed(right, name, bug(right.derivative[name])),
    )
    assert found.verdicts["right"].status == "ok"
    assert found.verdicts["wrong"].status == "wrong gradient"
    assert found.verdicts["wrong"].reason.startswith(f"{name}[")
    # The component that is named is wrong, and both its numbers are as they are.
    index = found.verdicts["wrong"].reason.partition("[")[2].partition("]")[0]
    place_ = tuple(int(i) for i in index.split(","))
    numbers = found.verdicts["wrong"].reason.replace(",", " ").split(" ")
    got, true = (float(numbers[numbers.index(word) + 1]) for word in ("is", "be"))
    assert true == pytest.approx(right.derivative[name][place_], rel=1e-3)
    assert got == pytest.approx(bug(right.derivative[name])[place_], rel=1e-3)


def test_the_same_wrong_component_in_every_answer_is_found():
    problem, instance = network(LARGE)
    right = network_answer(instance, "float64")
    w1 = right.derivative["w1"].copy()
    w1[3, 333] *= 1.01
    wrong = changed(right, "w1", w1)
    found = judged(problem, instance, one=wrong, other=wrong)
    assert found.pairs[0].error == 0
    for verdict in found.verdicts.values():
        assert verdict.reason.startswith("w1[3,333] is ")


def test_two_exchanged_components_are_found():
    problem, instance = network(LARGE)
    right = network_answer(instance, "float64")
    for seed in range(20):
        w1 = right.derivative["w1"].copy()
        w1[1, 5], w1[2, 400] = w1[2, 400], w1[1, 5]
        found = judged(problem, instance, seed=seed, wrong=changed(right, "w1", w1))
        assert found.verdicts["wrong"].reason.startswith(("w1[1,5] is ", "w1[2,400] is "))


def test_a_dropped_term_of_the_loss_is_found_in_value_and_gradient():
    problem = make(
        lambda xp, p, d: xp.sum((p["x"] - d["y"]) ** 2) + 1e-6 * xp.sum(p["x"] ** 2),
        lambda rng: Instance({"x": rng.normal(size=4)}, {"y": rng.normal(size=4)}),
    )
    instance = problem.instance("only", 0)
    x, y = instance.params["x"], instance.data["y"]
    value, gradient = np.sum((x - y) ** 2), 2 * (x - y)
    right = Answer(value + 1e-6 * np.sum(x**2), {"x": gradient + 2e-6 * x})
    found = judged(
        problem,
        instance,
        right=right,
        value=right._replace(value=value),
        gradient=changed(right, "x", gradient),
    )
    statuses = {label: verdict.status for label, verdict in found.verdicts.items()}
    assert statuses == {"right": "ok", "value": "wrong value", "gradient": "wrong gradient"}
    assert found.verdicts["value"].reason.startswith("value is ")
    assert found.verdicts["gradient"].reason.startswith("x[")


def test_an_error_spread_below_the_bound_of_each_component_is_told_along_a_direction():
    # Each component is off by half the bound, relative to the largest; along d the sum is off by more.
    count, bound = 3000, CONSTANT * np.finfo("float64").eps
    problem = make(
        lambda xp, p, d: xp.sum(p["x"] ** 2) + 1e3 * p["x"][0],
        lambda rng: Instance({"x": rng.uniform(1, 2, count)}, {}),
    )
    instance = problem.instance("only", 0)
    x = instance.params["x"]
    gradient = 2 * x
    gradient[0] += 1e3
    signs = np.random.default_rng(99).choice(np.array((-1.0, 1.0)), count)
    wrong = gradient + 0.5 * bound * gradient[0] * signs
    answer = Answer(np.sum(x * x) + 1e3 * x[0], {"x": wrong})
    verdict = judged(problem, instance, wrong=answer).verdicts["wrong"]
    assert verdict.status == "wrong gradient"
    assert verdict.reason.startswith("x along a random direction is ")

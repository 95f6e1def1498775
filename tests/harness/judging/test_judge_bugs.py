"""Bugs planted in a gradient: each is found, and the right place is named."""

from __future__ import annotations

import numpy as np
import pytest

from gradparity.backends import Answer
from gradparity.problems import Instance
from tests.harness.judging.judged import (
    DTYPES,
    LARGE,
    SMALL,
    changed,
    judged,
    make,
    network,
    network_answer,
    place,
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
    verdict = found["wrong"]
    assert verdict.status == "formula"
    assert place(verdict) == ("w1", index)
    assert verdict.worst.got == wrong[index]
    assert verdict.worst.true == pytest.approx(w1[index], rel=1e-12)
    assert verdict.u64 > verdict.bound
    if not alone:
        assert found["right"].status == "ok"


@pytest.mark.parametrize("width", [SMALL, LARGE])
@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2"])
def test_a_factor_of_one_millionth_on_one_parameter_is_found_in_float64(width, name):
    problem, instance = network(width)
    right = network_answer(instance, "float64")
    wrong = changed(right, name, right.derivative[name] * (1 + 1e-6))
    verdict = judged(problem, instance, wrong=wrong)["wrong"]
    assert verdict.status == "formula"
    assert verdict.worst.parameter == name
    # Relative to the component itself and what rounding does to it, which is of its size.
    assert 1e-7 < verdict.u64 * 2.0**-52 < 1.001e-6


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
    assert found["right"].status == "ok"
    assert found["wrong"].status == "formula"
    # The component that is named is wrong, and both its numbers are as they are.
    worst = found["wrong"].worst
    assert worst.parameter == name
    assert worst.true == pytest.approx(right.derivative[name][worst.index], rel=1e-3)
    assert worst.got == bug(right.derivative[name])[worst.index]


def test_the_same_wrong_component_in_every_answer_is_found():
    problem, instance = network(LARGE)
    right = network_answer(instance, "float64")
    w1 = right.derivative["w1"].copy()
    w1[3, 333] *= 1.01
    wrong = changed(right, "w1", w1)
    found = judged(problem, instance, one=wrong, other=wrong)
    for verdict in found.values():
        assert place(verdict) == ("w1", (3, 333))


def test_two_exchanged_components_are_found():
    problem, instance = network(LARGE)
    right = network_answer(instance, "float64")
    for seed in range(20):
        w1 = right.derivative["w1"].copy()
        w1[1, 5], w1[2, 400] = w1[2, 400], w1[1, 5]
        found = judged(problem, instance, seed=seed, wrong=changed(right, "w1", w1))
        assert place(found["wrong"]) in (("w1", (1, 5)), ("w1", (2, 400)))


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
    statuses = {label: verdict.status for label, verdict in found.items()}
    assert statuses == {"right": "ok", "value": "formula", "gradient": "formula"}
    assert place(found["value"]) == ("", ())
    assert found["gradient"].worst.parameter == "x"

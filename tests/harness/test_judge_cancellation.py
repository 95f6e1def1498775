"""Right answers where terms cancel are not accused, and wrong ones there are."""

from __future__ import annotations

import numpy as np
import pytest

from backends import Answer
from harness.oracle import Oracle
from problems import Instance
from problems.functions import cross_entropy
from tests.harness.judged import (
    DTYPES,
    changed,
    judged,
    make,
)


def test_an_answer_at_an_optimum_is_not_accused():
    # At the least-squares solution the gradient is rounding alone.
    rng = np.random.default_rng(5)
    a, w = rng.normal(size=(40, 6)), rng.normal(size=6)
    y = a @ w + rng.normal(size=40)
    problem = make(
        lambda xp, p, d: 0.5 * xp.sum((d["a"] @ p["w"] - d["y"]) ** 2),
        lambda rng: Instance({"w": np.linalg.lstsq(a, y, rcond=None)[0]}, {"a": a, "y": y}),
    )
    instance = problem.draw(None)
    for dtype in DTYPES:
        point = instance.rounded()
        w, a32, y32 = (
            x.astype(dtype) for x in (point.params["w"], point.data["a"], point.data["y"])
        )
        residual = a32 @ w - y32
        right = Answer(residual @ residual / 2, {"w": a32.T @ residual})
        wrong = changed(right, "w", right.derivative["w"] + (a32.T @ a32 @ w) * w.dtype.type(0.01))
        found = judged(problem, point, dtype, right=right, wrong=wrong)
        assert found.verdicts["right"].status == "ok"
        assert found.verdicts["wrong"].status == "wrong gradient"


def test_balanced_classes_at_zero_weights_are_not_accused():
    # The bias gradient is mean(1/10 - y) = 0: what is left is the rounding of 1/10.
    labels = np.arange(50) % 10
    problem = make(
        lambda xp, p, d: cross_entropy(xp, p["b"] + 0 * d["x"], d["labels"]),
        lambda rng: Instance({"b": np.zeros(10)}, {"x": np.ones((50, 10)), "labels": labels}),
    )
    instance = problem.instance("only", 0)
    for dtype in DTYPES:
        p = np.exp(np.zeros((50, 10), dtype)) / np.array(10, dtype)
        p[np.arange(50), labels] -= 1
        gradient = np.mean(p, axis=0)
        assert gradient.any()
        answer = Answer(np.log(np.array(10, dtype)), {"b": gradient})
        wrong = changed(answer, "b", gradient + np.array(0.01, dtype))
        found = judged(problem, instance, dtype, right=answer, wrong=wrong)
        assert found.verdicts["right"].status == "ok"
        assert found.verdicts["wrong"].status == "wrong gradient"


def test_a_kink_is_no_excuse_for_a_wrong_gradient():
    # Moving x off the tie |x - y| = 0 makes the derivative jump by 1, which is not rounding.
    problem = make(
        lambda xp, p, d: xp.sum(xp.abs(p["x"] - d["y"])),
        lambda rng: Instance({"x": np.array([1.5, 2.0])}, {"y": np.array([1.5, 1.0])}),
    )
    instance = problem.instance("only", 0)
    value = np.array(1.0)
    found = judged(
        problem,
        instance,
        right=Answer(value, {"x": np.array([0.0, 1.0])}),
        wrong=Answer(value, {"x": np.array([0.0, 1.0 + 1e-6])}),
    )
    assert found.verdicts["right"].status == "ok"
    assert found.verdicts["wrong"].reason.startswith("x[1] is 1.000001, should be 1 ")


def test_the_sensitivity_is_the_derivative_of_the_derivative():
    # g = 2bp - a at p = 3, b = 2, a = 5: S = sqrt((2bp)² (ξb + ξp)² + …), of the order of 12.
    problem = make(
        lambda xp, p, d: d["b"] * p["p"] ** 2 - d["a"] * p["p"],
        lambda rng: Instance({"p": np.array(3.0)}, {"a": np.array(5.0), "b": np.array(2.0)}),
    )
    oracle = Oracle(problem.loss, problem.instance("only", 0), 0)
    units = oracle.units("p", np.array([0]))
    true = oracle.derivatives("p", units)
    assert true[0] == 2 * 2 * 3 - 5
    # The extremes of |2bp(ξb + ξp) - a ξa| over ξ = ±(½ … 1½) are 0 and 1.5 (12 + 12 + 5).
    seen = [
        float(
            Oracle(problem.loss, problem.instance("only", 0), seed).sensitivities("p", units, true)[
                0
            ]
        )
        for seed in range(50)
    ]
    assert min(seen) > 0
    assert max(seen) <= 1.5 * (12 + 12 + 5) * (1 + 1e-6)
    # Their mean square is (12² + 12² + 5²) E ξ², and E ξ² = 13/12.
    expected = (144 + 144 + 25) * 13 / 12
    assert np.mean(np.square(seen)) == pytest.approx(expected, rel=0.4)

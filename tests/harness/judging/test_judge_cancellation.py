"""Right answers where terms cancel are not accused, and wrong ones there are."""

from __future__ import annotations

import numpy as np

from gradparity.backends import Answer
from gradparity.problems import Instance
from gradparity.problems.functions import cross_entropy
from tests.harness.judging.judged import DTYPES, changed, judged, make, place


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
        assert found["right"].status == "ok"
        assert found["wrong"].status == "formula"


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
        assert found["right"].status == "ok"
        assert found["wrong"].status == "formula"


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
    assert found["right"].status == "ok"
    assert place(found["wrong"]) == ("x", (1,))
    assert (found["wrong"].worst.got, found["wrong"].worst.true) == (1 + 1e-6, 1.0)

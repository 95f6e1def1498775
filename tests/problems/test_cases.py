"""Problems whose loss is a mean over cases: which arrays those are, accuracy, what is held out."""

from __future__ import annotations

import numpy as np
import pytest

from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY

WITH_CASES = [name for name, problem in PROBLEMS.items() if problem.cases]


def test_who_has_cases():
    assert WITH_CASES == [
        "xor-sigmoid",
        "xor-tanh",
        "xor-relu",
        "softmax-digits",
        "mlp-digits",
        "regression-linear",
        "regression-diabetes",
        "regression-logistic",
    ]


@pytest.mark.parametrize("name", WITH_CASES)
def test_the_loss_is_the_mean_over_single_cases(name):
    problem = PROBLEMS[name]
    instance = problem.instance("tiny", 3)
    count = len(instance.data[problem.cases[0]])
    singles = [
        {key: x[i : i + 1] if key in problem.cases else x for key, x in instance.data.items()}
        for i in range(count)
    ]
    losses = [problem.loss(NUMPY, instance.params, data) for data in singles]
    whole = problem.loss(NUMPY, instance.params, instance.data)
    assert float(np.mean(losses)) == pytest.approx(float(whole), rel=1e-13)


@pytest.mark.parametrize("name", ["softmax-digits", "mlp-digits"])
def test_drawn_and_held_out_images_are_all_the_images_once(name):
    problem = PROBLEMS[name]
    drawn = problem.instance("small", 5).data
    rest = problem.held_out(np.random.default_rng(5), **problem.sizes["small"])
    assert len(drawn["y"]) + len(rest["y"]) == 1797
    both = np.concatenate([drawn["x"], rest["x"]])
    whole = PROBLEMS["softmax-digits"].instance("large", 0).data["x"]
    assert np.array_equal(np.sort(both, axis=0), np.sort(whole, axis=0))
    first = {row.tobytes() for row in drawn["x"]}
    assert not any(row.tobytes() in first for row in rest["x"])


def test_xor_is_solved_by_rumelharts_network():
    params = {
        "w1": np.array([[1.0, 1.0], [1.0, 1.0]]),
        "b1": np.array([-0.5, -1.5]),
        "w2": np.array([[1.0], [-1.0]]),
        "b2": np.array([-0.25]),
    }
    problem = PROBLEMS["xor-relu"]
    data = problem.instance("tiny", 0).data
    # hidden: (0, 0), (½, 0), (½, 0), (3/2, ½); logits -¼, ¼, ¼, ¾: three of four.
    assert problem.accuracy(params, data) == 0.75
    params["w2"][1] = -3.0
    assert problem.accuracy(params, data) == 1.0


def test_accuracy_of_a_classifier_that_always_says_three():
    problem = PROBLEMS["softmax-digits"]
    data = problem.instance("large", 0).data
    params = {"w": np.zeros((64, 10)), "b": np.eye(10)[3]}
    assert problem.accuracy(params, data) == 183 / 1797
    ready = PROBLEMS["mlp-digits"].instance("tiny", 0).params
    last = {key: np.zeros_like(x) for key, x in ready.items()}
    assert PROBLEMS["mlp-digits"].accuracy({**last, "b2": np.eye(10)[3]}, data) == 183 / 1797


def test_the_quadratic_has_its_condition_number():
    for size, kappa in {"tiny": 10.0, "small": 100.0, "medium": 1000.0, "large": 1e6}.items():
        instance = PROBLEMS["quadratic"].instance(size, 1)
        assert instance.data["curvature"].tolist() == [1.0, kappa]
        x, y = instance.params["x"]
        value = PROBLEMS["quadratic"].loss(NUMPY, instance.params, instance.data)
        assert float(value) == pytest.approx(x * x / 2 + kappa * y * y / 2, rel=1e-14)
        r = PROBLEMS["quadratic"].residuals(NUMPY, instance.params, instance.data)
        assert float(r @ r) / 2 == pytest.approx(float(value), rel=1e-14)

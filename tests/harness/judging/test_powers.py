"""What a power costs in digits, and to whom more is allowed: no answer is judged by another's M."""

import warnings

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.backends import Answer
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.problems import Instance, Problem

X = np.array([1.5, 5.0, 8.0])


def powers(k):
    return lambda x: np.sum(x**k), lambda x: k * np.exp((k - 1) * np.log(x))


@pytest.mark.parametrize("k", [3.0, 20.0, 42.0, -42.0, 140.0])
def test_a_power_from_a_logarithm_is_right(k):
    """exp(k ln x) is off by k ln x roundings: 87 in the range of float32, 289 for k = 140."""
    loss, gradient = powers(k)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(loss, X, gradient=gradient).right


@pytest.mark.parametrize("k", [3.0, 42.0])
def test_a_small_factor_is_wrong(k):
    loss, _ = powers(k)
    with pytest.raises(GradientError):
        check(loss, X, gradient=lambda x: (1 + 1e-13) * k * x ** (k - 1))


def test_rounding_moves_a_power_by_its_last_digit():
    """M of Σ x^42 is that of one rounding, and of one more, √2 in all; by hand it is 42 ln x."""
    truth = truth_of(lambda xp, p, d: xp.sum(xp.pow(p["x"], 42.0)), [8.0])
    assert 0.4 < float(truth.moves[""] / truth.exact[""]) < 3
    truth.recover("float64")
    assert 30 < float(truth.moves_in("float64")[""] / truth.exact[""]) < 260
    assert 0.4 < float(truth.moves_in("float64", recovered=False)[""] / truth.exact[""]) < 3


def truth_of(loss, x):
    problem = Problem("test", loss, lambda rng: None, {}, "")
    return Truth(problem, Instance({"x": np.array(x)}, {}))


def test_a_saturated_answer_loosens_nothing_for_the_next():
    """1 - tanh² at 9: from tanh it is off in both dtypes; by a factor of 1 + 1e-9 in float64."""
    x = np.array([9.0])

    def fresh():
        return truth_of(lambda xp, p, d: xp.sum(2.0 / (1.0 + xp.exp(-2.0 * p["x"])) - 1.0), x)

    def answers(slope):
        value = np.tanh(x).sum()
        return (
            Answer(t(value), {"x": slope(x.astype(t)).astype(t)}) for t in (np.float64, np.float32)
        )

    def from_tanh(x):
        return 1 - np.tanh(x) ** 2

    def off(x):
        return 4 * np.exp(-2 * x) / (1 + np.exp(-2 * x)) ** 2 * x.dtype.type(1 + 1e-9)

    shared = fresh()
    first = judge_pair(shared, *answers(from_tanh)).status
    assert first == judge_pair(fresh(), *answers(from_tanh)).status
    again, alone = judge_pair(shared, *answers(off)), judge_pair(fresh(), *answers(off))
    assert again.status == alone.status
    assert again.u64 == pytest.approx(alone.u64, rel=1)

"""A plain function f(x, y): read off as it is, or refused with a reason."""

import math
from math import sin

import numpy as np
import pytest

from gradparity.harness.landscapes.plain_loss import problem_of_plain, read_off
from gradparity.problems import InputError
from gradparity.problems.namespace import NUMPY as XP


def with_numpy(x, y):
    return np.sin(x) * y**2 + np.exp(-x * y)


def with_math(x, y):
    return math.exp(x) / math.pi + sin(y) + math.hypot(x, y)


WEIGHTS = np.array([1.0, 2.0, 3.0])


def with_data(x, y):
    return np.sum(WEIGHTS * x) + y * float(WEIGHTS[0])


def with_a_choice(x, y):
    return np.where(x > 0, x**2, 0.5 * y)


@pytest.mark.parametrize("function", [with_numpy, with_math, with_data, with_a_choice])
def test_it_is_the_function_everywhere(function):
    problem, data = read_off(problem_of_plain(function))
    for x, y in np.random.default_rng(0).uniform(-3, 3, (20, 2)):
        point = {"x": np.asarray(x), "y": np.asarray(y)}
        assert float(problem.loss(XP, point, data)) == pytest.approx(function(x, y), rel=1e-12)


def branching(x, y):
    return x**2 if x > 0 else y**2 + 1


def helper(x):
    return math.gamma(x)


def through_a_helper(x, y):
    return helper(x) + y


def lost(x, y):
    return np.median(np.array([x, y, 1.0]))


@pytest.mark.parametrize(
    ("function", "told"),
    [(branching, "takes another branch there; write np.where"), (through_a_helper, "np.floor"), (lambda x, y: 1 / 0, "ZeroDivisionError")],
    ids=["a branch", "math in a helper", "it raises"],
)  # fmt: skip
def test_what_is_refused(function, told):
    with pytest.raises((InputError, ZeroDivisionError)) as raised:
        read_off(problem_of_plain(function))
    assert told in f"{type(raised.value).__name__}: {raised.value}"


@pytest.mark.parametrize("function", [lambda x: x, lambda x, y, z: x, lambda *x: x, 3])
def test_what_is_no_function_of_two_variables(function):
    with pytest.raises(InputError, match=r"f\(x, y\)|no function of two variables"):
        problem_of_plain(function)

"""Where a loss has lost every digit, nothing is said of its gradient: neither right nor wrong."""

import mpmath
import numpy as np
import pytest

from gradparity import GradientError, GradientWarning, check

AT = np.array([float(np.float32(0.3))])


def logistic(steps):
    def loss(x):
        for _ in range(steps):
            x = 3.9 * x * (1 - x)
        return np.sum(x)

    def gradient(x):
        slope = np.ones_like(x)
        for _ in range(steps):
            slope, x = slope * 3.9 * (1 - 2 * x), 3.9 * x * (1 - x)
        return slope

    return loss, gradient


def sine(rate):
    return lambda x: np.sum(np.sin(rate * x)), lambda x: rate * np.cos(rate * x)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("loss", [logistic(60), logistic(120), sine(1e16)])
def test_no_digit_is_no_verdict(loss, sign):
    function, gradient = loss
    with pytest.warns(GradientWarning, match="No digit of the gradient of params is determined"):
        found = check(function, AT, gradient=lambda x: sign * gradient(x))
    assert found.status == "unstable"
    assert found.lost == ("params",)
    with pytest.raises(GradientError, match="unstable"):
        check(function, AT, gradient=lambda x: sign * gradient(x), strict=True)


@pytest.mark.parametrize("loss", [logistic(10), logistic(40), sine(1e10), sine(1e13)])
def test_some_digits_are_enough_to_tell_a_sign(loss):
    function, gradient = loss
    assert check(function, AT, gradient=gradient).status == "ok"
    with pytest.raises(GradientError, match="formula"):
        check(function, AT, gradient=lambda x: -gradient(x))


def exact(loss):
    """The slope at AT in 60 digits, of logistic(loss) or sine(loss)."""
    with mpmath.workdps(60):
        x, slope = mpmath.mpf(float(AT[0])), mpmath.mpf(1)
        if loss > 1000:
            return loss * mpmath.cos(loss * x)
        for _ in range(loss):
            slope, x = slope * mpmath.mpf(3.9) * (1 - 2 * x), mpmath.mpf(3.9) * x * (1 - x)
        return slope


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("size", [45, 48, 50, 52, 53, 54, 55, 56, 58, 1e12, 1e13, 1e14, 1e15])
def test_before_all_digits_are_lost_what_is_wrong_by_all_of_it_is_never_right(size):
    """Either some digit is determined, and a wrong sign or factor 2 is seen, or it is said."""
    loss, gradient = sine(size) if size > 1000 else logistic(size)
    off = abs(float(gradient(AT)[0] / exact(size)) - 1)
    found = check(loss, AT, gradient=gradient)
    assert found.status == ("unstable" if found.lost else "ok")
    assert off <= 1 if found.lost else off < 0.02  # of 1e-3 to 5e-3 that rounding leaves
    for wrong in (-1, 2):
        try:
            other = check(loss, AT, gradient=lambda x, w=wrong: w * gradient(x), seconds=0)
        except GradientError as error:
            other = error.finding
        # What is off by more than rounding is wrong, lost digits or not.
        assert other.status == ("unstable" if other.lost else "formula")
        assert found.lost or not other.lost


def test_two_copies_that_differ_by_a_rounding_say_how_many_steps_are_too_many():
    """The map itself, at θ and at the next number: apart by its size from 60 steps on, not at 40."""
    for steps, apart in ((40, False), (60, True)):
        loss, _ = logistic(steps)
        others = [loss(AT * (1 + k * 2.0**-52)) for k in range(1, 40)]
        assert (np.max(np.abs(np.array(others) - loss(AT))) > 0.3) == apart


def test_a_parameter_that_is_determined_is_not_named():
    loss, gradient = logistic(80)
    both = {"x": AT, "w": np.array([1.5, -2.0])}
    with pytest.warns(GradientWarning):
        found = check(
            lambda p: loss(p["x"]) + np.sum(p["w"] ** 2),
            both,
            gradient=lambda p: {"x": gradient(p["x"]), "w": 2 * p["w"]},
        )
    assert found.lost == ("x",)


def quadratic(x):
    return np.sum((x - np.array([1.0, 2.0])) ** 2)


@pytest.mark.parametrize(
    ("loss", "at", "gradient"),
    [
        (quadratic, [1.0, 2.0], lambda x: 2 * (x - np.array([1.0, 2.0]))),  # the optimum itself
        (lambda x: np.sum((x**3 - 2) ** 2), [2 ** (1 / 3)], lambda x: 6 * x * x * (x**3 - 2)),
        (lambda x: np.sum(np.log(np.exp(x)) - x), [0.7], lambda x: 0 * x),  # invariant
        (lambda x: np.sum(np.tanh(x)), [30.0], lambda x: 1 - np.tanh(x) ** 2),  # saturated
        (lambda x: np.sum(x / np.sum(x)), [0.3, 1.2], lambda x: 0 * x),
    ],
)
def test_a_small_gradient_is_known_to_be_small(loss, at, gradient):
    assert check(loss, np.array(at), gradient=gradient).status == "ok"

"""At the optimum of a zero residual errors are of the second order, and no less lawful for it."""

import numpy as np
import pytest

from gradparity import GradientError, check
from gradparity.harness.judging.truth import Truth
from gradparity.problems import Instance, Problem

X = np.array([0.3, 1.2, 2.0])


def circle(x):
    return np.sin(x) ** 2 + np.cos(x) ** 2 - 1


RESIDUALS = {
    "sin² + cos² - 1": circle,
    "ln exp x - x": lambda x: np.log(np.exp(x)) - x,
    "(x + 1/3) - 1/3 - x": lambda x: (x + 1 / 3) - 1 / 3 - x,
    "tanh by exponentials": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1) - np.tanh(x),
}


@pytest.mark.parametrize("name", RESIDUALS)
@pytest.mark.parametrize("power", [2, 4])
def test_the_value_and_the_gradient_zero_are_right(name, power):
    residual = RESIDUALS[name]
    found = check(lambda x: np.sum(residual(x) ** power), X, gradient=lambda x: 0 * x)
    assert found.status == "ok"


def test_a_gradient_that_is_not_zero_is_wrong():
    for wrong in (1e-13, 1e-7, 1.0):
        with pytest.raises(GradientError):
            check(
                lambda x: np.sum(circle(x) ** 2), X, gradient=lambda x, wrong=wrong: 0 * x + wrong
            )


def test_beside_the_optimum_the_first_order_decides():
    def loss(x, y):
        return np.sum((np.exp(x) - y) ** 2)

    def gradient(x, y):
        return 2 * (np.exp(x) - y) * np.exp(x)

    y = np.exp(X) + np.array([0.0, 1e-3, -1e-3])
    assert check(loss, X, gradient=gradient, args=(y,)).status == "ok"
    with pytest.raises(GradientError):
        check(loss, X, gradient=lambda x, y: gradient(x, y) * (1 + 1e-9), args=(y,))


def test_how_much_is_lost_is_the_square_of_the_first_order():
    """(x + 1/3) - 1/3 - x is off by ε m with m of order one, its square by ε² m²."""

    def loss(xp, params, data):
        return xp.square(params["x"] + data["a"] - data["a"] - params["x"])

    instance = Instance({"x": np.array(0.7)}, {"a": np.array(1 / 3)})
    truth = Truth(Problem("p", loss, lambda rng: None, {}, "here"), instance, "value")
    assert truth.moves[""] == 0
    for dtype in ("float64", "float32"):
        truth.step(dtype)
        eps = float(np.finfo(dtype).eps)
        assert 0.1 * eps < truth.moves_in(dtype)[""] < 30 * eps

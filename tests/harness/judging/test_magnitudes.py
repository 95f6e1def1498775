"""Numbers whose squares leave float64's range: how rounding moves them is known all the same."""

import numpy as np
import pytest

import gradparity as gp

X = np.array([3.2, 5.0])
W = np.array([[1.5, -0.25], [0.75, 2.0]])

RIGHT = {
    "a power by its logarithm": (
        lambda x: np.sum(np.exp(300 * np.log(x))),
        lambda x: 300 * np.exp(300 * np.log(x)) / x,
    ),
    "a large product of matrices": (
        lambda x: np.sum(1e160 * (W @ x) ** 2),
        lambda x: 2e160 * (W.T @ (W @ x)),
    ),
    "a large difference": (
        lambda x: 1e200 * np.sum((x - 3) ** 3),
        lambda x: 1e200 * (3 * x * x - 18 * x + 27),
    ),
    "a small difference": (
        lambda x: 1e-190 * np.sum((x - 3) ** 3),
        lambda x: 1e-190 * (3 * x * x - 18 * x + 27),
    ),
    "an einsum": (
        lambda x: 1e170 * np.einsum("i,ij,j->", x, W, x),
        lambda x: 1e170 * ((W + W.T) @ x),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_gradient_is_not_accused(name):
    loss, gradient = RIGHT[name]
    assert gp.check(loss, X, gradient=gradient).status == "ok"


@pytest.mark.parametrize("name", RIGHT)
def test_a_small_error_is(name):
    loss, gradient = RIGHT[name]
    with pytest.raises(gp.GradientError, match="formula"):
        gp.check(loss, X, gradient=lambda x: gradient(x) * np.array([1.0, 1 + 1e-9]))

"""Losses as everyone writes them in NumPy: arrays that are filled, lists made arrays, float(...)."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.plain.from_numpy.loss import translated
from gradparity.harness.plain.steps.translation import Untranslatable

RNG = np.random.default_rng(4)
W = RNG.normal(size=(4, 3))
X, T = RNG.normal(size=(5, 4)), np.array([0, 2, 1, 1, 0])
ROWS = np.arange(5)


def margins(p):
    s = X @ p["w"]
    m = np.maximum(0, s - s[ROWS, T][:, None] + 1)
    m[ROWS, T] = 0
    return m.sum() / 5


def row_by_row(p):
    out = np.zeros(5)
    for i in range(5):
        out[i] = np.tanh(X[i] @ p["w"][:, T[i]])
    return float(np.mean(out**2))


def in_a_list(p):
    return np.sum(np.array([np.sin(X[i] @ p["w"]) for i in range(5)]) ** 2)


def summed_list(p):
    return np.mean([np.sum((x @ p["w"]) ** 2) for x in X])


def matrix_of_entries(p):
    a, b = p["w"][0, 0], p["w"][1, 1]
    return np.sum(np.linalg.norm(np.array([[a, 1.0], [2.0, b]]) @ np.ones((2, 1))) ** 2)


def masked(p):
    z = X @ p["w"]
    z[z < 0] = 0.0
    z[0] *= 2
    return np.sum(z**2)


def recursion(p):
    h = np.empty((6, 3))
    h[0] = 0.3
    for t in range(5):
        h[t + 1] = np.tanh(h[t] * 0.5 + X[t] @ p["w"])
    return np.sum(h[1:] ** 2)


def in_place(p):
    total = np.zeros(3)
    for x in X:
        total += np.exp(x @ p["w"])
    return np.log(total).sum()


def through_a_number(p):
    s = float(np.sum(p["w"]))
    return np.sum(p["w"] * s)


@pytest.mark.parametrize(
    "loss",
    [
        *(margins, row_by_row, in_a_list, summed_list, matrix_of_entries, masked, recursion),
        *(in_place, through_a_number),
    ],
)
def test_the_translation_has_the_slopes_of_central_differences(loss):
    translation = translated(loss, {"w": W})
    value, gradient = value_and_gradient(translation.loss, {"w": W}, translation.data)
    assert value == pytest.approx(loss({"w": W.copy()}), rel=1e-14)
    h = 1e-6
    for index in np.ndindex(W.shape):
        ahead, behind = W.copy(), W.copy()
        ahead[index] += h
        behind[index] -= h
        slope = (loss({"w": ahead}) - loss({"w": behind})) / (2 * h)
        assert gradient["w"][index] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_a_number_that_is_computed_on_with_is_refused():
    def loss(p):
        s = int(np.sum(p["w"]))
        return np.sum(p["w"] * s)

    with pytest.raises(Untranslatable, match="Python number"):
        translated(loss, {"w": W})


def test_a_view_that_is_filled_is_no_translation():
    def loss(p):
        z = p["w"] * 2
        row = z[0]
        row[1] = 5.0
        return np.sum(z**2)

    with pytest.raises(Untranslatable, match="computes"):
        translated(loss, {"w": W})


def test_numpy_is_as_before():
    makers = {name: getattr(np, name) for name in ("zeros", "array", "sum", "full_like")}
    translated(row_by_row, {"w": W})
    assert all(getattr(np, name) is function for name, function in makers.items())

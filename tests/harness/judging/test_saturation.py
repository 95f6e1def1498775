"""A slope taken from the result of a saturating function is right, however the loss is written."""

import warnings

import numpy as np
import pytest

from gradparity import check
from gradparity.harness.judging.truth import Truth
from gradparity.harness.plain.outcome import GradientError
from gradparity.problems import Instance, Problem
from gradparity.problems.functions import sigmoid, softplus

RNG = np.random.default_rng(5)
Y = np.eye(3)[[0, 1, 2, 0, 1, 2]]
NEAR_ONE = np.eye(3) + 0.01 * RNG.normal(size=(3, 3))
NOISE = 0.1 * RNG.normal(size=(6, 3))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def s(z):
    return 1 / (1 + np.exp(-z))


def shifted(w, x):
    z = x @ w
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - (Y * z).sum(axis=1))


def unshifted(w, x):
    z = x @ w
    return np.mean(np.log(np.exp(z).sum(axis=1)) - (Y * z).sum(axis=1))


def by_probability(w, x):
    return -np.mean(np.log((softmax(x @ w) * Y).sum(axis=1)))


def p_minus_y(w, x):
    return x.T @ (softmax(x @ w) - Y) / len(x)


LOGITS = {
    "softplus(-z)": (lambda z: np.logaddexp(0, -z).sum(), lambda z: s(z) - 1),
    "log1p(exp(-z))": (lambda z: np.log1p(np.exp(-z)).sum(), lambda z: s(z) - 1),
    "-log(sigmoid)": (lambda z: -np.log(s(z)).sum(), lambda z: s(z) - 1),
    "log(1 + exp(-z))": (lambda z: np.log(1 + np.exp(-z)).sum(), lambda z: s(z) - 1),
    "sigmoid": (lambda z: s(z).sum(), lambda z: s(z) * (1 - s(z))),
    "sigmoid as e/(1+e)": (lambda z: (np.exp(z) / (1 + np.exp(z))).sum(), lambda z: s(z) * (1 - s(z))),
    "sigmoid by tanh": (lambda z: (0.5 + 0.5 * np.tanh(z / 2)).sum(), lambda z: s(z) * (1 - s(z))),
    "tanh": (lambda z: np.tanh(z).sum(), lambda z: 1 - np.tanh(z) ** 2),
    "tanh by sigmoid": (lambda z: (2 * s(2 * z) - 1).sum(), lambda z: 1 - np.tanh(z) ** 2),
    "tanh by exponentials": (
        lambda z: ((np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))).sum(),
        lambda z: 1 - np.tanh(z) ** 2,
    ),
    "elu": (lambda z: np.expm1(-z).sum(), lambda z: -(np.expm1(-z) + 1)),
    "half of it negated": (lambda z: (1 / (1 - -0.5 * np.exp(-z))).sum(), lambda z: (r := 1 / (1 + 0.5 * np.exp(-z))) * (1 - r)),
}  # fmt: skip


def found(loss, at, gradient, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return check(loss, at, gradient=gradient, args=args)
        except GradientError as error:
            return error.finding


@pytest.mark.parametrize("margin", [5, 8, 12, 20, 30, 50])
@pytest.mark.parametrize("loss", [shifted, unshifted, by_probability])
def test_p_minus_y_is_right_at_any_margin(loss, margin):
    x = margin * Y + NOISE
    seen = found(loss, NEAR_ONE, p_minus_y, x)
    assert seen.status == "ok"
    assert seen.u < 4


@pytest.mark.parametrize("margin", [5, 8, 12, 20, 30])
@pytest.mark.parametrize("form", LOGITS)
def test_a_slope_from_the_result_is_right_at_any_margin(form, margin):
    seen = found(LOGITS[form][0], margin + np.array([0.0, 0.1, 0.7]), LOGITS[form][1])
    assert seen.status == "ok"
    assert seen.u < 4


@pytest.mark.parametrize("margin", [5, 12, 20, 30])
def test_softmax_of_two_is_a_sigmoid_of_the_difference(margin):
    def loss(z):
        return -np.log(softmax(z)[:, 0]).sum()

    def gradient(z):
        p = s(z[:, 0] - z[:, 1])
        return np.stack([p - 1, 1 - p], 1)

    seen = found(loss, np.array([[margin, 0.1], [0.3, -margin]]), gradient)
    assert seen.status == "ok"
    assert seen.u < 4


@pytest.mark.parametrize("margin", [1, 2, 5])
def test_what_is_not_saturated_is_judged_to_the_last_digit(margin):
    x = margin * Y + NOISE
    seen = found(shifted, NEAR_ONE, lambda w, x: p_minus_y(w, x) * (1 + 1e-12), x)
    assert seen.status == "formula"
    for loss, slope in LOGITS.values():
        z = np.array([-0.6, 0.3, 1.2])
        assert found(loss, z, slope).status == "ok"
        assert found(loss, z, lambda z, slope=slope: slope(z) * (1 + 1e-12)).status == "formula"


def test_a_wrong_formula_is_wrong_where_it_is_saturated_too():
    x = 20 * Y + NOISE
    wrong = {
        "sum for mean": lambda w, x: p_minus_y(w, x) * len(x),
        "a factor of 1.001": lambda w, x: p_minus_y(w, x) * 1.001,
        "transposed": lambda w, x: p_minus_y(w, x).T,
    }
    for gradient in wrong.values():
        assert found(shifted, NEAR_ONE, gradient, x).status == "formula"
    z = np.array([20.0, 21.0])
    assert (
        found(*[LOGITS["sigmoid"][0], z, lambda z: s(z) * (1 - s(z)) * 1.001]).status == "formula"
    )


@pytest.mark.parametrize("x", [-30.0, -8.0, 0.5, 8.0, 20.0, 40.0])
def test_how_much_is_lost_is_that_of_the_closed_form(x):
    """sigmoid: s (1 - s), with s off by ε s, is off by ε s². softplus: 1 - q is off by ε."""
    value = 1 / (1 + np.exp(-x))
    slope = value / (1 + np.exp(x))
    assert 0.5 * value**2 < lost(sigmoid, x) + slope
    assert lost(sigmoid, x) < 2 * (value**2 + (2 + 2 * abs(x)) * slope)
    assert lost(softplus, x) > 0.5


def lost(function, x):
    problem = Problem("p", lambda xp, p, d: function(xp, p["x"]), lambda rng: None, {}, "here")
    instance = Instance({"x": np.array(x)}, {})
    moves = [Truth(problem, instance, "gradient", seed).moves["x"] for seed in range(8)]
    return np.sqrt(np.mean(np.square(moves)))


@pytest.mark.parametrize("seed", range(4))
def test_a_mask_of_minus_infinity_written_out_does_not_hide_what_rounding_does(seed):
    rng = np.random.default_rng(seed)
    mask = np.triu(np.full((8, 8), -np.inf), 1)
    scores, weights = rng.normal(size=(2, 8, 8))

    def gradient(z, w, mask):
        p = softmax(z + mask)
        return p * (w - (p * w).sum(axis=1, keepdims=True))

    def loss(z, w, mask):
        return np.sum(softmax(z + mask) * w)

    seen = found(loss, scores, gradient, weights, mask)
    assert seen.status == "ok"
    assert seen.u < 4
    wrong = found(loss, scores, lambda *a: gradient(*a) * (1 + 1e-12), weights, mask)
    assert wrong.status == "formula"


def gompertz(z):
    return np.exp(-np.exp(-z))


def rational(z):
    return z**3 / (1 + np.abs(z**3))


SATURATING = {
    "-c ln c": (lambda z: gompertz(z).sum(), lambda z: -gompertz(z) * np.log(gompertz(z))),
    "cos² y": (lambda z: np.arctan(z**3).sum(), lambda z: 3 * z**2 * np.cos(np.arctan(z**3)) ** 2),
    "cos² y, of an exponential": (
        lambda z: np.arctan(np.exp(z)).sum(),
        lambda z: np.exp(z) * np.cos(np.arctan(np.exp(z))) ** 2,
    ),
    "1 - y": (lambda z: (1 - np.exp(-z)).sum(), lambda z: 1 - (1 - np.exp(-z))),
    "(1 - |y|)²": (lambda z: rational(z).sum(), lambda z: 3 * z**2 * (1 - rational(z)) ** 2),
    "n y (1 - y) / z": (
        lambda z: (z**8 / (1 + z**8)).sum(),
        lambda z: 8 * (y := z**8 / (1 + z**8)) * (1 - y) / z,
    ),
    "y (1 - y²)": (
        lambda z: (np.exp(z) / np.sqrt(1 + np.exp(2 * z))).sum(),
        lambda z: (y := np.exp(z) / np.sqrt(1 + np.exp(2 * z))) * (1 - y * y),
    ),
    "of the two results": (
        lambda z: np.tanh(3 * np.tanh(z)).sum(),
        lambda z: 3 * (1 - np.tanh(3 * np.tanh(z)) ** 2) * (1 - np.tanh(z) ** 2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("margin", [5, 12, 20, 25])
@pytest.mark.parametrize("form", SATURATING)
def test_a_form_that_no_list_knows_is_right_at_any_margin(form, margin):
    loss, slope = SATURATING[form]
    z = margin + np.array([0.0, 0.1, 0.7])
    assert found(loss, z, slope).status == "ok"
    assert found(loss, z[:1] / 12, lambda z: slope(z) * 1.0001).status == "formula"


def test_it_is_right_behind_a_product_of_matrices_too():
    x = 20 * np.eye(3) + NOISE[:3]

    def slope(w, x):
        c = gompertz(x @ w)
        return x.T @ (-c * np.log(c))

    assert found(lambda w, x: gompertz(x @ w).sum(), NEAR_ONE + 1, slope, x).status == "ok"
    wrong = found(lambda w, x: gompertz(x @ w).sum(), NEAR_ONE / 4, lambda *a: 1.001 * slope(*a), x)
    assert wrong.status == "formula"


NOT_SATURATED = {
    "cos near its maximum": (lambda z: np.cos(z).sum(), lambda z: -np.sin(z)),
    "1 + x³ near 0": (lambda z: (1 + z**3).sum(), lambda z: 3 * z * z),
    "log(1 + x²) near 0": (lambda z: np.log(1 + z * z).sum(), lambda z: 2 * z / (1 + z * z)),
    "cosh near 0": (lambda z: (np.exp(z) + np.exp(-z)).sum(), lambda z: np.expm1(z) - np.expm1(-z)),
}  # fmt: skip


@pytest.mark.parametrize("form", NOT_SATURATED)
def test_where_a_slope_vanishes_at_a_place_nothing_is_lost(form):
    loss, slope = NOT_SATURATED[form]
    z = np.array([1e-4, 3e-4])
    assert found(loss, z, slope).status == "ok"
    assert found(loss, z, lambda z: slope(z) * (1 + 1e-5)).status == "formula"


def test_how_much_a_recovered_slope_loses_is_that_of_the_closed_form():
    """-c ln c has the derivative -ln c - 1 by c: a c that is off by ε c is off by ε c (1 + ln c)."""
    for z in (3.0, 8.0, 20.0):
        problem = Problem(
            "p", lambda xp, p, d: xp.exp(-xp.exp(-p["x"])), lambda rng: None, {}, "here"
        )
        truth = Truth(problem, Instance({"x": np.array(z)}, {}))
        truth.recover("float64")
        c = gompertz(z)
        assert 0.4 < truth.moves_in("float64")["x"] / (c * (1 + np.log(c))) < 2.5

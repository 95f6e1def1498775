from __future__ import annotations

import math

import numpy as np
import pytest

from gradparity.backends.dual_numbers.evaluation import EPS, directional
from gradparity.backends.dual_numbers.rules import BINARY, UNARY
from gradparity.backends.dual_numbers.slope import direction_of, slope
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.functions import cross_entropy, relu, sigmoid, softplus
from tests.backends.dual_numbers.dual_cases import CASES, X

LONG = np.longdouble


def curvature(loss, x, v, directions):
    """v · ∇f, and d · H v for each direction d, of loss(xp, x) at one array x."""
    return directional(
        slope(lambda xp, p, d: loss(xp, p["x"])),
        {"x": np.asarray(x)},
        {direction_of("x"): np.asarray(v)},
        {"x": np.asarray(directions)},
    )


def hessian(loss, x):
    x = np.asarray(x, float)
    units = np.eye(len(x))
    return np.array([curvature(loss, x, v, units)[1] for v in units])


# Elementwise on one array, and on two that broadcast; what has a shape is in CASES.
ELEMENTWISE = {
    **{name: lambda xp, x, name=name: getattr(xp, name)(x * x + 0.5 * x) for name in UNARY},
    **{
        name: lambda xp, x, name=name: getattr(xp, name)(x[:, :1] ** 2 + 0.5, x * x + 0.25)
        for name in BINARY
    },
    **{
        name: lambda xp, x, name=name: getattr(xp, name)(0.9 * xp.sin(x))
        for name in ("asin", "acos", "atanh", "erfinv", "tan")
    },
    **{
        name: lambda xp, x, name=name: getattr(xp, name)(x * x + 1.25)
        for name in ("acosh", "log2", "log10", "reciprocal", "lgamma", "digamma")
    },
    **{
        name: lambda xp, x, name=name: getattr(xp, name)(2.5, x * x + 0.25)
        for name in ("gammainc", "gammaincc")
    },
    "polygamma": lambda xp, x: xp.polygamma(2, x * x + 0.5),
    "negative": lambda xp, x: -(x**3),
    "sqrt": lambda xp, x: xp.sqrt(x * x + 0.5),
    "log": lambda xp, x: xp.log(x * x + 0.5),
    "log1p": lambda xp, x: xp.log1p(x * x),
    "add": lambda xp, x: x[:, :1] ** 3 + x**2,
    "subtract": lambda xp, x: x[:, :1] ** 3 - x**2,
    "multiply": lambda xp, x: x[:, :1] ** 3 * x**2,
    "divide": lambda xp, x: x**3 / (x[:, :1] ** 2 + 0.5),
    "pow by a number": lambda xp, x: (x * x + 0.5) ** 2.5 + x**0 + x**1 + 1.5**x + x**-2,
}


@pytest.mark.parametrize("name", [*CASES, *ELEMENTWISE])
def test_slope_against_dual_numbers_and_curvature_against_differences_of_them(name):
    case = (CASES | ELEMENTWISE)[name]
    rng = np.random.default_rng(1)

    def weigh(xp, x):
        y = case(xp, x)
        weights = np.random.default_rng(2).normal(size=y.shape).astype(LONG)
        return xp.sum(y * weights)

    def slope_at(x):
        return directional(lambda xp, p, d: weigh(xp, p["x"]), {"x": x}, {}, {"x": v[None]})[1][0]

    v, directions = rng.normal(size=X.shape), rng.normal(size=(3, *X.shape))
    value, got = curvature(weigh, X, v, directions)
    assert abs(value - slope_at(X)) <= 64 * EPS * (1 + abs(value))
    h = LONG(1e-4)
    for direction, found in zip(directions, got, strict=True):
        # Central differences of sixth order; h⁶ leaves 1e-24 times the seventh derivative.
        moved = {k: slope_at(X + k * h * direction) for k in (-3, -2, -1, 1, 2, 3)}
        central = sum(
            weight * (moved[k] - moved[-k]) for k, weight in ((1, 45), (2, -9), (3, 1))
        ) / (60 * h)
        assert abs(central - found) <= 1e-13 * (1 + abs(found))


# Closed forms.


def test_rosenbrock_at_its_minimum_has_the_known_hessian():
    loss = PROBLEMS["rosenbrock"].loss
    got = hessian(lambda xp, x: loss(xp, {"x": x}, {}), [1.0, 1.0])
    np.testing.assert_array_equal(got, [[802, -400], [-400, 200]])
    assert np.linalg.cond(got.astype(float)) == pytest.approx(2508, abs=0.5)


def test_softmax_regression_has_the_known_hessian():
    rng = np.random.default_rng(4)
    logits, labels = rng.normal(size=(1, 5)), np.array([2])
    got = hessian(lambda xp, x: cross_entropy(xp, xp.expand_dims(x, axis=0), labels), logits[0])
    p = np.exp(logits[0].astype(LONG)) / np.exp(logits[0].astype(LONG)).sum()
    assert np.max(np.abs(got - (np.diag(p) - np.outer(p, p)))) < 16 * EPS


@pytest.mark.parametrize(
    ("loss", "x", "expected"),
    [
        (lambda xp, x: xp.sum(softplus(xp, x)), [0.0, 800.0, -8000.0], [0.25, 0, 0]),
        (lambda xp, x: xp.sum(sigmoid(xp, x)), [0.0, math.log(3)], [0, -3 / 32]),
        (lambda xp, x: xp.sum(xp.tanh(x)), [0.0, 0.5], [0, -2 * math.tanh(0.5) / math.cosh(0.5) ** 2]),
        (lambda xp, x: xp.sum(relu(xp, x) ** 2), [0.0, 2.0, -1.0], [0, 2, 0]),
        (lambda xp, x: xp.sum(xp.abs(x) * x), [0.0, 2.0, -1.0], [0, 2, -2]),
        (lambda xp, x: xp.sum(xp.maximum(x, 0.0) ** 2), [2.0, -1.0], [2, 0]),
        (lambda xp, x: xp.max(x) ** 2, [1.0, 1.0, 0.0], [0.5, 0.5, 0]),
        # What is infinite leaves the directions that do not meet it alone.
        (lambda xp, x: xp.sum(xp.sqrt(x)), [0.0, 4.0], [-math.inf, -1 / 32]),
        (lambda xp, x: xp.sum(xp.pow(x, 1.5)), [0.0, 4.0], [math.inf, 3 / 8]),
        (lambda xp, x: xp.sum(xp.where(x > 0, xp.log(x), 0.0)), [0.0, 2.0], [0, -0.25]),
    ],
)  # fmt: skip
def test_second_derivatives_at_kinks_and_extremes(loss, x, expected):
    got = hessian(loss, x).astype(float)
    np.testing.assert_allclose(np.diag(got), np.array(expected, float), rtol=2e-16, atol=1e-18)
    if "max" not in loss.__code__.co_names:
        np.testing.assert_array_equal(got, np.diag(np.diag(got)))


def test_a_product_with_zeros_has_its_second_derivatives():
    # ∂²/∂x∂y of x y z is z: no division by the factors.
    got = hessian(lambda xp, x: xp.prod(x), [0.0, 3.0, 0.0])
    np.testing.assert_array_equal(got, [[0, 0, 3], [0, 0, 0], [3, 0, 0]])


def test_saturated_tanh_keeps_its_relative_precision():
    # (tanh)'' = -2 tanh sech², and sech²(30) = 4 / (e³⁰ + e⁻³⁰)².
    _, got = curvature(lambda xp, x: xp.tanh(x), 30.0, 1.0, [1.0])
    expected = -8 / (np.exp(LONG(30)) + np.exp(LONG(-30))) ** 2
    assert abs(got[0] / expected - 1) < 1024 * EPS


def test_a_parameter_without_velocity_stands_still():
    def loss(xp, p, d):
        return xp.sum(p["w"] * p["b"] * d["x"])

    params = {"w": np.array([2.0, 3.0]), "b": np.array([5.0, 7.0])}
    data = {"x": np.array([1.0, 10.0]), direction_of("b"): np.array([1.0, 1.0])}
    value, got = directional(slope(loss), params, data, {"w": np.eye(2)})
    assert value == 2 + 30
    np.testing.assert_array_equal(got, [1, 10])
    assert not directional(slope(loss), params, data, {"b": np.eye(2)})[1].any()


def test_a_loss_that_does_not_depend_on_its_parameters_has_no_slope():
    for constant in (3.0, np.int64(3)):
        assert directional(slope(lambda xp, p, d, c=constant: c), {"x": X}, {}, {})[0] == 0


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (lambda xp, p, d: p["x"].sum(), r"x\.sum .* write xp\.sum\(x\)"),
        (lambda xp, p, d: np.sum(p["x"]), r"np\.sum .* write xp\.sum"),
        (
            lambda xp, p, d: xp.sum(np.exp(p["x"])),
            r"line \d+: .*write xp\.sum, xp\.exp in: .*np\.exp",
        ),
        (lambda xp, p, d: math.sqrt(p["x"][0]), "may not turn an array into a Python number"),
        (lambda xp, p, d: p["x"] * 2.0, r"shape \(3,\), not a scalar; write xp\.sum"),
        (lambda xp, p, d: d["y"] * 2.0, r"shape \(3,\), not a scalar; write xp\.sum"),
        (lambda xp, p, d: None, "returned a NoneType, not a scalar"),
        (lambda xp, p, d: xp.nonzero(p["x"]), r"xp\.nonzero is not an operation"),
    ],
)
def test_a_mistake_is_told_as_of_dual_numbers(loss, text):
    data = {"y": np.ones(3), direction_of("x"): np.ones(3)}
    with pytest.raises(InputError, match=text):
        directional(slope(loss), {"x": np.arange(1.0, 4.0)}, data, {})

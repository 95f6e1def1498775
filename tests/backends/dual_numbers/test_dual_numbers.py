from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from gradparity.backends.dual_numbers.evaluation import EPS, RULES, directional, measured
from gradparity.backends.dual_numbers.rules import BINARY, UNARY
from gradparity.problems import InputError
from gradparity.problems.functions import cross_entropy, relu, sigmoid, softplus
from gradparity.problems.namespace import NUMPY
from gradparity.problems.operations.families import OPERATIONS, PRIMITIVES
from tests.backends.dual_numbers.dual_cases import CASES, X
from tests.backends.operations.cases.catalogue import CASES as TRIED

LONG = np.longdouble


def gradient(loss, x, **data):
    """All components of the derivative of loss(xp, x, data) by identity directions."""
    x = np.asarray(x, LONG)
    units = np.eye(x.size, dtype=LONG).reshape(x.size, *x.shape)
    _, derivatives = directional(lambda xp, p, d: loss(xp, p["x"], d), {"x": x}, data, {"x": units})
    return derivatives.reshape(x.shape)


# Elementwise: against mpmath with 40 digits.

POINTS = (0.3, 0.8, 1.7, 2.9)
WITHIN = (-0.9, -0.3, 0.2, 0.8)
BEYOND = (1.25, 1.7, 2.9, 25.0)
SIGNED = (-2.9, -1.7, -0.8, 0.3, 0.8, 2.9, 25.0)
POSITIVE_ONLY = {"sqrt", "log", "log1p", "log2", "log10", "lgamma", "digamma"}
DOMAIN = {
    **dict.fromkeys(POSITIVE_ONLY, POINTS),
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), WITHIN),
    "acosh": BEYOND,
    **dict.fromkeys(("floor", "ceil", "round", "trunc"), SIGNED[:-1]),
    **dict.fromkeys(("i0e", "i1e"), (-0.8, 0.3, 0.8)),  # I₀ - I₁ cancels where x is large
}
MP_UNARY = {name: getattr(mpmath, name, None) for name in UNARY} | {
    "reciprocal": lambda x: 1 / x,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": mpmath.log10,
    "round": mpmath.nint,
    "trunc": lambda x: mpmath.floor(x) if x >= 0 else mpmath.ceil(x),
    "lgamma": mpmath.loggamma,
    "log_ndtr": lambda x: mpmath.log(mpmath.ncdf(x)),
    "i0e": lambda x: mpmath.besseli(0, x) * mpmath.exp(-abs(x)),
    "i1e": lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)),
    "negative": lambda x: -x,
    "abs": abs,
    "sign": mpmath.sign,
    "square": lambda x: x * x,
}
MP_BINARY = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "atan2": mpmath.atan2,
    "hypot": mpmath.hypot,
    "maximum": max,
    "minimum": min,
    "remainder": lambda x, y: x - y * mpmath.floor(x / y),
    "gammainc": lambda a, x: mpmath.gammainc(a, 0, x, regularized=True),
    "gammaincc": lambda a, x: mpmath.gammainc(a, x, regularized=True),
}


def close(got: np.longdouble, expected: mpmath.mpf) -> bool:
    numerator, denominator = got.as_integer_ratio()
    with mpmath.workdps(40):
        got_mp = mpmath.mpf(numerator) / denominator
        return bool(abs(got_mp - expected) <= 16 * EPS * max(abs(expected), mpmath.mpf("1e-25")))


@pytest.mark.parametrize("name", UNARY)
def test_unary_rule_against_mpmath(name):
    for x in DOMAIN.get(name, SIGNED):
        got = gradient(lambda xp, x, d: RULES[name](x), x)
        with mpmath.workdps(40):
            expected = mpmath.diff(MP_UNARY[name], mpmath.mpf(x))
        assert close(got[()], expected), (name, x, got, expected)


@pytest.mark.parametrize("name", BINARY)
def test_binary_rule_against_mpmath(name):
    for x, y in ((0.3, 1.7), (2.9, 0.8), (1.25, 1.75)):
        for position in (0, 1) if not name.startswith("gammainc") else (1,):

            def loss(xp, moving, data, position=position, x=x, y=y):
                return RULES[name](*((moving, y) if position == 0 else (x, moving)))

            got = gradient(loss, (x, y)[position])
            with mpmath.workdps(40):
                order = (1, 0) if position == 0 else (0, 1)
                expected = mpmath.diff(MP_BINARY[name], (mpmath.mpf(x), mpmath.mpf(y)), order)
            assert close(got[()], expected), (name, x, y, position)


@pytest.mark.parametrize("exponent", [-2, -1, 0, 1, 2, 3, 4, 5, 0.5])
def test_powers_with_a_constant_exponent(exponent):
    x = LONG(1.3)
    got = gradient(lambda xp, x, d: x**exponent, x)
    expected = LONG(exponent) * x ** LONG(exponent - 1)
    assert abs(got - expected) <= 4 * EPS * max(abs(expected), 1)


# Everything with a shape: the value against NumPy's, the derivative against central differences.


def test_every_operation_has_a_rule_and_a_test():
    operators = {"negative", "add", "subtract", "multiply", "divide"}
    assert set(PRIMITIVES) | operators <= set(RULES) <= set(OPERATIONS) | operators
    assert set(PRIMITIVES) <= set(MP_UNARY) | set(MP_BINARY) | set(CASES) | set(TRIED)
    assert set(MP_UNARY) == set(UNARY)
    assert set(MP_BINARY) == set(BINARY)


@pytest.mark.parametrize("name", CASES)
def test_operation_against_numpy_and_central_differences(name):
    case = CASES[name]
    weights = np.random.default_rng(1).normal(size=case(NUMPY, X).shape).astype(LONG)

    def loss(xp, params, data):
        return xp.sum(case(xp, params["x"]) * weights)

    def value(x):
        return directional(loss, {"x": x}, {}, {})[0]

    assert float(value(X)) == pytest.approx(np.sum(case(NUMPY, X) * weights.astype(float)), 1e-13)
    directions = np.random.default_rng(2).normal(size=(3, *X.shape))
    _, derivatives = directional(loss, {"x": X}, {}, {"x": directions})
    h = LONG(1e-6)
    for direction, derivative in zip(directions, derivatives, strict=True):
        central = (value(X + h * direction) - value(X - h * direction)) / (2 * h)
        assert abs(central - derivative) <= 1e-9 * (1 + abs(derivative))


@settings(deadline=None, max_examples=60)
@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
    st.sampled_from(["add", "subtract", "multiply", "divide", "maximum", "hypot"]),
    st.integers(0, 2**31),
)
def test_tangents_broadcast_as_primals_do(shapes, name, seed):
    rng = np.random.default_rng(seed)
    x, y = (rng.uniform(1, 2, s) for s in shapes.input_shapes)
    dx, dy = (rng.normal(size=(4, *s)) for s in shapes.input_shapes)
    w = rng.normal(size=shapes.result_shape)

    def loss(xp, p, d):
        z = RULES[name](p["x"], p["y"])
        return xp.sum(z * w) if z.ndim else z * w

    _, got = directional(loss, {"x": x, "y": y}, {}, {"x": dx, "y": dy})
    # The analytic derivative, with each direction broadcast on its own.
    fx, fy = {
        "add": (1, 1),
        "subtract": (1, -1),
        "multiply": (y, x),
        "divide": (1 / y, -x / y**2),
        "maximum": (x > y, y > x),
        "hypot": (x / np.hypot(x, y), y / np.hypot(x, y)),
    }[name]
    if name == "maximum" and np.any(x == y):
        return
    expected = [np.sum((fx * a + fy * b) * w) for a, b in zip(dx, dy, strict=True)]
    assert got.shape == (4,)
    np.testing.assert_allclose(got.astype(float), expected, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(
        [
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 2)),
            ((2, 3), (3, 4)),
            ((5, 2, 3), (3, 4)),
            ((2, 3), (5, 3, 4)),
            ((5, 1, 2, 3), (6, 3, 2)),
            ((3,), (5, 3, 2)),
            ((5, 2, 3), (3,)),
        ]
    ),
    st.booleans(),
    st.booleans(),
)
def test_matmul_derivative_is_the_product_with_the_direction(shapes, first_moves, second_moves):
    rng = np.random.default_rng(3)
    x, y = (rng.normal(size=s) for s in shapes)
    dx, dy = (rng.normal(size=(2, *s)) for s in shapes)
    w = rng.normal(size=np.shape(x @ y))
    moving = {"x": dx} if first_moves else {}
    moving |= {"y": dy} if second_moves else {}

    def loss(xp, p, d):
        product = p["x"] @ p["y"]
        return xp.sum(product * w) if product.ndim else product * w

    _, got = directional(loss, {"x": x, "y": y}, {}, moving)
    expected = [
        np.sum((first_moves * (a @ y) + second_moves * (x @ b)) * w)
        for a, b in zip(dx, dy, strict=True)
    ]
    np.testing.assert_allclose(
        got.astype(float), expected if moving else np.zeros(0), rtol=1e-12, atol=1e-12
    )


# Conventions.


@pytest.mark.parametrize(
    ("loss", "x", "expected"),
    [
        (lambda xp, x, d: xp.sum(xp.abs(x)), [0.0, -2.0], [0, -1]),
        (lambda xp, x, d: xp.sum(xp.sign(x)), [0.0, -2.0], [0, 0]),
        (lambda xp, x, d: xp.sum(relu(xp, x)), [0.0, 2.0, -1.0], [0, 1, 0]),
        (lambda xp, x, d: xp.sum(xp.maximum(x, 0.0)), [0.0, 2.0], [0.5, 1]),
        (lambda xp, x, d: xp.sum(xp.minimum(x, 0.0)), [0.0, 2.0], [0.5, 0]),
        (lambda xp, x, d: xp.sum(xp.clip(x, 0.0, 1.0)), [0.0, 0.5, 1.0, 2.0], [0.5, 1, 0.5, 0]),
        (lambda xp, x, d: xp.max(x), [1.0, 1.0, 0.0], [0.5, 0.5, 0]),
        (lambda xp, x, d: xp.min(x), [1.0, 0.0, 0.0, 0.0], [0, *3 * [1 / LONG(3)]]),
        (lambda xp, x, d: xp.sum(xp.pow(x, 0.0)), [0.0, 2.0], [0, 0]),
        (lambda xp, x, d: xp.sum(xp.hypot(x, xp.zeros_like(x))), [0.0, 2.0], [0, 1]),
        (lambda xp, x, d: xp.prod(x), [0.0, 3.0, 4.0], [12, 0, 0]),
        (lambda xp, x, d: xp.prod(x), [0.0, 3.0, 0.0], [0, 0, 0]),
        (lambda xp, x, d: xp.sum(softplus(xp, x)), [0.0, 800.0, -8000.0], [0.5, 1, 0]),
        (lambda xp, x, d: xp.sum(sigmoid(xp, x)), [0.0], [0.25]),
        # An infinite factor leaves the directions that do not meet it alone.
        (lambda xp, x, d: xp.sum(xp.sqrt(x)), [0.0, 4.0], [np.inf, 0.25]),
        (lambda xp, x, d: xp.sum(xp.where(x > 0, xp.log(x), 0.0)), [0.0, 2.0], [0, 0.5]),
    ],
)
def test_derivatives_at_kinks_and_extremes(loss, x, expected):
    got = gradient(loss, x)
    np.testing.assert_allclose(got.astype(float), np.array(expected, float), rtol=1e-18, atol=1e-18)


def test_saturated_tanh_keeps_its_relative_precision():
    # 1 - tanh² would be 0 here: sech²(30) = 4/(e^30 + e^-30)² .
    got = gradient(lambda xp, x, d: xp.tanh(x), 30.0)
    expected = 4 / (np.exp(LONG(30)) + np.exp(LONG(-30))) ** 2
    assert abs(got / expected - 1) < 64 * EPS


# A whole loss, and the data.


def test_softmax_regression_has_the_known_gradient():
    rng = np.random.default_rng(4)
    x, w, b = rng.normal(size=(7, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    labels = rng.integers(0, 3, 7)

    def loss(xp, p, d):
        return cross_entropy(xp, d["x"] @ p["w"] + p["b"], d["labels"])

    units = np.eye(15).reshape(15, 5, 3)
    data = {"x": x, "labels": labels}
    value, got = directional(loss, {"w": w, "b": b}, data, {"w": units})
    logits = x.astype(LONG) @ w + b
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = x.T.astype(LONG) @ (p - np.eye(3)[labels]) / 7
    assert np.max(np.abs(got.reshape(5, 3) - expected)) < 16 * EPS
    assert abs(value + np.mean(np.log(p[np.arange(7), labels]))) < 16 * EPS


def test_integers_stay_integers_and_floats_become_longdouble():
    seen = {}

    def loss(xp, p, d):
        seen.update(labels=d["labels"], total=xp.sum(d["labels"]), mean=xp.mean(d["labels"]))
        seen.update(x=p["x"], largest=xp.maximum(d["labels"], 2), picked=p["x"][d["labels"]])
        return xp.sum(p["x"])

    directional(loss, {"x": np.arange(5.0)}, {"labels": np.array([0, 3, 1])}, {})
    assert seen["labels"].dtype == seen["largest"].dtype == np.int64
    assert seen["total"] == 4
    assert seen["mean"].dtype == seen["x"].dtype == LONG
    assert abs(seen["mean"].primal - LONG(4) / 3) <= EPS
    assert seen["picked"].shape == (3,)


def test_a_parameter_that_does_not_move_costs_no_tangent_and_data_have_none():
    seen = {}

    def loss(xp, p, d):
        seen.update(still=p["w"] @ d["x"], moving=p["w"] * p["b"])
        return xp.sum(seen["moving"]) + xp.sum(seen["still"])

    params = {"w": np.ones((2, 3)), "b": np.array(2.0)}
    _, got = directional(loss, params, {"x": np.ones(3)}, {"b": np.array([1.0, -2.0])})
    assert seen["still"].tangent is None
    assert seen["moving"].tangent.shape == (2, 2, 3)
    np.testing.assert_array_equal(got, [6, -12])


def test_inputs_are_not_changed():
    x = np.arange(6.0).reshape(2, 3)
    before = x.copy()
    directional(lambda xp, p, d: xp.sum(p["x"] ** 2 @ d["y"]), {"x": x}, {"y": x.T}, {"x": x[None]})
    np.testing.assert_array_equal(x, before)


def test_work_counts_the_largest_array_and_all_of_them():
    _, work = measured(
        lambda xp, p, d: xp.sum(p["x"][:, None] * p["x"]), {"x": np.ones(7, np.float32)}, {}
    )
    # x, x[:, None], the product, the sum.
    assert (work.largest, work.total) == (49, 7 + 7 + 49 + 1)


# Mistakes.


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (lambda xp, p, d: p["x"].sum(), r"x\.sum .* write xp\.sum\(x\)"),
        (lambda xp, p, d: d["y"].mean(), r"x\.mean .* write xp\.mean\(x\)"),
        (lambda xp, p, d: np.sum(p["x"]), r"np\.sum .* write xp\.sum"),
        (
            lambda xp, p, d: xp.sum(np.exp(p["x"])),
            r"line \d+: .*write xp\.sum, xp\.exp in: .*np\.exp",
        ),
        (lambda xp, p, d: np.asarray(p["x"]), "may not turn an array into a NumPy array"),
        (lambda xp, p, d: math.sqrt(p["x"][0]), "may not turn an array into a Python number"),
        (lambda xp, p, d: p["x"].__setitem__(0, 1.0), "may not assign"),
        (lambda xp, p, d: p["x"] * 2.0, r"shape \(3,\), not a scalar; write xp\.sum"),
        (lambda xp, p, d: None, "returned a NoneType, not a scalar"),
        (lambda xp, p, d: p["x"][0] * (1 + 2j), "write real numbers"),
        (lambda xp, p, d: xp.cumulative_sum(p["x"][:, None]), "needs an axis"),
        (lambda xp, p, d: xp.einsum("i,i->", p["x"]), "names 2 arrays, got 1"),
        (lambda xp, p, d: p["x"][0] @ p["x"], "needs arrays of one axis or more"),
        (lambda xp, p, d: xp.nonzero(p["x"]), r"xp\.nonzero is not an operation"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_write(loss, text):
    with pytest.raises(InputError, match=text) as caught:
        directional(loss, {"x": np.arange(1.0, 4.0)}, {"y": np.ones(3)}, {})
    assert "\n" not in str(caught.value)


def test_other_errors_of_a_loss_are_its_own():
    with pytest.raises(TypeError, match="unsupported operand"):
        directional(lambda xp, p, d: p["x"] // 2, {"x": np.ones(3)}, {}, {})

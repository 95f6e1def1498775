"""The regressions by hand, against their textbook formulas in extended precision."""

import tracemalloc

import numpy as np
import pytest

from gradparity.backends.numpy_backprop import regression
from gradparity.backends.numpy_backprop.regression import DERIVATIONS, FURTHER
from gradparity.problems.namespace import NUMPY
from gradparity.problems.regression import PROBLEMS, draw_linear, draw_logistic, draw_poisson

DRAWS = {
    "regression-linear": draw_linear,
    "regression-logistic": draw_logistic,
    "regression-poisson": draw_poisson,
}
ROWS = 8
SHAPES = [(1, 3), (ROWS - 1, 3), (ROWS, 3), (ROWS + 1, 3), (3 * ROWS, 3), (100, 7), (5, 40)]


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of eight rows."""
    monkeypatch.setattr(regression, "BLOCK_BYTES", 1)
    monkeypatch.setattr(regression, "FEWEST_ROWS", ROWS)


def drawn(name, cases=100, features=7, seed=0, dtype=np.float64):
    """Params, data and direction, exact in float32."""
    rng = np.random.default_rng(seed)
    instance = DRAWS[name](rng, cases, features)
    direction = {"w": rng.normal(size=instance.params["w"].shape)}
    return [
        {key: array.astype(np.float32).astype(dtype) for key, array in arrays.items()}
        for arrays in (instance.params, instance.data, direction)
    ]


def textbook(name, params, data, direction):
    """Every operator by its formula, in longdouble."""
    w, v = params["w"].astype(np.longdouble), direction["w"].astype(np.longdouble)
    x, y = data["x"].astype(np.longdouble), data["y"].astype(np.longdouble)
    z, n = x @ w, len(y)
    if name == "regression-linear":
        terms, slope, bend, scale = (z - y) ** 2 / 2, z - y, np.ones_like(z), 1 / np.longdouble(n)
    elif name == "regression-logistic":
        p = 1 / (1 + np.exp(-z))
        terms, slope, bend = -y * np.log(p) - (1 - y) * np.log(1 - p), p - y, p * (1 - p)
        scale = 1 / np.longdouble(n)
    else:
        mean = np.exp(z)
        terms, slope, bend, scale = mean - y * z, mean - y, mean, np.longdouble(1)
    hessian = scale * x.T @ (bend[:, None] * x)
    return {
        "value": scale * terms.sum(),
        "gradient": scale * x.T @ slope,
        "jvp": scale * slope @ (x @ v),
        "hvp": hessian @ v,
        "hessian": hessian,
    }


def by_hand(name, params, data, direction):
    derivation = DERIVATIONS[name](params, data)
    value, gradient = derivation.gradient(params, data)
    assert derivation.value(params, data) == pytest.approx(
        value, rel=8 * float(np.finfo(value.dtype).eps)
    )
    further = {key: make(params, data) for key, make in FURTHER[name].items()}
    loss, slope = further["jvp"](params, data, direction)
    assert loss == value
    return {
        "value": value,
        "gradient": gradient["w"].copy(),
        "jvp": slope,
        "hvp": further["hvp"](params, data, direction)["w"].copy(),
        "hessian": further["hessian"](params, data).copy(),
    }


def assert_textbook(name, params, data, direction, epsilons):
    """To `epsilons` units of rounding of the terms that an operator adds up, component by component.

    z moves by its own rounding, of the size |x| |w|, and φ″ does by as much of itself.
    """
    expected = textbook(name, params, data, direction)
    absolute = [{k: np.abs(a) for k, a in arrays.items()} for arrays in (params, data, direction)]
    w, x, y, v = absolute[0]["w"], absolute[1]["x"], absolute[1]["y"], absolute[2]["w"]
    z, bound = x @ w, np.exp(x @ w) if name == "regression-poisson" else np.ones(len(y))
    slope, scale = bound * (1 + z) + y, 1 if name == "regression-poisson" else 1 / len(y)
    terms = {
        "value": scale * ((slope * (1 + z)).sum()),
        "gradient": scale * x.T @ slope,
        "jvp": scale * slope @ (x @ v),
        "hvp": scale * x.T @ (bound * (1 + z) * (x @ v)),
        "hessian": scale * x.T @ ((bound * (1 + z))[:, None] * x),
    }
    for operator, answer in by_hand(name, params, data, direction).items():
        assert answer.dtype == params["w"].dtype
        assert answer.shape == expected[operator].shape
        rounding = epsilons * float(np.finfo(answer.dtype).eps)
        assert np.all(np.abs(answer - expected[operator]) <= rounding * terms[operator]), operator


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.usefixtures("small_blocks")
def test_every_operator_is_the_textbook_formula_at_every_seam(name, shape, dtype):
    params, data, direction = drawn(name, *shape, dtype=dtype)
    assert_textbook(name, params, data, direction, epsilons=4)


def test_the_blocks_of_these_tests_are_several(monkeypatch):
    params, data, _ = drawn("regression-linear", 100, 7)
    assert len(regression.Sweep(regression.LinearTerms, lambda n: 1.0, params, data).steps) == 1
    monkeypatch.setattr(regression, "BLOCK_BYTES", 1)
    monkeypatch.setattr(regression, "FEWEST_ROWS", ROWS)
    assert len(regression.Sweep(regression.LinearTerms, lambda n: 1.0, params, data).steps) == 13


@pytest.mark.parametrize("name", DRAWS)
def test_the_gradient_vanishes_at_the_minimum(name):
    _, data, _ = drawn(name, 200, 6)
    minimum = PROBLEMS[name].minimum(data)
    value, gradient = DERIVATIONS[name](minimum.params, data).gradient(minimum.params, data)
    assert float(value) == pytest.approx(minimum.value, rel=1e-13)
    assert np.abs(gradient["w"]).max() < 1e-12 * (200 if name == "regression-poisson" else 1)


def test_one_newton_step_on_least_squares_ends_at_the_answer_by_qr():
    params, data, _ = drawn("regression-linear", 200, 6)
    _, gradient = DERIVATIONS["regression-linear"](params, data).gradient(params, data)
    hessian = FURTHER["regression-linear"]["hessian"](params, data)(params, data)
    stepped = params["w"] - np.linalg.solve(hessian, gradient["w"])
    expected = PROBLEMS["regression-linear"].minimum(data).params["w"]
    assert stepped == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_the_jacobian_gives_the_gradient_and_the_hessian_of_least_squares():
    """The loss is half of Σ r²: its gradient is Jᵀ r, and r being linear, its Hessian Jᵀ J."""
    name = "regression-linear"
    params, data, direction = drawn(name)
    jacobian = FURTHER[name]["jacobian"](params, data)(params, data)
    residuals = PROBLEMS[name].residuals(NUMPY, params, data)
    expected = textbook(name, params, data, direction)
    assert jacobian.T @ residuals == pytest.approx(expected["gradient"].astype(float), rel=1e-13)
    assert jacobian.T @ jacobian == pytest.approx(expected["hessian"].astype(float), abs=1e-14)


@pytest.mark.parametrize("name", DRAWS)
def test_hessians_are_symmetric_bitwise_and_positive(name):
    params, data, _ = drawn(name)
    hessian = FURTHER[name]["hessian"](params, data)(params, data)
    assert np.array_equal(hessian, hessian.T)
    assert np.linalg.eigvalsh(hessian).min() > 0.0


def test_saturated_logits_lose_no_digits_and_overflow_nothing():
    x, w = np.array([[-40.0], [40.0], [-800.0], [800.0]]), np.ones(1)
    data, params = {"x": x, "y": np.array([0.0, 1.0, 0.0, 1.0])}, {"w": w}
    derivation = DERIVATIONS["regression-logistic"](params, data)
    with np.errstate(all="raise", under="ignore"):
        value, gradient = derivation.gradient(params, data)
        product = FURTHER["regression-logistic"]["hvp"](params, data)(params, data, params)
    # Each of the first two cases costs ln(1 + e^-40), whose slope by |z| is -e^-40 to first order.
    # That of σ - y at y = 1 is rounded where σ nears 1: one part in 2e16 of 1, times x = 40, over 4.
    assert value == pytest.approx(2.0 * np.exp(-40.0) / 4.0, rel=1e-14)
    assert abs(gradient["w"][0]) < 1.2e-16 * 10
    assert product["w"][0] == pytest.approx(2.0 * 1600.0 * np.exp(-40.0) / 4.0, rel=1e-14)
    wrong = {"x": x, "y": 1.0 - data["y"]}
    assert derivation.value(params, wrong) == pytest.approx((40.0 + 800.0) / 2.0, rel=1e-14)


@pytest.mark.parametrize("name", DRAWS)
def test_float32_over_many_rows_keeps_its_digits(name):
    params, data, direction = drawn(name, 100_000, 3, dtype=np.float32)
    assert_textbook(name, params, data, direction, epsilons=8)


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.usefixtures("small_blocks")
def test_repeatability_untouched_inputs_and_nothing_baked_in(name):
    first, other = drawn(name), drawn(name, seed=1)
    for arrays in first:
        for array in arrays.values():
            array.flags.writeable = False
    zeros = [{key: np.zeros_like(array) for key, array in arrays.items()} for arrays in first[:2]]
    further = {key: make(*zeros) for key, make in FURTHER[name].items()}
    derivation = DERIVATIONS[name](*zeros)
    expected = by_hand(name, *first)
    derivation.gradient(*other[:2])
    assert np.array_equal(derivation.gradient(*first[:2])[1]["w"], expected["gradient"])
    further["hvp"](*other)
    assert np.array_equal(further["hvp"](*first)["w"], expected["hvp"])
    further["hessian"](*other[:2])
    assert np.array_equal(further["hessian"](*first[:2]), expected["hessian"])
    assert further["jvp"](*first)[1] == expected["jvp"]


@pytest.mark.parametrize("name", DRAWS)
def test_a_warm_call_allocates_no_arrays(name):
    params, data, direction = drawn(name, 20_000, 5)
    gradient = DERIVATIONS[name](params, data).gradient
    hvp = FURTHER[name]["hvp"](params, data)
    gradient(params, data), hvp(params, data, direction)
    tracemalloc.start()
    try:
        gradient(params, data), hvp(params, data, direction)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # One vector of the cases is 160,000 bytes.
    assert peak < 20_000

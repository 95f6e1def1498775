"""The markets' gradients by hand, against the complex step and closed forms."""

import math

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.business import DERIVATIONS
from gradparity.problems.business import PROBLEMS
from tests.conftest import COMPLEX


def cast(arrays, dtype):
    return {name: np.asarray(array, dtype=dtype) for name, array in arrays.items()}


def exact(name, params, data):
    """Value and gradient of the loss alone, by the complex step in extended precision."""
    step = 1e-30
    loss = PROBLEMS[name].loss
    slopes = {}
    for moved in params:
        point = {
            key: np.clongdouble(value) + (1j * step if key == moved else 0.0)
            for key, value in params.items()
        }
        value = loss(COMPLEX, point, cast(data, np.longdouble))
        slopes[moved] = float(value.imag / step)
    return float(value.real), slopes


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("seed", range(10))
def test_value_and_gradient_agree_with_the_complex_step(name, seed):
    instance = PROBLEMS[name].instance("tiny", seed)
    params, data = instance.params, instance.data
    derivation = DERIVATIONS[name](params, data)
    value, gradient = derivation.gradient(params, data)
    expected, slopes = exact(name, params, data)
    # A slope is a difference of terms as large as the sales, or as the demand at price 0.
    terms = {"price": float(data.get("a", abs(expected) / 10)), "spend": 10.0}
    assert float(value) == pytest.approx(expected, rel=1e-13, abs=1e-11)
    assert float(derivation.value(params, data)) == float(value)
    assert gradient.keys() == slopes.keys()
    for key, slope in slopes.items():
        assert float(gradient[key]) == pytest.approx(slope, rel=1e-13, abs=1e-14 * terms[key])


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_gradient_vanishes_at_the_closed_form_optimum(name):
    data = PROBLEMS[name].draw(np.random.default_rng(0)).data
    minimum = PROBLEMS[name].minimum(data)
    value, gradient = DERIVATIONS[name](minimum.params, data).gradient(minimum.params, data)
    assert float(value) == pytest.approx(minimum.value, rel=1e-14)
    for key, slope in gradient.items():
        assert abs(float(slope) * float(minimum.params[key])) < 1e-11 * abs(minimum.value)


def test_the_linear_market_in_round_numbers():
    """A = 1000, b = 8, c = 35 at p = 75: demand 400, profit 16,000, loss's slope 8·40 - 400."""
    data = cast({"a": 1000.0, "b": 8.0, "cost": 35.0}, np.float64)
    params = cast({"price": 75.0}, np.float64)
    value, gradient = DERIVATIONS["price-linear"](params, data).gradient(params, data)
    assert float(value) == -16000.0
    assert float(gradient["price"]) == -80.0


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_shape_repeatability_and_untouched_inputs(name, dtype):
    instance = PROBLEMS[name].instance("tiny", 4)
    params, data = cast(instance.params, dtype), cast(instance.data, dtype)
    kept = [cast(params, dtype), cast(data, dtype)]
    kept = [{key: array.copy() for key, array in arrays.items()} for arrays in kept]
    derivation = DERIVATIONS[name](params, data)
    value, gradient = derivation.gradient(params, data)
    first = [value.tobytes(), *(array.tobytes() for array in gradient.values())]
    again, gradient = derivation.gradient(params, data)
    assert first == [again.tobytes(), *(array.tobytes() for array in gradient.values())]
    assert derivation.value(params, data).dtype == value.dtype == dtype
    assert gradient.keys() == params.keys()
    assert all(array.shape == () and array.dtype == dtype for array in gradient.values())
    for arrays, before in zip((params, data), kept, strict=True):
        assert all(arrays[key].tobytes() == before[key].tobytes() for key in arrays)


@pytest.mark.parametrize("name", PROBLEMS)
def test_float32_answers_are_the_float64_ones_rounded(name):
    instance = PROBLEMS[name].instance("tiny", 5)
    narrow = cast(instance.params, np.float32), cast(instance.data, np.float32)
    value32, gradient32 = DERIVATIONS[name](*narrow).gradient(*narrow)
    value, gradient = DERIVATIONS[name](instance.params, instance.data).gradient(
        instance.params, instance.data
    )
    assert value32 == np.float32(value)
    assert all(gradient32[key] == np.float32(gradient[key]) for key in gradient)


EDGES = [
    ("price-elastic", {"price": 0.0}),
    ("price-elastic", {"price": -1.0}),
    ("price-elastic", {"price": 1e-300}),
    ("price-logit", {"price": 1e6}),
    ("price-logit", {"price": -1e6}),
    ("price-logit", {"price": math.inf}),
    ("price-ad-sqrt", {"price": 50.0, "spend": 0.0}),
    ("price-ad-sqrt", {"price": 50.0, "spend": -1.0}),
    ("price-ad-log", {"price": 50.0, "spend": -50.0}),
    ("price-ad-log", {"price": 50.0, "spend": -51.0}),
    ("price-ad-log", {"price": math.nan, "spend": 1.0}),
]


@pytest.mark.parametrize(("name", "point"), EDGES)
def test_outside_the_domain_the_loss_is_what_numpy_makes_of_it(name, point):
    params = cast(point, np.float64)
    data = PROBLEMS[name].draw(np.random.default_rng(0)).data
    derivation = DERIVATIONS[name](params, data)
    with np.errstate(all="ignore"):
        expected = PROBLEMS[name].loss(COMPLEX, params, data)
    assert derivation.value(params, data) == pytest.approx(float(expected), nan_ok=True)


def test_slopes_at_the_edge_of_the_domain_are_infinite():
    def slope(name, key, **point):
        params = cast(point, np.float64)
        data = PROBLEMS[name].draw(np.random.default_rng(0)).data
        return float(DERIVATIONS[name](params, data).gradient(params, data)[1][key])

    assert slope("price-elastic", "price", price=0.0) == -math.inf
    assert slope("price-ad-sqrt", "spend", price=50.0, spend=0.0) == -math.inf
    assert slope("price-ad-log", "spend", price=50.0, spend=-50.0) == -math.inf
    # Far beyond what anyone pays, demand falls like e^-βp: the slope underflows, without NaN.
    assert slope("price-logit", "price", price=1e6) == 0.0

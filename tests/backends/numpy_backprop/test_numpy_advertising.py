"""Gradients of advertising and of several products by hand, against closed forms."""

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.advertising import FEW
from gradparity.backends.numpy_backprop.catalogue import DERIVATIONS, FURTHER
from gradparity.problems.catalogue import PROBLEMS
from tests.backends.numpy_backprop.numpy_answers import at, derivative

NAMES = ("price-ad-elastic", "ad-budget-sqrt", "ad-budget-log", "price-catalogue")


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_vanishes_at_the_closed_form_optimum(name):
    data = PROBLEMS[name].draw(np.random.default_rng(0)).data
    minimum = PROBLEMS[name].minimum(data)
    value, gradient = DERIVATIONS[name](minimum.params, data).gradient(minimum.params, data)
    assert float(value) == pytest.approx(minimum.value, rel=1e-14)
    for key, slope in gradient.items():
        assert np.abs(slope * minimum.params[key]).max() < 1e-12 * abs(minimum.value)


def test_constant_elasticities_in_round_numbers():
    """A = 16, ε = 2, β = ½, c = 1 at p = 2, x = 4: q = 8, loss 4 - 8, slopes -8 + 8 and 1 - 1."""
    point = {"price": np.array(2.0), "spend": np.array(4.0)}
    figures = {"scale": 16.0, "elasticity": 2.0, "response": 0.5, "cost": 1.0}
    data = {name: np.array(x) for name, x in figures.items()}
    value, gradient = DERIVATIONS["price-ad-elastic"](point, data).gradient(point, data)
    assert (float(value), float(gradient["price"]), float(gradient["spend"])) == (-4.0, 0.0, 0.0)
    hessian = FURTHER["price-ad-elastic"]["hessian"](point, data)(point, data)
    # q ∝ p^-2 √x: π_pp = 2·(-8) + 12 = -4, π_px = 1 - 1 = 0, π_xx = -m q/(4 x²) = -1/8.
    assert hessian == pytest.approx(np.array([[4.0, 0.0], [0.0, 0.125]]), abs=1e-15)


def test_the_square_root_budget_has_the_closed_form_hessian():
    """At the optimum r_i = s_i R: H = R/4 (diag s - s sᵀ), which a common shift does not feel."""
    problem = PROBLEMS["ad-budget-sqrt"]
    minimum = problem.minimum(problem.draw(np.random.default_rng(0)).data)
    instance = at("ad-budget-sqrt", **minimum.params)
    hessian = derivative("ad-budget-sqrt", "hessian", instance)
    s = np.exp(minimum.params["z"])
    expected = -minimum.value / 4.0 * (np.diag(s) - np.outer(s, s))
    assert np.abs(hessian - expected).max() < 1e-6 * np.abs(expected).max()  # z is float32's


def test_a_channel_left_out_has_the_curvature_of_its_missing_return():
    """Where z_i = 0, ∂²loss/∂z_i² = 2 B/Z (λ - w_i/s_i): 6000 (1/11 - 50/4000)."""
    problem = PROBLEMS["ad-budget-log"]
    data = problem.draw(np.random.default_rng(0)).data
    params = problem.minimum(data).params
    product = FURTHER["ad-budget-log"]["hvp"](params, data)
    along = product(params, data, {"z": np.array([0.0, 0.0, 1.0])})["z"]
    assert along == pytest.approx([0.0, 0.0, 6000 * (1 / 11 - 1 / 80)], rel=1e-13)


@pytest.mark.parametrize(("name", "scale"), [("ad-budget-sqrt", None), ("ad-budget-log", 3.0)])
def test_what_does_not_change_the_shares_does_not_change_the_loss(name, scale):
    instance = PROBLEMS[name].instance("small", 3)
    z, data = instance.params["z"], instance.data
    gradient = DERIVATIONS[name](instance.params, data).gradient
    value, slope = gradient(instance.params, data)
    moved = {"z": z + 2.5 if scale is None else z * scale}
    assert float(gradient(moved, data)[0]) == pytest.approx(float(value), rel=1e-13)
    along = np.ones_like(z) if scale is None else z
    assert abs(slope["z"] @ along) < 1e-13 * np.abs(slope["z"] * along).sum()


@pytest.mark.parametrize("name", ["ad-budget-sqrt", "ad-budget-log"])
def test_few_channels_on_floats_are_many_on_vectors(name):
    """Channels that earn nothing, appended, change no share of the squares; of softmax, z = -1e3."""
    instance = PROBLEMS[name].instance("tiny", 6)
    value, gradient = DERIVATIONS[name](instance.params, instance.data).gradient(
        instance.params, instance.data
    )
    none = np.full(FEW, -1e3 if name == "ad-budget-sqrt" else 0.0)
    params = {"z": np.concatenate([instance.params["z"], none])}
    data = {
        key: x if x.ndim == 0 else np.concatenate([x, np.ones(FEW)])
        for key, x in instance.data.items()
    }
    whole, slopes = DERIVATIONS[name](params, data).gradient(params, data)
    assert float(whole) == pytest.approx(float(value), rel=1e-14)
    assert slopes["z"][:3] == pytest.approx(gradient["z"], rel=1e-12)
    assert np.all(slopes["z"][3:] == 0.0)


def test_where_floats_raise_the_answer_is_that_of_vectors():
    """No z at all: shares of 0/0."""
    data = PROBLEMS["ad-budget-log"].draw(np.random.default_rng(0)).data
    params = {"z": np.zeros(3)}
    derivation = DERIVATIONS["ad-budget-log"](params, data)
    with np.errstate(all="ignore"):
        value, gradient = derivation.gradient(params, data)
        assert np.isnan(value)
        assert np.isnan(derivation.value(params, data))
    assert np.all(np.isnan(gradient["z"]))


def test_a_large_z_does_not_overflow():
    data = {"k": np.array([3.0, 4.0]), "budget": np.array(100.0)}
    params = {"z": np.array([1e4, 0.0])}
    value, gradient = DERIVATIONS["ad-budget-sqrt"](params, data).gradient(params, data)
    assert float(value) == -30.0
    assert gradient["z"].tolist() == [0.0, 0.0]


def test_the_catalogues_derivatives_are_its_matrices():
    """B = (2, 1; 0, 1), a = (10, 6), c = (1, 2) at p = (2, 3): m = (1, 1), q = (3, 3)."""
    point = {"price": np.array([2.0, 3.0])}
    data = {
        "a": np.array([10.0, 6.0]),
        "b": np.array([[2.0, 1.0], [0.0, 1.0]]),
        "cost": np.array([1.0, 2.0]),
    }
    value, gradient = DERIVATIONS["price-catalogue"](point, data).gradient(point, data)
    assert float(value) == -6.0
    assert gradient["price"].tolist() == [2.0 - 3.0, 2.0 - 3.0]
    further = {key: make(point, data) for key, make in FURTHER["price-catalogue"].items()}
    assert further["hessian"](point, data).tolist() == [[4.0, 1.0], [1.0, 2.0]]
    assert further["hvp"](point, data, {"price": np.array([1.0, 10.0])})["price"].tolist() == [
        14.0,
        21.0,
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_repeatability_and_untouched_inputs(name, dtype):
    instance = PROBLEMS[name].instance("tiny", 4)
    params = {key: x.astype(dtype) for key, x in instance.params.items()}
    data = {key: x.astype(dtype) for key, x in instance.data.items()}
    kept = [{key: x.tobytes() for key, x in arrays.items()} for arrays in (params, data)]
    derivation = DERIVATIONS[name](params, data)
    value, gradient = derivation.gradient(params, data)
    first = {key: x.tobytes() for key, x in gradient.items()}
    again, gradient = derivation.gradient(params, data)
    assert (value, first) == (again, {key: x.tobytes() for key, x in gradient.items()})
    assert value.dtype == derivation.value(params, data).dtype == dtype
    assert all(gradient[key].dtype == dtype for key in params)
    assert all(gradient[key].shape == params[key].shape for key in params)
    after = [{key: x.tobytes() for key, x in arrays.items()} for arrays in (params, data)]
    assert kept == after

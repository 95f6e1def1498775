"""The markets' losses and their closed-form optima."""

import math

import numpy as np
import pytest

from gradparity.problems import InputError
from gradparity.problems.business import PROBLEMS
from tests.conftest import COMPLEX

# Reference figures, recomputed independently: parameters, profit, decimals given.
CERTIFIED = {
    "price-linear": ({"price": 80.0}, 16200.0, 1e-9),
    "price-elastic": ({"price": 58.3333}, 448.905, 5e-4),
    "price-logit": ({"price": 55.530705}, 16061.409, 1e-3),
    "price-ad-sqrt": ({"price": 86.428571, "spend": 2644.898}, 18514.2857, 1e-3),
    # spend from x + x0 = k (p - c) = 80 · 68.482942
    "price-ad-log": ({"price": 103.482942, "spend": 5428.635}, None, 1e-3),
}


def market(name, **figures):
    return PROBLEMS[name].draw(np.random.default_rng(31337), **figures).data


def loss(name, params, data):
    return PROBLEMS[name].loss(COMPLEX, params, data)


def gradient(name, params, data):
    """By the complex step in extended precision: an error of the order of its rounding."""
    step = 1e-30
    slopes = {}
    for moved in params:
        point = {
            key: np.clongdouble(value) + (1j * step if key == moved else 0.0)
            for key, value in params.items()
        }
        slopes[moved] = float(loss(name, point, data).imag / step)
    return slopes


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_optimum_is_the_certified_one(name):
    params, profit, tolerance = CERTIFIED[name]
    minimum = PROBLEMS[name].minimum(market(name))
    assert minimum.params.keys() == params.keys()
    for key, value in params.items():
        assert float(minimum.params[key]) == pytest.approx(value, abs=tolerance)
    if profit is not None:
        assert minimum.value == pytest.approx(-profit, abs=tolerance)


MARKETS = [
    ("price-linear", {}),
    ("price-linear", {"a": 50.0, "b": 0.3, "cost": 120.0}),
    ("price-elastic", {}),
    ("price-elastic", {"scale": 10.0, "elasticity": 1.2, "cost": 3.0}),
    ("price-logit", {}),
    ("price-logit", {"market": 5.0, "alpha": 900.0, "beta": 1.0, "cost": 10.0}),
    ("price-logit", {"market": 5.0, "alpha": -2.0, "beta": 0.5, "cost": 1.0}),
    ("price-ad-sqrt", {}),
    ("price-ad-sqrt", {"a": 10.0, "b": 1.0, "cost": 2.0, "k": 1.9}),
    ("price-ad-log", {}),
    ("price-ad-log", {"a": 10.0, "b": 1.0, "cost": 2.0, "k": 1.0, "x0": 1.0}),
    ("price-ad-log", {"k": 0.9, "x0": 1.0}),
]


@pytest.mark.parametrize(("name", "figures"), MARKETS)
def test_the_optimum_is_stationary_and_lower_than_its_neighbours(name, figures):
    data = market(name, **figures)
    minimum = PROBLEMS[name].minimum(data)
    at = minimum.params
    assert float(loss(name, at, data)) == pytest.approx(minimum.value, rel=1e-13)
    for key, slope in gradient(name, at, data).items():
        assert abs(slope * float(at[key])) < 1e-11 * abs(minimum.value)
        for factor in (0.99, 1.01):
            assert loss(name, {**at, key: at[key] * factor}, data) > minimum.value


@pytest.mark.parametrize(
    ("figures", "advertises"),
    [({}, True), ({"k": 0.5}, False), ({"a": 10.0, "b": 1.0, "cost": 2.0, "k": 5.0}, False)],
)
def test_the_logarithmic_response_is_optimal_on_a_grid_too(figures, advertises):
    data = market("price-ad-log", **figures)
    minimum = PROBLEMS["price-ad-log"].minimum(data)
    price, spend = (float(minimum.params[key]) for key in ("price", "spend"))
    assert (spend > 0.0) == advertises
    cost = float(data["cost"])
    grid = {
        "price": np.linspace(cost, cost + 2.0 * (price - cost), 401)[:, None],
        "spend": np.linspace(0.0, 2.0 * spend + 100.0, 401)[None, :],
    }
    lowest = loss("price-ad-log", grid, data).min()
    assert minimum.value <= lowest + 1e-12 * abs(lowest)
    assert lowest == pytest.approx(minimum.value, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("price-elastic", {"elasticity": 0.9}),
        ("price-logit", {"beta": -0.1}),
        ("price-ad-sqrt", {"b": 1.0, "k": 2.0}),
    ],
)
def test_an_unbounded_market_says_so(name, figures):
    minimum = PROBLEMS[name].minimum({**market(name), **as_arrays(figures)})
    assert minimum.value == -math.inf
    assert minimum.params is None
    assert "unbounded" in minimum.note
    with pytest.raises(InputError, match="unbounded"):
        market(name, **figures)


def as_arrays(figures):
    return {key: np.asarray(value) for key, value in figures.items()}


def test_unit_elasticity_approaches_the_scale_and_never_reaches_it():
    data = {**market("price-elastic"), "elasticity": np.asarray(1.0)}
    minimum = PROBLEMS["price-elastic"].minimum(data)
    assert minimum.params is None
    far = loss("price-elastic", {"price": np.asarray(1e12)}, data)
    assert minimum.value < far
    assert far == pytest.approx(minimum.value, rel=1e-9)


@pytest.mark.parametrize("name", ["price-linear", "price-ad-sqrt", "price-ad-log"])
def test_a_market_without_buyers_is_refused(name):
    with pytest.raises(InputError, match="no market"):
        market(name, cost=200.0)
    with pytest.raises(InputError, match="no market"):
        PROBLEMS[name].minimum({**market(name), **as_arrays({"b": 0.0})})


def test_advertising_without_a_scale_is_refused():
    with pytest.raises(InputError, match="x0"):
        market("price-ad-log", x0=0.0)


def test_the_first_order_conditions_of_the_textbook():
    """Pass-through ½ for linear demand, 1/(1 + W) for logit; the Lerner index is 1/ε."""
    linear, elastic, logit = (
        PROBLEMS[n].minimum for n in ("price-linear", "price-elastic", "price-logit")
    )

    def price(minimum, data):
        return float(minimum(data).params["price"])

    dearer = price(linear, market("price-linear", cost=36.0))
    assert dearer - price(linear, market("price-linear")) == pytest.approx(0.5, abs=1e-12)
    best = price(elastic, market("price-elastic"))
    assert (best - 35.0) / best == pytest.approx(1 / 2.5, abs=1e-14)
    step = 1e-4
    up, down = (price(logit, market("price-logit", cost=35.0 + s)) for s in (step, -step))
    w = 0.08 * (price(logit, market("price-logit")) - 35.0) - 1.0
    assert (up - down) / (2 * step) == pytest.approx(1 / (1 + w), rel=1e-7)


@pytest.mark.parametrize("name", PROBLEMS)
def test_draws_lie_in_the_domain_and_repeat(name):
    problem = PROBLEMS[name]
    for seed in range(20):
        instance = problem.instance("tiny", seed)
        again = problem.instance("tiny", seed)
        for key, value in instance.params.items():
            assert value.shape == ()
            assert value.dtype == np.float64
            assert value == again.params[key]
            assert value > 0.0
        assert instance.params["price"] >= instance.data["cost"]
        assert set(problem.units) == {*instance.params, ""}

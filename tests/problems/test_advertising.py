"""Advertising: closed-form optima against the reference's figures and against the losses."""

import math

import numpy as np
import pytest

from gradparity.problems import InputError
from gradparity.problems.advertising import PROBLEMS, softmax_spends, squared_spends
from tests.conftest import COMPLEX


def data_of(name, **figures):
    return PROBLEMS[name].draw(np.random.default_rng(31337), **figures).data


def loss(name, params, data):
    return PROBLEMS[name].loss(COMPLEX, params, data)


def gradient(name, params, data):
    """By the complex step in extended precision, one array per parameter."""
    slopes = {}
    for moved, array in params.items():
        flat = []
        for place in range(np.size(array)):
            step = np.zeros(np.size(array), complex)
            step[place] = 1e-30j
            point = {k: np.asarray(x, np.clongdouble) for k, x in params.items()}
            point[moved] = point[moved] + step.reshape(np.shape(array))
            flat.append(float(loss(name, point, data).imag / 1e-30))
        slopes[moved] = np.array(flat)
    return slopes


def test_the_market_of_constant_elasticities_is_the_certified_one():
    """A = 3e4, ε = 2.5, β = .3, c = 35: price 58.333, spend 19.7845, .12 of the sales."""
    data = data_of("price-ad-elastic")
    minimum = PROBLEMS["price-ad-elastic"].minimum(data)
    price, spend = (float(minimum.params[name]) for name in ("price", "spend"))
    assert price == pytest.approx(58.333333, abs=1e-6)
    assert spend == pytest.approx(19.7845, abs=5e-5)
    demand = 3e4 * price**-2.5 * spend**0.3
    assert spend / (price * demand) == pytest.approx(0.3 / 2.5, rel=1e-14)
    assert minimum.value == pytest.approx(spend - (price - 35.0) * demand, rel=1e-13)
    assert float(loss("price-ad-elastic", minimum.params, data)) == pytest.approx(minimum.value)


@pytest.mark.parametrize(
    "figures",
    [{}, {"elasticity": 1.1, "response": 0.9, "scale": 50.0}, {"response": 0.02, "cost": 2.0}],
)
def test_at_that_optimum_the_slopes_vanish_and_neighbours_earn_less(figures):
    data = data_of("price-ad-elastic", **figures)
    minimum = PROBLEMS["price-ad-elastic"].minimum(data)
    for key, slope in gradient("price-ad-elastic", minimum.params, data).items():
        assert abs(slope[0] * minimum.params[key]) < 1e-11 * abs(minimum.value) / 0.02
        for factor in (0.98, 1.02):
            moved = {**minimum.params, key: minimum.params[key] * factor}
            assert loss("price-ad-elastic", moved, data) > minimum.value


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"elasticity": 0.9}, "grows with the price"),
        ({"response": 1.0}, "advertising pays for ever"),
        ({"elasticity": 0.5, "response": 1.5}, "advertising pays for ever"),
    ],
)
def test_an_unbounded_market_says_so(figures, said):
    data = {**data_of("price-ad-elastic"), **figures}
    minimum = PROBLEMS["price-ad-elastic"].minimum(data)
    assert (minimum.value, minimum.params) == (-math.inf, None)
    assert said in minimum.note
    with pytest.raises(InputError, match=said):
        data_of("price-ad-elastic", **figures)


def test_unit_elasticity_is_approached_and_never_reached():
    data = {**data_of("price-ad-elastic"), "elasticity": np.asarray(1.0)}
    minimum = PROBLEMS["price-ad-elastic"].minimum(data)
    assert minimum.params is None
    spend = (0.3 * 3e4) ** (1 / 0.7)
    far = {"price": np.asarray(1e12), "spend": np.asarray(spend)}
    assert loss("price-ad-elastic", far, data) == pytest.approx(minimum.value, rel=1e-9)


def test_the_square_root_budget_in_round_numbers():
    """k = 3, 4 and B = 100: spends 36 and 64, earning √(100 · 25) = 50."""
    data = data_of("ad-budget-sqrt", k=(3.0, 4.0), budget=100.0)
    minimum = PROBLEMS["ad-budget-sqrt"].minimum(data)
    spend = softmax_spends(COMPLEX, minimum.params, data)["spend"]
    assert spend == pytest.approx([36.0, 64.0], rel=1e-14)
    assert minimum.value == pytest.approx(-50.0, rel=1e-15)
    assert float(loss("ad-budget-sqrt", minimum.params, data)) == pytest.approx(-50.0, rel=1e-14)


def test_the_logarithmic_budget_fills_the_certified_channels():
    """w = (300, 200, 50), s = (500, 2000, 4000), B = 3000: λ = 1/11, x = (2800, 200, 0)."""
    data = data_of("ad-budget-log")
    minimum = PROBLEMS["ad-budget-log"].minimum(data)
    spend = squared_spends(COMPLEX, minimum.params, data)["spend"]
    assert spend == pytest.approx([2800.0, 200.0, 0.0], abs=1e-9)
    assert data["k"][:2] / (spend[:2] + data["x0"][:2]) == pytest.approx([1 / 11] * 2, rel=1e-14)
    earned = 300 * math.log(3300 / 500) + 200 * math.log(2200 / 2000)
    assert minimum.value == pytest.approx(-earned, rel=1e-14)
    assert float(loss("ad-budget-log", minimum.params, data)) == pytest.approx(-earned, rel=1e-14)


@pytest.mark.parametrize("name", ["ad-budget-sqrt", "ad-budget-log"])
@pytest.mark.parametrize("figures", [{}, {"budget": 10.0}, {"channels": 40}])
def test_a_divided_budget_is_optimal_for_the_losses(name, figures):
    """Slopes vanish; no unit moved from one channel to another earns anything."""
    data = data_of(name, **figures)
    minimum = PROBLEMS[name].minimum(data)
    spends = PROBLEMS[name].decisions(COMPLEX, minimum.params, data)["spend"]
    assert spends.sum() == pytest.approx(float(data["budget"]), rel=1e-13)
    assert np.all(spends >= 0.0)
    for slope in gradient(name, minimum.params, data).values():
        assert np.abs(slope).max() < 1e-12 * abs(minimum.value)

    def earned(x):
        response = np.sqrt(x) if name == "ad-budget-sqrt" else np.log1p(x / data["x0"])
        return float(np.sum(data["k"] * response))

    best = earned(spends)
    assert best == pytest.approx(-minimum.value, rel=1e-13)
    moved = 1e-3 * float(data["budget"]) / spends.size
    for giver, taker in [(0, 1), (1, 0), (0, spends.size - 1), (spends.size - 1, 1)]:
        x = spends.copy()
        x[giver] -= moved
        x[taker] += moved
        assert np.any(x < 0.0) or giver == taker or earned(x) < best


def test_the_maps_reach_every_division_and_no_other():
    z = np.array([-1000.0, 0.0, 1000.0, 1.0])
    data = {"budget": np.asarray(12.0)}
    for spends in (softmax_spends, squared_spends):
        x = spends(COMPLEX, {"z": z}, data)["spend"]
        assert np.all(x >= 0.0)
        assert x.sum() == pytest.approx(12.0)


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_decision_has_a_unit(name):
    problem, instance = PROBLEMS[name], PROBLEMS[name].instance("tiny", 0)
    decided = instance.params
    if problem.decisions is not None:
        decided = problem.decisions(COMPLEX, instance.params, instance.data)
    assert {*decided, ""} == set(problem.units)


@pytest.mark.parametrize(
    ("name", "figures", "said"),
    [
        ("price-ad-elastic", {"cost": -1.0}, "cost = -1 must be positive"),
        ("price-ad-elastic", {"response": 0.0}, "response = 0 must be positive"),
        ("ad-budget-sqrt", {"budget": 0.0}, "budget = 0 must be positive"),
        ("ad-budget-sqrt", {"k": (1.0, -2.0)}, "k = 1, -2 must be positive"),
        ("ad-budget-sqrt", {"k": ()}, "k takes one number for every channel"),
        ("ad-budget-log", {"k": (1.0, 2.0)}, "k has 2 numbers, x0 3"),
        ("ad-budget-log", {"x0": (1.0, math.inf, 1.0)}, "x0 = 1, inf, 1 must be positive"),
    ],
)
def test_what_is_no_market_is_refused(name, figures, said):
    with pytest.raises(InputError, match=said):
        data_of(name, **figures)

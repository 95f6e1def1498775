"""The parts of `gradparity optimize`: descent between bounds, variables, bands, words."""

import math

import numpy as np
import pytest

from gradparity.harness.business.band import band
from gradparity.harness.business.descent import descend
from gradparity.harness.business.market import market
from gradparity.harness.business.recommend import judged, recommend
from gradparity.harness.business.variables import Variables, choices
from gradparity.harness.business.words import money, rows, sentences

FREE = np.array([np.inf, np.inf])
FAR = np.array([1e9, 1e9])


def quadratic(a, b):
    """½ vᵀ A v - bᵀ v and its gradient."""
    return lambda v: (float(0.5 * v @ a @ v - b @ v), a @ v - b)


def test_a_quadratic_without_bounds():
    a, b = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([1.0, -2.0])
    end = descend(quadratic(a, b), np.zeros(2), -FREE, FREE, FAR)
    assert end.v == pytest.approx(np.linalg.solve(a, b), rel=1e-12)
    assert end.converged
    assert end.held.tolist() == [0, 0]


def test_a_bound_holds_and_the_rest_is_solved_for():
    """At v_1 = 1 the second equation alone: 2 v_2 = -2 - 1."""
    a, b = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([8.0, -2.0])
    end = descend(quadratic(a, b), np.zeros(2), -FREE, np.array([1.0, np.inf]), FAR)
    assert end.v == pytest.approx([1.0, -1.5], rel=1e-12)
    assert end.held.tolist() == [1, 0]
    assert end.gradient[0] < 0.0


def test_a_bound_that_was_met_on_the_way_is_left_again():
    """Rosenbrock's valley from (-1.2, 1) to (1, 1), between bounds that the path touches."""

    def rosenbrock(v):
        x, y = v
        slope = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
        return float(100 * (y - x * x) ** 2 + (1 - x) ** 2), slope

    low, high = np.array([-2.0, 0.05]), np.array([2.0, 2.0])
    end = descend(lambda v: rosenbrock(v), np.array([-1.2, 1.0]), low, high, FAR)
    assert end.v == pytest.approx([1.0, 1.0], abs=1e-9)
    end = descend(rosenbrock, np.array([-1.2, 1.0]), low, np.array([0.5, 2.0]), FAR)
    assert end.v == pytest.approx([0.5, 0.25], abs=1e-9)


def test_the_end_is_sharper_than_the_loss_can_tell():
    """f = 1 + (v - 1)²: its rounding hides |v - 1| < 1e-8, its gradient does not."""
    end = descend(
        lambda v: (1.0 + float((v - 1) @ (v - 1)), 2 * (v - 1)),
        np.array([3.7, 0.1]),
        -FREE,
        FREE,
        FAR,
    )
    assert np.abs(end.v - 1).max() < 1e-14


def test_a_hole_in_the_domain_is_walked_around():
    """√v is NaN below 0: a first step there is shortened."""

    def loss(v):
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.sum(v - np.sqrt(v))), 1 - 0.5 / np.sqrt(v)

    end = descend(loss, np.array([4.0, 0.3]), -FREE, FREE, FAR)
    assert end.v == pytest.approx([0.25, 0.25], rel=1e-12)


def test_a_loss_without_end_is_given_up():
    end = descend(lambda v: (-float(v.sum()), -np.ones(2)), np.zeros(2), -FREE, FREE, FAR)
    assert end.away
    assert not end.converged
    assert end.evaluations < 200


def test_variables_reach_their_bounds_exactly():
    asked = market(["price-ad-sqrt"], {"budget": "900", "max_price": "61.7"}, None)
    start = asked.drawn(0)
    found = choices(asked, start.params, start.data)
    variables = Variables(found, start.params)
    assert variables.theta(variables.upper).tolist() == [61.7, 900.0]
    assert variables.theta(variables.lower)[0] == 35.0
    assert 0.0 < variables.theta(variables.lower)[1] < 1e-150
    inside = {"price": np.asarray(50.0), "spend": np.asarray(123.0)}
    v = variables.at(inside)
    assert variables.theta(v) == pytest.approx([50.0, 123.0], rel=1e-14)
    step = 1e-6
    moved = (variables.theta(v + step) - variables.theta(v - step)) / (2 * step)
    assert variables.slope(v) == pytest.approx(moved, rel=1e-8)


@pytest.mark.parametrize("guess", [2.0, 2e-6, 2e6, 0.0, math.nan])
def test_the_band_of_a_parabola(guess):
    """π = 100 - (t - 10)²: 99 at 10 ± 1, whatever curvature is guessed."""
    low, high = band(lambda t: 100 - (t - 10) ** 2, 10.0, 0.0, math.inf, guess)
    assert (low, high) == (pytest.approx(9.0, rel=1e-13), pytest.approx(11.0, rel=1e-13))


def test_bands_end_at_bounds_or_nowhere():
    assert band(lambda t: 100 - (t - 10) ** 2, 10.0, 9.5, 10.2, 2.0) == (9.5, 10.2)
    low, high = band(lambda t: 1.0 - math.exp(-t) * 0.001, 3.0, 0.0, math.inf, 1.0)
    assert (low, high) == (0.0, math.inf)
    assert all(map(math.isnan, band(lambda t: -1.0, 3.0, 0.0, math.inf, 1.0)))


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (16200.0, "16,200.00"),
        (0.5, "0.50"),
        (1 / 11, "0.0909"),
        (0.0, "0.00"),
        (-0.000123456, "-0.000123"),
        (0.9999, "1.00"),
        (1.25e21, "1.25e+21"),
    ],
)
def test_money(x, told):
    assert money(x) == told


@pytest.mark.parametrize("name", ["price", "price-ad-log", "ad-budget-sqrt", "price-catalogue"])
def test_every_row_has_a_unit_and_every_sentence_an_end(name):
    asked = market([name], {}, None)
    found = recommend(asked, "numpy", judged(asked, "numpy"))
    for what, value, unit in rows(found):
        assert unit or isinstance(value, str | int), what
    assert all(sentence.endswith(".") for sentence in sentences(found))
    names = [what for what, _, _ in rows(found)]
    assert len(set(names)) == len(names)

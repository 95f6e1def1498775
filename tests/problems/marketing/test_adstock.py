"""Adstock: what a constant schedule is, the best one, and its adjoint."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from gradparity.problems import InputError
from gradparity.problems.marketing.adstock import best, stock
from gradparity.problems.namespace import NUMPY
from tests.problems.certificates import assert_least, by_hand, drawn


def test_a_constant_schedule_is_its_own_stock():
    weights = drawn("ad-adstock").data["weights"]
    assert weights.sum() == pytest.approx(1.0, rel=1e-15)
    np.testing.assert_allclose(stock(NUMPY, np.full(10, 7.0), weights), 7.0, rtol=1e-15)


def test_a_single_spend_works_for_as_many_weeks_as_there_are_lags():
    instance = drawn("ad-adstock", weeks=6, lags=3, kept=0.5)
    found = stock(NUMPY, np.array([0.0, 0, 0, 0, 7.0, 0]), instance.data["weights"])
    assert found.tolist() == [1.0, 0.0, 0.0, 0.0, 4.0, 2.0]


def test_the_best_schedule_is_constant_where_the_response_is_concave():
    instance = drawn("ad-adstock", weeks=12, value=900.0, half=100.0)
    assert best(900.0, 100.0, 1.0) == (200.0, 400.0)  # √(900·100) - 100, 900·200/300 - 200
    assert_least("ad-adstock", instance)
    assert_least("ad-adstock", drawn("ad-adstock", weeks=9, shape=0.7))


@pytest.mark.parametrize("shape", [0.5, 0.7, 1.0, 2.0, 3.5])
def test_the_best_constant_spend_by_a_second_method(shape):
    value, half = 900.0, 100.0
    found = minimize_scalar(lambda x: x - value / (1 + (x / half) ** -shape), (50, 150), tol=1e-12)
    spend, profit = best(value, half, shape)
    assert spend == pytest.approx(found.x, rel=1e-6)
    assert profit == pytest.approx(-found.fun, rel=1e-12)


def test_advertising_that_never_pays_is_left_alone():
    assert best(80.0, 100.0, 1.0) == (0.0, 0.0)
    assert best(90.0, 100.0, 2.0) == (0.0, 0.0)


def test_the_slope_looks_ahead_as_the_stock_looks_behind():
    """⟨stock(x), y⟩ = ⟨x, ahead(y)⟩, read off the gradient by its linear part."""
    instance = drawn("ad-adstock", weeks=9, lags=4)
    v = np.random.default_rng(2).normal(size=9)
    h = 1e-5
    ends = [
        by_hand("ad-adstock", instance, spend=instance.params["spend"] + s * h * v)[0]
        for s in (1, -1)
    ]
    slope = by_hand("ad-adstock", instance)[1]["spend"] @ v
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-7)


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"kept": 1.0}, "kept = 1 must be from 0 to below 1"),
        ({"value": -1.0}, "value = -1 must be positive"),
        ({"weeks": 3}, "lags is 8; it should be at most 3"),
        ({"shape": math.nan}, "shape = nan must be positive"),
    ],
)
def test_figures_that_are_no_market_are_refused(figures, message):
    with pytest.raises(InputError, match=message):
        drawn("ad-adstock", **figures)

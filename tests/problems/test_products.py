"""Several products: the optimum against two products by hand, and against its neighbours."""

import numpy as np
import pytest

from gradparity.problems import InputError
from gradparity.problems.namespace import NUMPY
from gradparity.problems.products import PROBLEMS

PROBLEM = PROBLEMS["price-catalogue"]


def data_of(**figures):
    return PROBLEM.draw(np.random.default_rng(31337), **figures).data


def test_unrelated_products_are_priced_one_by_one():
    """With B diagonal, p* = (a/b + c)/2 of each: 80 and (600/4 + 10)/2 = 80."""
    data = data_of(a=(1000.0, 600.0), b=((8.0, 0.0), (0.0, 4.0)), cost=(35.0, 10.0))
    minimum = PROBLEM.minimum(data)
    assert minimum.params["price"] == pytest.approx([80.0, 80.0], rel=1e-15)
    assert minimum.value == pytest.approx(-(45 * 360 + 70 * 280), rel=1e-15)


def test_two_substitutes_by_hand():
    """a = (10, 10), B = (2, -1; -1, 2), c = 0: (B + Bᵀ) p = a is 4 p - 2 p = 10, p = 5, π = 50."""
    data = data_of(a=(10.0, 10.0), b=((2.0, -1.0), (-1.0, 2.0)), cost=(0.0, 0.0))
    minimum = PROBLEM.minimum(data)
    assert minimum.params["price"] == pytest.approx([5.0, 5.0], rel=1e-15)
    assert minimum.value == pytest.approx(-50.0, rel=1e-15)


def test_a_matrix_that_is_not_symmetric_enters_by_both_its_sides():
    """a = (10, 6), B = (2, 1; 0, 1), c = (1, 2): (4, 1; 1, 2) p = (10 + 2, 6 + 3)."""
    data = data_of(a=(10.0, 6.0), b=((2.0, 1.0), (0.0, 1.0)), cost=(1.0, 2.0))
    assert PROBLEM.minimum(data).params["price"] == pytest.approx([15 / 7, 24 / 7], rel=1e-15)


@pytest.mark.parametrize("figures", [{}, {"products": 30}])
def test_the_optimum_beats_its_neighbours(figures):
    data = data_of(**figures)
    minimum = PROBLEM.minimum(data)
    best = minimum.params["price"]
    assert float(PROBLEM.loss(NUMPY, minimum.params, data)) == pytest.approx(minimum.value)
    rng = np.random.default_rng(0)
    for _ in range(50):
        moved = {"price": best * (1 + 0.01 * rng.normal(size=best.size))}
        assert PROBLEM.loss(NUMPY, moved, data) > minimum.value


def test_every_size_has_a_best_price_above_cost():
    for size, figures in PROBLEM.sizes.items():
        data = data_of(**figures)
        price = PROBLEM.minimum(data).params["price"]
        assert np.all(price > data["cost"]), size
        assert np.all(data["a"] - data["b"] @ price > 0.0), size


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"a": (1.0, 2.0)}, "a has 2 numbers, b is 3 × 3, cost has 3"),
        ({"b": ((1.0, 9.0, 0.0), (9.0, 1.0, 0.0), (0.0, 0.0, 1.0))}, "b is no market"),
        ({"cost": (1.0, -2.0, 3.0)}, "cost = 1, -2, 3 must be finite and not negative"),
        ({"a": 5.0}, "a takes one number for every product"),
    ],
)
def test_what_is_no_market_is_refused(figures, said):
    with pytest.raises(InputError, match=said):
        data_of(**figures)

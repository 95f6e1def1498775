"""Markets drawn at random, over many orders of magnitude, against their closed forms."""

import math

import numpy as np
import pytest

from gradparity.harness.business.market import market
from gradparity.harness.business.search import search


def between(rng, low, high):
    """Log-uniform."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def linear(rng):
    cost, b = between(rng, 0.01, 1e4), between(rng, 1e-3, 1e3)
    return {"a": b * cost * between(rng, 1.01, 50), "b": b, "cost": cost}


def ad_sqrt(rng):
    figures = linear(rng)
    return {**figures, "k": 2 * math.sqrt(figures["b"]) * rng.uniform(0.01, 0.99)}


def ad_log(rng):
    """Advertising pays in some, and does not in others."""
    figures = linear(rng)
    surplus = figures["a"] - figures["b"] * figures["cost"]
    x0 = between(rng, 1e-3, 1e3) * surplus**2 / figures["b"] * 0.1
    return {**figures, "k": surplus * between(rng, 1e-3, 2), "x0": x0}


def elastic(rng):
    return {
        "scale": between(rng, 0.01, 1e8),
        "elasticity": 1 + between(rng, 0.01, 20),
        "cost": between(rng, 0.01, 1e4),
    }


def ad_elastic(rng):
    return {
        **elastic(rng),
        "elasticity": 1 + between(rng, 0.05, 5),
        "response": rng.uniform(0.02, 0.8),
    }


def logit(rng):
    cost = between(rng, 0.01, 1e4)
    return {
        "market": between(rng, 0.01, 1e6),
        "alpha": rng.uniform(-10, 30),
        "beta": between(rng, 0.05, 20) / cost,
        "cost": cost,
    }


def several(rng, low, high, n):
    return ",".join(repr(between(rng, low, high)) for _ in range(n))


def budget_sqrt(rng):
    return {"k": several(rng, 0.1, 100, rng.integers(2, 9)), "budget": between(rng, 1, 1e6)}


def budget_log(rng):
    n = rng.integers(2, 9)
    return {
        "k": several(rng, 0.1, 100, n),
        "x0": several(rng, 0.1, 1e4, n),
        "budget": between(rng, 1, 1e5),
    }


DRAWS = {
    "price-linear": linear,
    "price-elastic": elastic,
    "price-logit": logit,
    "price-ad-sqrt": ad_sqrt,
    "price-ad-log": ad_log,
    "price-ad-elastic": ad_elastic,
    "ad-budget-sqrt": budget_sqrt,
    "ad-budget-log": budget_log,
}


def found_in(name, rng):
    words = [name]
    for key, figure in DRAWS[name](rng).items():
        words += [f"--{key}", str(figure)]
    return words, search(market(words, {}, None), "numpy")


def check(name, rng):
    words, found = found_in(name, rng)
    assert found.search.converged, words
    assert -found.best.value == pytest.approx(-found.known.value, rel=1e-11), words
    data, decided = found.instance.data, found.market.decided
    theirs, ours = decided(found.known.params, data), decided(found.instance.params, data)
    for key, best in theirs.items():
        scale = np.max(np.abs(best), initial=1e-9 * abs(found.best.value))
        assert np.abs(ours[key] - best).max() <= 1e-9 * scale, words


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", DRAWS)
def test_the_optimum_is_found(name, seed):
    check(name, np.random.default_rng([seed, len(name)]))


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWS)
def test_the_optimum_is_found_in_many_markets(name):
    rng = np.random.default_rng(31337)
    for _ in range(200):
        check(name, rng)

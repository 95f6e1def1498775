"""Claims 12 to 15: figures by second methods."""

import numpy as np
import pytest
from scipy import stats

from gradparity.harness.claims.cost import directions, parameters, ratios, reached


def test_operations_of_a_network_by_its_products():
    # 256 images through 64-64-10: products 2 m k n forwards; twice, less the first layer's, back
    first, second = 2 * 256 * 64 * 64, 2 * 256 * 64 * 10
    assert ratios.operations("mlp-digits", "small", "value") == pytest.approx(
        first + second, rel=0.02
    )
    assert ratios.operations("mlp-digits", "small", "gradient") == pytest.approx(
        2 * first + 3 * second, rel=0.02
    )


@pytest.mark.parametrize("n", [3, 17])
def test_differences_take_one_value_more_than_parameters(n):
    assert parameters.differences(n) == n + 1


def test_every_pair_has_a_positive_ratio():
    found = ratios.by_time("rosenbrock", "small", "numpy", 5)
    assert len(found) == 5
    assert min(found) > 0.0


def test_cosines_have_the_beta_distribution():
    found = directions.cosines(3, 8, 400)
    assert stats.kstest(found, stats.beta(1.5, 3.5).cdf).pvalue > 1e-3


def test_the_best_spread_by_a_grid():
    star = np.linspace(0.5, 2.0, 30_001)
    rate = star / np.sqrt(2 * np.pi) * np.exp(-(star**2) / 8)
    rate -= 0.5 * star**2 * stats.norm.cdf(-0.5 * star)
    assert directions.optimum() == pytest.approx((star[rate.argmax()], rate.max()), abs=1e-4)


def test_descents_steps_by_the_closed_form():
    at = reached.instance(50, 3)
    curvature, x = at.data["curvature"], at.params["x"]
    factor = 1.0 - 2.0 / 11.0 * curvature

    def loss(k):
        return 0.5 * np.sum(curvature * (factor**k * x) ** 2)

    steps = next(k for k in range(100) if loss(k) <= 0.01 * loss(0))
    assert reached.descended(50, 3).evaluations == steps


def test_a_rate_foretells_when_the_target_is_reached():
    whole = np.mean([reached.searched("spsa", 30, k, 10**6).evaluations for k in range(6)])
    cut = np.mean([reached.searched("spsa", 30, k, 200).evaluations for k in range(6)])
    assert cut == pytest.approx(whole, rel=0.5)


@pytest.mark.parametrize("d", [30, 1000])
def test_the_rule_of_a_fifth_by_a_grid(d):
    star = np.linspace(1.2, 3.0, 200_001)
    p = stats.norm.cdf(-0.5 * star)
    phi = star / np.sqrt(2 * np.pi) * np.exp(-(star**2) / 8) - 0.5 * star**2 * p
    place = np.abs(p - 0.2 + phi * np.sqrt(d + 1) / d).argmin()
    assert directions.of_the_rule(d) == pytest.approx(phi[place], abs=1e-4)

"""Figures of claims 23 to 29 and 35 to 39 by second methods."""

import numpy as np
import pytest
from scipy import integrate, stats

from gradparity.harness.claims.landscape import (
    batch_noise,
    escaping,
    flatness,
    many_minima,
    saddles,
    scales,
    stalling,
    stopping_rule,
    valleys,
)
from gradparity.harness.claims.tools.walks import flat, quadratic
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY


def test_the_hill_is_the_middle_root():
    roots = np.sort(np.roots([1.0, 0.0, -8.0, 1.25]).real)
    assert pytest.approx(roots[1], abs=1e-12) == valleys.HILL
    assert pytest.approx((roots[1] + 5) / 10) == valleys.CHANCE
    assert roots[0] == pytest.approx(valleys.GLOBAL, abs=1e-6)


def test_an_index_counts_negative_curvatures():
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    assert saddles.index(turn @ np.diag([-3.0, 1.0, -0.1, 2.0]) @ turn.T) == 2


def test_a_rank_correlation_is_spearman_s_within_its_interval():
    rng = np.random.default_rng(3)
    x = rng.standard_normal(200)
    y = x + rng.standard_normal(200)
    value, low, high = saddles.ranks(x, y)
    assert value == pytest.approx(np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1])
    assert low < value < high
    assert high - low == pytest.approx(0.2, abs=0.05)


def test_critical_points_of_the_network_are_critical_by_differences():
    at, losses = saddles.network(12)
    assert len(at) == len(losses) > 0
    assert np.all(losses > 0)
    assert np.all(np.diff(at) >= 0)


def test_langevin_leaves_as_a_plain_simulation_does():
    rng = np.random.default_rng(0)
    y, left = np.zeros(4000), np.full(4000, 80)
    for step in range(1, 80):
        y = 1.2 * y + np.sqrt(2 * 0.1 * 1e-4) * rng.standard_normal(4000)
        left = np.where((np.abs(y) > 1.0) & (left == 80), step, left)
    measured = np.median([stalling._langevin(seed) for seed in range(40)])
    assert measured == pytest.approx(np.median(left), abs=2)


def test_each_case_s_gradient_is_that_of_softmax():
    drawn = PROBLEMS["softmax-digits"].instance("tiny", 0)
    x, y, w, b = drawn.data["x"], drawn.data["y"], drawn.params["w"], drawn.params["b"]
    z = x @ w + b
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True) - np.eye(10)[y]
    by_hand = {"w": x[5][:, None] * p[5], "b": p[5]}
    expected = np.concatenate([by_hand[name].ravel() for name in drawn.params])
    np.testing.assert_allclose(batch_noise.cases("softmax-digits", None)[5], expected, atol=1e-14)


@pytest.mark.parametrize("s", [2.0, 5.0])
def test_steps_of_a_scaled_feature_are_those_of_its_factor(s):
    factor = (s * s - 1) / (s * s + 1)
    assert scales.steps(s) == pytest.approx(np.log(1e-6) / np.log(factor), abs=1)


def test_a_spread_is_the_distance_of_quantiles():
    value, low, high = many_minima.spread(np.linspace(0.0, 1.0, 101))
    assert value == pytest.approx(0.9)
    assert low <= value <= high


def test_the_flat_valley_has_three_quarters_of_the_density():
    def density(x):
        width = escaping.SHARP if x < 0 else escaping.FLAT
        return np.exp(-((1 - (x / width) ** 2) ** 2) / escaping.TEMPERATURE)

    left = integrate.quad(density, -10, 0)[0]
    right = integrate.quad(density, 0, 20)[0]
    assert right / (left + right) == pytest.approx(0.75)


def test_rescaled_units_are_the_same_function():
    instance = flatness.start(3)
    theta = flat(instance)
    other = flatness.rescaled(instance, theta, 5.0)
    problem = PROBLEMS[flatness.NAME]
    params = {}
    first = 0
    for name, x in instance.params.items():
        params[name] = other[first : first + x.size].reshape(x.shape)
        first += x.size
    assert not np.allclose(other, theta)
    assert problem.loss(NUMPY, params, instance.data) == pytest.approx(
        problem.loss(NUMPY, instance.params, instance.data), rel=1e-12
    )


def test_the_stopping_bound_is_closed_form_on_the_quadratic():
    x = np.array([10.0, 1.0])
    first = stopping_rule._ratios("quadratic", quadratic(10.0), 3)[0]
    gradient = np.array([1.0, 10.0]) * x
    assert first == pytest.approx((x @ gradient) / (gradient @ gradient))

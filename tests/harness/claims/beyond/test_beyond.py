"""Figures of claims 41 to 48 by second methods."""

import math

import numpy as np
import pytest
from scipy import stats

from gradparity.harness.claims.beyond import (
    clipping,
    critical_batch,
    decay,
    edge,
    half_precision,
    seeds,
    smoothing,
    warm_up,
)
from gradparity.harness.claims.tools.experiment import Extent
from gradparity.harness.claims.tools.walks import flat, objective_of, sharpness

QUICK = Extent(quick=True, backends=("tape",))


def test_a_clipped_walk_is_the_piecewise_map():
    x, expected = 7.3, []
    for _ in range(200):
        expected.append(abs(x))
        x = x - 2.5 * np.clip(x, -1.0, 1.0)
    np.testing.assert_allclose(clipping._walk(2.5, 1.0, 199), expected, rtol=1e-9)


def test_a_warm_up_s_first_step_is_so_much_shorter():
    start = edge.digits(0)
    assert warm_up._first_step().value == pytest.approx(1.0, abs=1e-3)
    assert flat(start).size == 1210


def test_the_noise_scale_is_that_of_explicit_covariances():
    each, hessian, scale = critical_batch.noise_scale()
    g = each.mean(axis=0)
    covariance = np.cov(each.T, bias=True)
    assert scale == pytest.approx(np.trace(hessian @ covariance) / (g @ hessian @ g))


def test_half_the_smallest_float16_is_where_a_cast_becomes_zero():
    smallest = half_precision.SMALLEST
    assert np.float16(smallest) == 0.0
    assert np.float16(smallest * (1 + 1e-9)) == np.finfo(np.float16).smallest_subnormal


def test_sharpness_is_the_dense_hessian_s_largest_eigenvalue():
    start = edge.SQUARED.draw(np.random.default_rng(1), classes=3)
    theta, objective = flat(start), objective_of(edge.SQUARED, start)
    whole = objective.hessian(theta)
    assert theta.size > 40
    assert sharpness(objective, theta) == pytest.approx(np.linalg.eigvalsh(whole)[-1], rel=1e-3)
    scaled = np.abs(theta)[:, None] * whole * np.abs(theta)
    relative = sharpness(objective, theta, relative=True)
    assert relative == pytest.approx(np.linalg.eigvalsh(scaled)[-1], rel=1e-3)


@pytest.mark.parametrize("epsilon", [0.02, 0.5])
def test_the_optimum_s_logits_have_no_slope(epsilon):
    start = smoothing.logits(epsilon)
    z = np.zeros(10)
    z[0] = smoothing.gap(epsilon)
    p = np.exp(z) / np.exp(z).sum()
    np.testing.assert_allclose(p, start.data["t"], atol=1e-15)


def test_adam_s_decay_is_a_rate_a_step_and_adamw_s_a_share():
    assert decay._shrunk("adam", 0.05) == pytest.approx(100 * 1e-3, rel=0.03)
    assert decay._shrunk("adamw", 0.05) == pytest.approx(1 - math.exp(-100 * 5e-5), rel=1e-4)


def test_a_test_s_power_is_that_of_simulated_normals():
    rng = np.random.default_rng(0)
    one, other = rng.normal(0, 0.05, (2000, 100)), rng.normal(0.02, 0.05, (2000, 100))
    seen = np.mean(stats.ttest_ind(one, other, axis=1).pvalue < 0.05)
    assert seeds._power(100, 0.02, 0.05) == pytest.approx(seen, abs=0.03)


def test_seeds_needed_are_those_of_the_power_they_have():
    values = np.random.default_rng(4).normal(0, 0.1, 50)
    n, low, high = seeds._needed(values, 2.0, 0.01)
    assert seeds._power(n, 0.01, values.std(ddof=1)) == pytest.approx(0.8)
    assert low < n < high

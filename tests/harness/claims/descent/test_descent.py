"""Figures of claims 16 to 22 by second methods."""

import math

import numpy as np
import pytest

from gradparity.harness.claims.descent import adam, convex, good_default, rates, speed, threshold


def test_the_threshold_s_picture_is_the_matrix_s_powers():
    frame = threshold.VIEW.frame({"share": 2.1})
    matrix = np.eye(2) - 0.21 * np.diag([1.0, 10.0])
    x = np.array([10.0, 1.0])
    for measured in frame.numbers["errors"]:
        assert measured == pytest.approx(np.linalg.norm(x), rel=1e-12)
        x = matrix @ x


@pytest.mark.parametrize("rate", [0.02, 0.1, 2 / 11, 0.19])
def test_steps_on_the_quadratic_are_those_of_the_slower_factor(rate):
    slower = max(abs(1 - rate), abs(1 - 10 * rate))
    assert rates._steps(rate, 1000) == math.ceil(math.log(1e-6) / math.log(slower))


def test_the_factor_is_read_out_of_a_double_root():
    t = np.arange(1, 400)
    points = np.stack([(3 + t) * 0.9**t, np.zeros(399)], axis=1)
    assert convex.factor(points, True) == pytest.approx(0.9, rel=1e-3)
    assert convex.factor(points[:, :1] * 0 + (0.8**t)[:, None], False) == pytest.approx(0.8)


def test_saddle_escapes_are_those_of_the_reference():
    found = [[speed.escape(name, y) for name in ("gd", "momentum", "adam")] for y in (1e-6, 1e-10)]
    assert found == [[76, 36, 11], [127, 58, 13]]


def test_a_step_after_zeros_is_that_of_the_formula():
    k = 2000
    m, v = 0.1 / (1 - 0.9 ** (k + 1)), 0.001 / (1 - 0.999 ** (k + 1))
    assert adam.fed(np.append(np.zeros(k), 5.0)) == pytest.approx(m / math.sqrt(v), rel=1e-12)


def test_no_gradients_move_a_weight_beyond_cauchy_s_bound():
    rng = np.random.default_rng(1)
    tried = [
        rng.standard_normal(300) * np.exp(rng.uniform(0, 0.3) * np.arange(300)) for _ in range(20)
    ]
    assert max(adam.fed(gradients) for gradients in tried) < adam.CAUCHY


def test_within_ten_per_cent_is_counted_of_negative_losses_too():
    ends = {"adam": np.array([1.05, -0.95, -0.8]), "gd": np.array([1.0, -1.0, -1.0])}
    raced = good_default.Raced(np.array([0.1, 1.0]), {}, {}, ends, np.ones(3))
    assert raced.within("adam").tolist() == [True, True, False]
    assert raced.within("gd").all()


def test_a_band_is_counted_in_decades():
    tuning = {"gd": np.array([4.0, 1.9, 1.0, 2.0, np.inf])}
    raced = good_default.Raced(np.geomspace(1e-2, 1.0, 5), tuning, {}, {}, np.ones(1))
    assert raced.band("gd") == pytest.approx(1.5)
    negative = {"gd": np.array([4.0, -0.5, -1.0, 0.1, np.inf])}
    raced = good_default.Raced(np.geomspace(1e-2, 1.0, 5), negative, {}, {}, np.ones(1))
    assert raced.band("gd") == pytest.approx(1.0)

"""What an answer may be at a kink: one choice for all that meet in it."""

from __future__ import annotations

import numpy as np
import pytest

from gradparity.backends import Answer
from gradparity.harness.judging.choices import Kink
from gradparity.harness.judging.nearest import nearest
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.problems import Instance, Problem


def status(loss, x, gradient, **data):
    """The verdict on a gradient by x, in both precisions."""
    problem = Problem("test", loss, lambda rng: None, {}, "")
    truth = Truth(problem, Instance({"x": np.array(x, float)}, data))
    g = np.array(gradient, float)
    both = (Answer(truth.exact[""].astype(t), {"x": g.astype(t)}) for t in ("float64", "float32"))
    return judge_pair(truth, *both).status


def largest(xp, p, d):
    return xp.max(p["x"])


def rectified(xp, p, d):
    # Four units at 0, with weights of either sign.
    return xp.sum(xp.maximum(p["x"], 0.0 * p["x"]) * d["a"])


def shared(xp, p, d):
    # One unit, relu(x0 + x1 + x2), whose slope all three components share.
    return xp.maximum(xp.sum(p["x"]), 0.0)


@pytest.mark.parametrize(
    ("loss", "gradient", "right"),
    [
        (largest, [1, 0, 0, 0], True),
        (largest, [0, 0.5, 0, 0.5], True),
        (largest, [0.25] * 4, True),
        (largest, [1, 1, 1, 1], False),
        (largest, [0.5, 0.5, 0.5, 0], False),
        (largest, [0, 0, 0, 0], False),
        (rectified, [0, 0, 0, 0], True),
        (rectified, [1, 0, 3, -4], True),
        (rectified, [0.5, -1, 1.5, -2], True),
        (rectified, [1, 1, 0, 0], False),
        (rectified, [0, -2.5, 0, 0], False),
        (shared, [0.25] * 4, True),
        (shared, [1, 1, 1, 1], True),
        (shared, [1, 1, 1, 0], False),
    ],
)
def test_a_choice_is_one_for_all_components(loss, gradient, right):
    a = np.array([1.0, -2.0, 3.0, -4.0])
    assert (status(loss, [0.0] * 4, gradient, a=a) in ("ok", "convention")) == right


def test_each_of_many_ties_has_its_own_choice():
    def pooled(xp, p, d):
        return xp.sum(xp.max(xp.reshape(p["x"], (8, 4)), axis=1))

    first = np.tile([1.0, 0, 0, 0], 8)
    mixed = np.eye(4)[[0, 1, 2, 3, 3, 2, 1, 0]].reshape(-1)
    assert status(pooled, np.ones(32), first) == "convention"
    assert status(pooled, np.ones(32), mixed) == "convention"
    assert status(pooled, np.ones(32), np.ones(32)) == "formula"
    assert status(pooled, np.ones(32), np.roll(first, 2) + first) == "formula"


def test_kinks_behind_kinks_are_judged_number_by_number():
    def nested(xp, p, d):
        return xp.sum(xp.maximum(xp.maximum(p["x"], 0.0) * p["x"] + p["x"], 0.0))

    assert status(nested, [0.0, 1.0], [0, 3]) == "convention"
    assert status(nested, [0.0, 1.0], [2, 3]) == "formula"


def logistic(xp, p, d):
    x = p["x"]
    for _ in range(45):
        x = 3.9 * x * (1 - x)
    return xp.sum(x)


@pytest.mark.parametrize("loss", [logistic, lambda xp, p, d: xp.sum(xp.sin(1e14 * p["x"]))])
def test_a_steep_smooth_loss_has_no_kink(loss):
    truth = Truth(
        Problem("test", loss, lambda rng: None, {}, ""), Instance({"x": np.array([0.3])}, {})
    )
    assert truth.lawful.hull("float64") is None
    wrong = -truth.exact["x"].astype(float)
    assert status(loss, [0.3], wrong) not in ("ok", "convention")


def test_labels_that_are_equal_are_no_kink():
    # The cases of class 1, compared as floats: data do not tie.
    y = np.array([1.0, 0.0, 1.0])

    def loss(xp, p, d):
        return xp.sum(xp.where(d["y"] == 1.0, p["x"], -p["x"]))

    assert status(loss, [0.1, 0.2, 0.3], [1, -1, 1], y=y) == "ok"
    assert status(loss, [0.1, 0.2, 0.3], [-1, -1, 1], y=y) == "formula"


def test_the_nearest_point_of_a_polytope_is_that_of_non_negative_least_squares():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(5)
    for shift in np.repeat([0.0, 0.5, 2.0], 10):
        points = rng.normal(size=(12, 5)) + shift
        found = nearest(
            lambda d, points=points: points[np.argmin(points @ d)], np.zeros(5), lambda x: False
        )
        equations = np.vstack([points.T, np.full(12, 1e6)])  # the last: weights of sum 1
        weights, _ = optimize.nnls(equations, np.append(np.zeros(5), 1e6))
        assert found.astype(float) == pytest.approx(weights @ points, abs=1e-7)


def test_the_permutation_farthest_against_a_direction_is_the_assignment_of_least_cost():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(6)
    for places in (1, 3, 6):
        kink = Kink(rng.normal(size=(6, 4)), rng.normal(size=places))
        for _ in range(20):
            direction = rng.normal(size=4)
            costs = np.outer(kink.factors, kink.rows @ direction)
            least = costs[optimize.linear_sum_assignment(costs)].sum()
            assert kink.extreme(direction) @ direction == pytest.approx(least)
        low, high = kink.ends()
        for component in range(4):
            costs = np.outer(kink.factors, kink.rows[:, component])
            for end, most in ((low, False), (high, True)):
                best = costs[optimize.linear_sum_assignment(costs, maximize=most)].sum()
                assert end[component] == pytest.approx(best)


@pytest.mark.parametrize(("apart", "once"), [(0.0, True), (1e-10, False)])
def test_choices_are_computed_once_where_both_precisions_tie_alike(apart, once):
    at = Instance({"x": np.array([1.0, 1.0 + apart, 0.5])}, {})
    truth = Truth(Problem("test", largest, lambda rng: None, {}, ""), at)
    narrow, wide = truth.lawful.choices("float32"), truth.lawful.choices("float64")
    assert (narrow is wide) is once
    assert [len(kink.rows) for kink in narrow.kinks] == [2]


@pytest.mark.parametrize(("bias", "right"), [(0.2 * 2**-24, True), (1e-3, False)])
def test_what_a_unit_gives_that_is_on_by_rounding_alone(bias, right):
    # x sums to -0.3·2⁻²⁴, and in float32, from the left, to 0.2·2⁻²⁴: there the unit is on.
    x = np.array([1.0, 1.5 * 2**-24, -1.0, -1.8 * 2**-24]).astype(np.float32).astype(float)
    problem = Problem("test", lambda xp, p, d: p["v"] * shared(xp, p, d), lambda rng: None, {}, "")
    truth = Truth(problem, Instance({"x": x, "v": np.array(2.0)}, {}))
    off, on = {"v": np.array(0.0), "x": np.zeros(4)}, {"v": np.array(bias), "x": np.full(4, 2.0)}
    short = {name: g.astype(np.float32) for name, g in on.items()}
    found = judge_pair(truth, Answer(np.array(0.0), off), Answer(np.float32(2 * bias), short))
    assert found.status == ("convention" if right else "low-precision")

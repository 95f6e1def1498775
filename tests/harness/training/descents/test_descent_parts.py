"""Batches, the growing and the fit of convergence, each by itself."""

import math

import numpy as np
import pytest

from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.training.descents.convergence import factor
from gradparity.harness.training.descents.history import GrowingHistory, wanted
from gradparity.problems.catalogue import PROBLEMS


def batches(size, seed=5, name="softmax-digits"):
    return Batches(PROBLEMS[name], PROBLEMS[name].instance("tiny", seed).data, size, seed)


@pytest.mark.parametrize("size", [1, 7, 16, 64])
def test_an_epoch_sees_every_case_once_but_for_the_incomplete_batch(size):
    made = batches(size)
    assert made.per_epoch == 64 // size
    for epoch in range(3):
        steps = range(epoch * made.per_epoch, (epoch + 1) * made.per_epoch)
        rows = np.concatenate([made.rows(step) for step in steps])
        assert len(rows) == made.per_epoch * size
        assert len(set(rows.tolist())) == len(rows)


def test_epochs_are_permuted_anew_and_leave_out_other_cases():
    made = batches(60)
    left = [set(range(64)) - set(made.rows(step).tolist()) for step in range(5)]
    assert len(set(map(frozenset, left))) > 1


def test_batches_depend_on_the_seed_alone_and_can_be_asked_for_in_any_order():
    one, other, foreign = batches(16), batches(16), batches(16, seed=6)
    backwards = [other.rows(step).tolist() for step in reversed(range(12))][::-1]
    assert [one.rows(step).tolist() for step in range(12)] == backwards
    assert one.rows(0).tolist() != foreign.rows(0).tolist()


def test_a_batch_has_the_rows_of_every_array_that_runs_over_cases():
    made = batches(10)
    rows, batch = made.rows(3), made.batch(3)
    assert batch["x"].shape == (10, 64)
    assert np.array_equal(batch["x"], made.data["x"][rows])
    assert np.array_equal(batch["y"], made.data["y"][rows])
    assert batch["y"].dtype == np.int64


def test_the_mean_gradient_over_an_epoch_is_the_gradient_of_all():
    """Linear regression: ½ mean (x w - y)² has the gradient xᵀ(x w - y)/n, linear in the cases."""
    made = batches(10, name="regression-linear")
    w = np.linspace(-1, 1, 5)

    def slope(data):
        return data["x"].T @ (data["x"] @ w - data["y"]) / len(data["y"])

    mean = np.mean([slope(made.batch(step)) for step in range(5)], axis=0)
    assert mean == pytest.approx(slope(made.data), rel=1e-12)


def test_what_is_recorded():
    steps = [step for step in range(100_001) if wanted(step)]
    assert steps[:1001] == list(range(1001))
    assert len([k for k in steps if 1000 < k <= 10_000]) == 200
    assert len([k for k in steps if 10_000 < k <= 100_000]) == 200
    assert steps[-1] == 100_000
    assert 10_000 in steps
    ratios = np.diff(np.log10(steps[1001:]))
    assert ratios.max() < 1.5 / 200


def test_norms_that_come_late_are_filled_in_and_others_are_nan():
    growing = GrowingHistory(("w", "b"), timed=False, plane=False)
    growing.add(0, 3.0, 1, 0.0, {}, None)
    growing.complete(0, {"w": 1.0, "b": 2.0})
    growing.add(1, 2.0, 3, 0.0, {}, None)
    growing.complete(0, {"w": 9.0, "b": 9.0})
    other = growing.copy()
    other.add(2, 1.0, 4, 0.0, {"w": 0.5, "b": 0.25}, None)
    assert growing.last == 1
    history = other.history()
    assert history.norms["w"] == pytest.approx([1.0, math.nan, 0.5], nan_ok=True)
    assert history.norms["b"] == pytest.approx([2.0, math.nan, 0.25], nan_ok=True)
    assert (history.seconds, history.path) == (None, None)


K = np.arange(400.0)


def test_a_factor_is_found_again():
    assert factor(K, 7.0 + 3 * 0.9**K, 7.0, None) == pytest.approx(0.9, rel=1e-6)
    assert factor(K, 3 * 0.9**K, None, 5 * 0.95**K) == pytest.approx(0.95, rel=1e-9)
    assert factor(K, 1 * 1.1**K, 0.0, 2 * 1.1**K) == pytest.approx(1.1, rel=1e-9)


def test_only_the_second_half_counts():
    bent = np.where(K < 200, 0.5**K, 0.5**200 * 0.9 ** (K - 200))
    assert factor(K, bent, 0.0, None) == pytest.approx(0.9, rel=1e-9)


def test_what_lies_at_rounding_level_does_not_count():
    rng = np.random.default_rng(31337)
    noisy = 7.0 + 3 * 0.8**K + 1e-15 * rng.standard_normal(400)
    # 0.8ᵏ meets the level at about k = 130; a fit to all the rest would find 1.
    assert factor(K, noisy, 7.0, None) == pytest.approx(0.8, rel=0.01)
    norms = 0.8**K + 1e-16
    assert factor(K, K, None, norms) == pytest.approx(0.8, rel=0.01)


def test_a_descent_into_another_minimum_is_measured_by_its_gradient():
    losses, norms = 2.0 + 0.5**K, 0.7**K
    assert factor(K, losses, 0.0, norms) == pytest.approx(0.7, rel=1e-9)
    # Where no gradient is known, it is true all the same that the distance no longer shrinks.
    assert factor(K, losses, 0.0, None) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("steps", "losses", "minimum", "norms"),
    [
        (K[:6], 0.5 ** K[:6], 0.0, None),  # three points in the second half
        (K, np.zeros(400), 0.0, None),
        (K, K, -math.inf, None),
        (K, K, None, None),
        (K, np.full(400, math.nan), 0.0, np.full(400, math.nan)),
        (K[:0], K[:0], 0.0, None),
    ],
)
def test_where_there_is_nothing_to_fit(steps, losses, minimum, norms):
    assert factor(steps, losses, minimum, norms) is None

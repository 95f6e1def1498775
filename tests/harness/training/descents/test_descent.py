"""The record of a descent: how it ends, what its history has, what the landscape is there."""

import json

import numpy as np
import pytest

from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.harness.training.descents.descent import RunningDescent
from gradparity.harness.training.descents.steppers import TrainingStepper
from tests.harness.training.descents.descend import descend, placed

HIMMELBLAU = np.array(
    [[3.0, 2.0], [-2.805118, 3.131313], [-3.779310, -3.283186], [3.584428, -1.848127]]
)


def test_from_ten_starts_himmelblaus_four_minima():
    reached = set()
    for seed in range(10):
        found = descend(problem="himmelblau", optimizer="lbfgs", seed=seed)
        assert found.end == "minimum"
        apart = np.abs(HIMMELBLAU - found.history.path[-1]).max(axis=1)
        assert apart.min() < 1e-6
        assert found.final_loss < 1e-20
        assert (found.how, found.rate, found.minimum) == ("ours", None, 0.0)
        reached.add(int(apart.argmin()))
        if apart.argmin() == 0:  # the Hessian at (3, 2) is (74, 20; 20, 34)
            assert found.lowest == pytest.approx(54 - 800**0.5, rel=1e-6)
            assert found.highest == pytest.approx(54 + 800**0.5, rel=1e-6)
    assert len(reached) > 1


def test_a_newton_step_solves_a_quadratic_and_then_the_gradient_is_zero():
    found = descend(problem="quadratic", size="large", optimizer="newton")
    assert found.status == "gradient"
    assert found.steps <= 2
    assert found.reason == f"stalled at step {found.steps}: the gradient is exactly 0"
    assert (found.final_loss, found.end) == (0.0, "minimum")
    assert (found.lowest, found.highest) == (1.0, 1e6)


def test_a_loss_that_becomes_nan_says_the_step_and_keeps_its_history(tmp_path):
    # Spend below zero has no square root: the price's steps of 16 η beyond 2 soon take it there.
    found = descend(
        problem="price-ad-sqrt", optimizer="gd", rate=1.0, budget={"steps": 500}, seed=3
    )
    history = found.history
    bad = int(np.flatnonzero(~np.isfinite(history.losses))[0])
    assert bad >= 1
    assert found.status == "diverged"
    assert found.reason == f"diverged at step {bad}: the loss is nan"
    assert np.isfinite(history.losses[:bad]).all()
    assert history.steps[: bad + 1].tolist() == list(range(bad + 1))
    assert history.path.shape == (len(history.steps), 2)
    assert found.final_loss is None
    assert found.first_loss == history.losses[0]
    assert found.best_loss == history.losses[:bad].min()


def test_a_start_where_the_loss_is_nan_takes_no_step(tmp_path):
    file = placed(tmp_path, "rosenbrock", (float("nan"), 0.0))
    for optimizer in ("adam", "lbfgs"):
        found = descend(problem="rosenbrock", file=file, optimizer=optimizer)
        assert (found.status, found.steps) == ("diverged", 0)
        assert found.reason == "diverged at step 0: the loss is nan"
        assert len(found.history.steps) == 1


def test_the_history_of_a_descent_has_every_iterate():
    found = descend(problem="himmelblau", optimizer="adam", rate=0.1, budget={"steps": 300})
    history = found.history
    assert history.steps.tolist() == list(range(301))
    x, y = history.path.T
    losses = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
    assert history.losses == pytest.approx(losses, rel=1e-12, abs=1e-26)
    slope = np.hypot(
        4 * x * (x**2 + y - 11) + 2 * (x + y**2 - 7), 2 * (x**2 + y - 11) + 4 * y * (x + y**2 - 7)
    )
    assert history.norms["x"] == pytest.approx(slope, rel=1e-10, abs=1e-13)
    assert history.evaluations[:300].tolist() == list(range(1, 301))
    assert history.seconds is None
    assert (found.evaluations, found.steps) == (300, 300)
    assert (found.first_loss, found.final_loss) == (history.losses[0], history.losses[-1])


def test_the_history_of_a_search_counts_what_it_asks_for():
    found = descend(problem="rosenbrock", optimizer="lbfgs", measure_time=True)
    history = found.history
    assert (history.losses[0], history.losses[-1]) == (found.first_loss, found.final_loss)
    assert history.losses[-1] < 1e-20
    assert (np.diff(history.evaluations[1:]) >= 1).all()
    assert history.evaluations[-1] <= found.evaluations
    assert (np.diff(history.seconds) > 0).all()
    assert np.isfinite(history.norms["x"]).all()
    x, y = history.path[5]
    slope = np.hypot(-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x))
    assert history.norms["x"][5] == pytest.approx(slope, rel=1e-9)


@pytest.mark.parametrize("optimizer", ["langevin", "adam", "lbfgs", "trust-region"])
def test_measuring_time_changes_nothing_but_the_seconds(optimizer):
    plain, timed = (
        descend(problem="rosenbrock", optimizer=optimizer, measure_time=timed, budget={"steps": 20})
        for timed in (False, True)
    )
    assert vars_of(plain) == vars_of(timed)
    assert plain.history.path.tobytes() == timed.history.path.tobytes()
    assert plain.history.evaluations.tolist() == timed.history.evaluations.tolist()
    assert plain.history.seconds is None
    assert (np.diff(timed.history.seconds) > 0).all()
    assert timed.history.seconds[0] == 0.0


def test_targets_and_the_share_of_the_way():
    spec = {"problem": "booth", "optimizer": "gd", "rate": 0.05}
    whole = descend(**spec, budget={"steps": 100})
    losses = whole.history.losses
    for budget, goal in (({"target": 1e-3}, 1e-3), ({"target_share": 1e-4}, 1e-4 * losses[0])):
        found = descend(**spec, budget={"steps": 100, **budget})
        first = int(np.flatnonzero(losses <= goal)[0])
        assert found.status == "target"
        assert found.reason.startswith(f"loss {losses[first]:.6g} at step {first}, target ")
    at_start = descend(**spec, budget={"target": 1e9})
    assert (at_start.status, at_start.steps) == ("target", 0)


def test_gradient_plateau_and_time():
    spec = {"problem": "booth", "optimizer": "gd", "rate": 0.05}
    found = descend(**spec, budget={"steps": 500, "gradient_norm": 1e-3})
    assert found.status == "gradient"
    norms = found.history.norms["x"]
    step = int(found.reason.rpartition(" ")[2])
    assert norms[step] <= 1e-3 < norms[step - 1]
    stuck = descend(
        problem="rastrigin", optimizer="gd", rate=1e-3, budget={"steps": 5000, "plateau": 50}
    )
    assert stuck.status == "plateau"
    assert stuck.end == "minimum"
    assert stuck.final_loss > 1  # a local one: the global one has 0
    timed = descend(**spec, budget={"steps": 10**9, "seconds": 0.02})
    assert timed.status == "budget"
    assert timed.reason == f"0.02 s used up after step {timed.steps}"
    long = timed.history
    assert long.steps[-1] == timed.steps
    assert len(long.steps) <= 1001 + 200 * np.log10(max(10, timed.steps / 1000)) + 2


def test_an_interrupted_descent_has_its_history_and_goes_on_as_if_nothing_had_been_asked():
    spec = DescentSpec("himmelblau", optimizer="adam", rate=0.1, budget=Budget(steps=400))
    running, whole = RunningDescent(spec), RunningDescent(spec)
    assert running.advance(0.0) is False
    for _ in range(10):
        running.advance(0.0)
    found = running.descent()
    assert (found.status, found.steps) == ("interrupted", 11)
    assert found.history.steps.tolist() == list(range(12))
    assert found.history.losses[-1] == found.final_loss
    running.advance(1e9)
    whole.advance(1e9)
    one, other = running.descent(), whole.descent()
    assert one.history.losses.tobytes() == other.history.losses.tobytes()
    assert one.history.path.tobytes() == other.history.path.tobytes()
    assert vars_of(one) == vars_of(other)
    assert one is running.descent()


def test_a_step_that_is_cut_off_leaves_the_history_before_it(monkeypatch):
    running = RunningDescent(DescentSpec("himmelblau", optimizer="adam", rate=0.1))
    for _ in range(5):
        running.advance(0.0)

    def interrupted(stepper, number, rate):
        raise KeyboardInterrupt

    monkeypatch.setattr(TrainingStepper, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        running.advance(1.0)
    found = running.descent()
    assert (found.status, found.reason) == ("interrupted", "interrupted at step 5")
    assert found.history.steps.tolist() == [0, 1, 2, 3, 4]
    assert found.final_loss is None


def test_a_schedule_scales_the_rate_of_every_step():
    found = descend(
        problem="quadratic",
        optimizer="gd",
        rate=0.1,
        schedule="step:0.5:2:warmup=2",
        budget={"steps": 8},
    )
    factors = [0.5, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    shrink = found.history.path[1:, 0] / found.history.path[:-1, 0]
    assert shrink == pytest.approx([1 - 0.1 * f for f in factors], rel=1e-12)


def test_mini_batches_stop_by_the_loss_of_the_whole_data():
    spec = {"problem": "softmax-digits", "optimizer": "adam", "rate": 0.01, "batch": 16}
    found = descend(**spec, budget={"steps": 400, "target": 1.0})
    assert found.status == "target"
    assert found.steps % 4 == 0  # an epoch: four batches of 16 of 64 images
    assert found.final_loss == pytest.approx(float(found.reason.split()[1]), rel=1e-5)
    assert found.final_loss <= 1.0 < found.first_loss
    assert len(found.history.losses) == found.steps
    assert found.convergence is None


def test_a_descent_in_float32_is_one_in_float32():
    wide, narrow = (
        descend(problem="rosenbrock", optimizer="adam", dtype=dtype, budget={"steps": 50})
        for dtype in ("float64", "float32")
    )
    apart = np.abs(wide.history.path - narrow.history.path).max()
    assert 1e-9 < apart < 1e-4
    assert narrow.dtype == "float32"


def test_langevin_repeats_by_seed_and_differs_between_seeds():
    spec = {"problem": "booth", "optimizer": "langevin", "rate": 0.01, "budget": {"steps": 30}}
    first, again, other = (descend(**spec, seed=seed) for seed in (1, 1, 2))
    assert first.history.path.tobytes() == again.history.path.tobytes()
    assert first.history.path.tobytes() != other.history.path.tobytes()


def test_the_record_can_be_told_in_json_but_for_its_history():
    found = descend(problem="price-linear", optimizer="gd", rate=0.01)
    told = json.loads(json.dumps({**vars_of(found)}, allow_nan=False))
    assert told["status"] == "budget"
    assert told["accuracy"] is None


def vars_of(found):
    return {name: getattr(found, name) for name in found.__slots__ if name != "history"}

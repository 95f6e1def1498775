"""Starts, bounds, and what is seen of the cases held out along the way."""

import math

import numpy as np
import pytest

from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from tests.harness.training.descents.descend import descend


@pytest.mark.parametrize("optimizer", ["gd", "adam", "lbfgs"])
def test_a_descent_starts_where_it_is_told(optimizer):
    found = descend(problem="booth", optimizer=optimizer, start={"x": [1.5, -2.0]}, seed=3)
    assert found.history.path[0].tolist() == [1.5, -2.0]
    assert found.first_loss == (1.5 - 4 - 7) ** 2 + (3 - 2 - 5) ** 2


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
@pytest.mark.parametrize("backend", ["numpy", "jax", "torch"])
def test_bounds_are_kept_and_the_end_is_the_constrained_minimum(optimizer, backend):
    """Booth over x <= 0: with x = 0 it is (2y - 7)² + (y - 5)², least at y = 19/5."""
    pytest.importorskip(backend if backend != "numpy" else "numpy")
    found = descend(
        problem="booth",
        backend=backend,
        optimizer=optimizer,
        rate=0.02 if optimizer != "adam" else 0.1,
        start={"x": [-3.0, 1.0]},
        bounds={"x": [-math.inf, 0.0]},
        budget={"steps": 3000},
    )
    assert found.history.path[:, 0].max() <= 0.0
    # y is bounded as well: with both at most 0 the least is at the corner.
    assert found.history.path[-1] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert (found.end, found.how) == ("bound", "ours")
    assert found.final_loss == pytest.approx(74.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"start": {"y": [1.0]}}, "unknown parameter of booth: 'y'"),
        ({"start": {"x": [1.0, 2.0, 3.0]}}, "start x has 3 numbers; booth has 2"),
        ({"bounds": {"z": [0.0, 1.0]}}, "unknown parameter of booth: 'z'"),
        ({"bounds": {"x": [20.0, 30.0]}}, "exclude the start of seed 0"),
        ({"bounds": {"x": [-20.0, 30.0]}, "optimizers": ("newton",)}, "knows no bounds"),
        ({"target_accuracy": 0.9}, "booth answers no cases"),
        ({"target_held_out": 0.9}, "booth holds no cases out"),
        ({"optimizers": ("lbfgs",), "rates": "0.1"}, "--lr 0.1 would be ignored"),
        ({"optimizers": ("lbfgs",), "schedule": "cosine"}, "--schedule cosine would be ignored"),
        ({"optimizers": ("gd", "lbfgs"), "schedule": "cosine"}, "lbfgs has no rate"),
        ({"schedule": "cosine:warmup=101", "steps": 100}, "a warm-up of 101 steps never ends"),
        ({"space": "lr=0.1:1"}, "--tune 50"),
        ({"tune": 3}, "it is empty"),
        ({"tune": 3, "space": "lr=0.1:1:log", "rates": "0.1"}, "leave one of them out"),
    ],
)
def test_what_does_not_fit_is_one_line(options, said):
    with pytest.raises(InputError) as told:
        plan_race(["booth"], RaceOptions(**{"optimizers": ("gd",), **options}))
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_a_start_outside_the_domain_is_one_line():
    options = RaceOptions(optimizers=("gd",), start={"spend": [-4.0]})
    with pytest.raises(InputError, match="outside the domain: its loss is nan"):
        plan_race(["price-ad-sqrt"], options)


def digits(budget, **more):
    return descend(
        **{"problem": "softmax-digits", "size": "tiny", "optimizer": "adam", "rate": 0.05, **more},
        budget=budget,
    )


def by_hand(theta, seed):
    """(loss of the cases held out, share answered rightly), in NumPy alone."""
    problem = PROBLEMS["softmax-digits"]
    rest = problem.held_out(np.random.default_rng(seed), **problem.sizes["tiny"])
    w, b = theta
    scores = rest["x"] @ w + b
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    labels = np.asarray(rest["y"]).astype(int)
    return -log_p[np.arange(len(labels)), labels].mean(), (scores.argmax(axis=1) == labels).mean()


def test_the_first_look_is_that_of_the_start():
    found = digits({"steps": 30})
    start = PROBLEMS["softmax-digits"].instance("tiny", 0).params
    loss, share = by_hand((start["w"], start["b"]), 0)
    looks = found.history.looks
    assert looks.steps[0] == 0
    assert looks.held_out[0] == pytest.approx(loss, rel=1e-4)  # drawn in float32 values
    assert looks.accuracy[0] == pytest.approx(share)
    assert looks.losses.tolist() == [found.history.losses[int(k)] for k in looks.steps]
    assert (looks.steps[-1], looks.accuracy[-1]) == (found.steps, found.accuracy)


def test_a_target_on_cases_held_out_ends_at_the_first_step_that_meets_it():
    found = digits({"steps": 200, "target_accuracy": 0.6})
    looks = found.history.looks
    assert found.status == "target"
    assert found.reason == f"accuracy {found.accuracy:.4g} at step {found.steps}, target 0.6"
    assert looks.steps.tolist() == list(range(found.steps + 1))
    assert (looks.accuracy[:-1] < 0.6).all()
    assert found.accuracy == looks.accuracy[-1] >= 0.6
    assert digits({"steps": 200, "target_held_out": 1.5}).reason.startswith("held-out loss 1.")


def test_with_batches_it_is_looked_at_once_an_epoch():
    found = digits({"steps": 60}, batch=16)
    looks = found.history.looks
    cases = len(PROBLEMS["softmax-digits"].instance("tiny", 0).data["x"])
    per_epoch = cases // 16
    assert looks.steps[:4].tolist() == [k * per_epoch for k in range(4)]
    assert (looks.steps[-1], looks.losses[-1]) == (60, found.final_loss)

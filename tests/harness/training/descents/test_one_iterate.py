"""Reason, count and figures of an end are of one iterate; a loss without a minimum has none."""

import numpy as np
import pytest

from tests.harness.training.descents.descend import descend

FILE = """
import numpy as np
from gradparity.problems import Instance, Problem

def draw(rng):
    return Instance({{"x": np.array({start})}}, {{}})

def loss(xp, params, data):
    x = params["x"]
    return {loss}

PROBLEM = Problem("own", loss, draw, {{"tiny": {{}}}}, "a test")
"""


def own(folder, loss, start):
    file = folder / "own.py"
    file.write_text(FILE.format(loss=loss, start=start))
    return {"problem": "own", "file": str(file), "backend": "tape"}


@pytest.mark.parametrize("optimizer", ["gd", "adam", "lbfgs", "trust-region"])
@pytest.mark.parametrize("size", ["tiny", "small"])
@pytest.mark.parametrize("rule", ["target", "gradient_norm", "plateau"])
def test_whatever_ends_a_descent_is_of_the_last_iterate(optimizer, size, rule):
    budget = {"steps": 3000, rule: {"target": 1e-2, "gradient_norm": 1e-1, "plateau": 3}[rule]}
    rate = {"gd": 0.001, "adam": 0.3}.get(optimizer)
    found = descend(
        problem="quadratic",
        size=size,
        optimizer=optimizer,
        rate=rate,
        budget=budget,
        landscape=False,
    )
    history = found.history
    assert history.steps[-1] == found.steps
    assert history.losses[-1] == found.final_loss
    assert history.evaluations[-1] <= found.evaluations
    if found.status == "target":
        assert found.reason.startswith(f"loss {found.final_loss:.6g} at step {found.steps}, ")
        assert found.final_loss <= 1e-2 < history.losses[-2]
    if found.status == "gradient" and "norm" in found.reason:
        assert found.reason.endswith(f"at step {found.steps}")
        assert history.norms["x"][-1] <= 1e-1 < history.norms["x"][-2]


def test_the_path_ends_where_the_target_was_met():
    found = descend(problem="booth", optimizer="gd", rate=0.05, budget={"target": 1e-3})
    x, y = found.history.path[-1]
    assert (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2 == pytest.approx(found.final_loss, rel=1e-9)
    assert len(found.history.path) == found.steps + 1


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_so_it_is_with_a_librarys_own_steps(backend):
    pytest.importorskip(backend)
    budget = {"steps": 500, "target": 1e-2}
    found = descend(problem="quadratic", backend=backend, optimizer="adam", rate=0.1, budget=budget)
    assert found.status == "target"
    assert (found.history.steps[-1], found.history.losses[-1]) == (found.steps, found.final_loss)
    ours = descend(problem="quadratic", optimizer="adam", rate=0.1, budget=budget)
    assert (ours.steps, ours.final_loss) == (found.steps, pytest.approx(found.final_loss))


def test_a_target_met_by_the_very_last_step_is_met():
    spec = {"problem": "booth", "optimizer": "gd", "rate": 0.05}
    losses = descend(**spec, budget={"steps": 30}).history.losses
    found = descend(**spec, budget={"steps": 30, "target": float(losses[30])})
    assert (found.status, found.steps, found.final_loss) == ("target", 30, losses[30])


def test_a_loss_lost_by_the_very_last_step_is_lost(tmp_path):
    # x <- x - 1 from 2.5: the logarithm of -0.5 is not a number, at step 3.
    spec = own(tmp_path, "x[0] + 1e-30 * xp.log(x[0])", "[2.5]")
    for steps in (3, 4, 50):
        found = descend(**spec, optimizer="gd", rate=1.0, budget={"steps": steps})
        assert (found.status, found.steps, found.final_loss) == ("diverged", 3, None)
        assert found.reason == "diverged at step 3: the loss is nan"
        assert found.history.path[:, 0].tolist() == [2.5, 1.5, 0.5, -0.5]


@pytest.mark.parametrize("optimizer", ["gd", "adam", "momentum", "rmsprop"])
def test_with_batches_it_is_the_whole_loss_at_the_end_of_an_epoch(optimizer):
    found = descend(
        problem="regression-logistic",
        size="tiny",
        optimizer=optimizer,
        batch=8,
        budget={"steps": 400, "target": 0.6},
    )
    assert found.status == "target"
    assert found.reason.startswith(f"loss {found.final_loss:.6g} at step {found.steps}, ")


def test_x2_minus_y2_is_unbounded_at_the_step_that_its_growth_foretells():
    found = descend(problem="saddle", optimizer="gd", rate=0.1, budget={"steps": 2000})
    x, y = found.history.path[0]
    k = np.arange(1000)
    losses = (x * 0.8**k) ** 2 - (y * 1.2**k) ** 2
    step = int(np.flatnonzero(losses < -1e100)[0])
    assert (found.status, found.steps) == ("unbounded", step)
    assert found.reason == f"unbounded: below -1e+100 at step {step}"
    assert (found.end, found.minimum, found.unbounded) == ("", -np.inf, True)


def test_what_overflows_on_its_way_down_is_unbounded_too():
    found = descend(problem="monkey-saddle", optimizer="gd", rate=0.3, budget={"steps": 200})
    assert found.status == "unbounded"
    assert found.reason.startswith("unbounded: ")
    assert found.end == ""


@pytest.mark.parametrize(
    ("loss", "start", "end"),
    [
        ("-(x[0] ** 2)", "[0.0]", "maximum"),
        ("-(x[0] ** 2) + 0.0 * x[1]", "[0.0, 1.0]", "degenerate maximum"),
        ("x[0] ** 2 - x[1] ** 2", "[0.0, 0.0]", "saddle"),
        ("x[0] ** 2 + 0.0 * x[1]", "[0.0, 1.0]", "flat"),
        ("x[0] ** 3 - 3.0 * x[0] * x[1] ** 2", "[0.0, 0.0]", "flat"),
    ],
)
def test_what_a_stationary_start_is(tmp_path, loss, start, end):
    found = descend(**own(tmp_path, loss, start), optimizer="gd", budget={"steps": 3})
    assert found.end == end

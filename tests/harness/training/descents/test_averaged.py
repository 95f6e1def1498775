"""A descent that is judged by the average of its iterates, against averages taken by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

import gradparity
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.training.descents.checks import check
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.race_tables.table import tables
from gradparity.results.races.contenders import contender, labels
from gradparity.results.store.store import open_store
from tests.harness.training.descents.descend import descend

SPEC = {"problem": "himmelblau", "optimizer": "momentum", "rate": 1e-3}


def averages(text, path):
    """(K + 1, P): those of a path, by sums."""
    name, *told = text.split(":")
    found = [path[0]]
    for k in range(1, len(path)):
        if name == "swa":
            first, every = int(told[0]), int(told[1])
            seen = path[first : k + 1 : every] if k >= first else path[k : k + 1]
            found.append(seen.mean(axis=0))
        else:
            decay = float(told[0])
            weights = decay ** np.arange(k - 1, -1, -1) * (1.0 - decay)
            weights[0] = weights[0] if told[1:] else decay ** (k - 1)
            found.append(weights @ path[1 : k + 1] / weights.sum())
    return np.array(found)


def loss_at(theta):
    problem = PROBLEMS["himmelblau"]
    return float(problem.loss(np, {"x": theta}, {}))


@pytest.mark.parametrize("text", ["ema:0.9", "ema:0.9:debiased", "swa:12:3"])
@pytest.mark.parametrize("backend", ["numpy", "tape"])
def test_what_is_told_is_of_the_average_and_the_path_is_that_of_the_last_iterate(text, backend):
    plain = descend({"steps": 40}, **SPEC, backend=backend)
    told = descend({"steps": 40}, **SPEC, backend=backend, options={"average": text})
    wanted = averages(text, plain.history.path)
    assert told.history.path == pytest.approx(wanted, rel=1e-12)
    assert told.history.losses == pytest.approx([loss_at(x) for x in wanted], rel=1e-10)
    assert told.final_loss == pytest.approx(loss_at(wanted[-1]), rel=1e-10)
    assert told.best_loss == min(told.history.losses)
    assert (told.steps, told.evaluations, told.how) == (40, plain.evaluations, plain.how)
    assert told.options == {"average": text}


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_other_libraries_move_as_they_do_and_are_averaged(backend):
    plain = descend({"steps": 20}, **SPEC, backend=backend)
    told = descend({"steps": 20}, **SPEC, backend=backend, options={"average": "ema:0.8"})
    assert told.how == plain.how != "ours"
    wanted = averages("ema:0.8", plain.history.path)
    assert told.history.path == pytest.approx(wanted, rel=1e-12)


def test_a_target_is_one_of_the_average():
    """Of a descent that jumps about, the average is there when none of its iterates is."""
    quick = {"problem": "booth", "rate": 0.105, "optimizer": "gd"}
    spec = {**quick, "start": {"x": [1.2, 3.2]}}
    plain = descend({"steps": 60, "target": 1e-3}, **spec)
    told = descend({"steps": 60, "target": 1e-3}, **spec, options={"average": "swa:1:1"})
    assert told.status == "target"
    assert told.steps < plain.steps
    assert told.reason.endswith("(average swa:1:1)")
    assert told.final_loss <= 1e-3 < told.history.losses[-2]
    assert told.history.losses[-1] == told.final_loss


def test_batches_are_those_of_the_steps_and_looks_are_at_the_average():
    spec = {"problem": "mlp-digits", "optimizer": "momentum", "rate": 0.2, "batch": 16}
    budget = {"steps": 40}
    plain = descend(budget, **spec)
    told = descend(budget, **spec, options={"average": "swa:39:1"})
    # Up to the 39th step it is the iterate itself, and so are its losses and looks.
    assert told.history.losses[:40] == pytest.approx(plain.history.losses[:40], rel=1e-9)
    far = descend(budget, **spec, options={"average": "ema:0.999"})
    assert far.history.losses[0] == plain.history.losses[0]
    assert far.history.looks.held_out[-1] > plain.history.looks.held_out[-1]
    assert far.accuracy == far.history.looks.accuracy[-1]


def test_norms_are_those_of_the_gradient_at_the_average():
    told = descend({"steps": 10}, **SPEC, options={"average": "ema:0.5"})
    x, y = told.history.path[7]
    first, second = x * x + y - 11.0, x + y * y - 7.0  # f is the sum of their squares
    at = 4.0 * x * first + 2.0 * second, 2.0 * first + 4.0 * y * second
    assert told.history.norms["x"][7] == pytest.approx(np.hypot(*at), rel=1e-9)


def test_an_average_of_what_diverges_diverges():
    spec = {"problem": "booth", "optimizer": "gd", "rate": 10.0}
    told = descend({"steps": 2000}, **spec, options={"average": "swa:5:1000"})
    assert told.status == "diverged"
    assert "average swa:5:1000" in told.reason


def test_bounds_hold_for_the_average():
    spec = {"problem": "booth", "optimizer": "gd", "rate": 0.05, "bounds": {"x": [-20.0, 2.0]}}
    told = descend({"steps": 50}, **spec, start={"x": [0.0, 0.0]}, options={"average": "swa:10:1"})
    assert np.all(told.history.path <= 2.0)
    assert told.final_loss > 0.1


def test_an_average_that_never_begins_is_refused():
    spec = DescentSpec("booth", optimizer="gd", options={"average": "swa:2000:1"})
    with pytest.raises(InputError, match="begins at step 2000, beyond a budget of 1000"):
        check(spec)
    check(replace(spec, options={"average": "swa:1000:1"}))
    with pytest.raises(InputError, match="option of lbfgs:"):
        plan_race(["booth"], RaceOptions(optimizers=("lbfgs",), options={"average": "ema:0.9"}))


def test_it_is_stored_told_and_taken_up_again(tmp_path, capsys):
    store = tmp_path / "results.db"
    options = {"adam.average": "ema:0.9"}
    made = gradparity.train(
        "booth", optimizers=["adam", "gd"], options=options, seeds=3, steps=30, store=store
    )
    with open_store(store) as opened:
        kept = opened.descents(made.run.id)
    assert [d.options for d in kept] == [{"average": "ema:0.9"}] * 3 + [{}] * 3
    names = labels(list(dict.fromkeys(map(contender, kept))))
    assert "adam (average=ema:0.9)" in names.values()
    assert all(math.isfinite(d.final_loss) for d in kept)

    from rich.console import Console

    console = Console(width=200)
    with console.capture() as shown:
        console.print(tables(made.run, kept))
    text = " ".join(shown.get().split())
    assert "adam (average=ema:0.9)" in text
    assert "targets of adam are of the average of the iterates" in text
    assert "targets of gd" not in text

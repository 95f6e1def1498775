"""However a race ends, finished descents are in the store, no worker is left, the rest can follow."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

import gradparity
from gradparity.harness.terminal.progress import Progress
from gradparity.harness.timing.resume import resume
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race import race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.harness.training.resume import resume_race
from gradparity.problems import InputError
from gradparity.results.store.store import Store, StoreError, StoreFull, open_store
from tests import PATIENCE_S

COMMAND = [sys.executable, "-c", "from gradparity.harness.cli import main; main()"]
# Descends on one of two problems only when it is let: nobody has to hurry to catch it at work.
HELD = """
import time
from pathlib import Path

from gradparity.backends.optimizers.contract.optimizer import Optimizer


def start(theta, rng):
    held = theta.size == 9  # xor-tanh

    def step(theta, gradient, rate):
        if held and not Path(LET).exists():
            time.sleep(0.1)
        theta -= rate * gradient

    return step


OPTIMIZER = Optimizer("held", "update", start, ("gradient",), 0.01, "a test")
"""


def race_of(folder):
    """The command line of twelve descents, of which three are held until `folder/let` is there."""
    file = folder / "held.py"
    file.write_text(HELD.replace("LET", repr(str(folder / "let"))))
    race = ["booth", "xor-tanh", "--optimizer", f"gd,{file}", "--seeds", "3", "--steps", "1000"]
    return [*COMMAND, "train", *race]


def start(folder, store, *more):
    """A race, when its first descents are stored; and its workers."""
    process = subprocess.Popen(
        [*race_of(folder), "--store", str(store), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(stored(store)) < 2:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    return process, psutil.Process(process.pid).children()


def stored(store):
    try:
        with open_store(store, read_only=True) as opened:
            return opened.descents(opened.find().id)
    except StoreError:
        return []


def named(descent):
    return descent.problem, descent.optimizer, descent.seed


def gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    return not alive


@pytest.mark.parametrize(
    ("sent", "jobs", "code", "status"),
    [
        (signal.SIGINT, "1", 130, "interrupted"),
        (signal.SIGTERM, "2", 130, "interrupted"),
        pytest.param(signal.SIGKILL, "1", -9, "running", marks=pytest.mark.slow),
    ],
)
def test_what_was_finished_stays_and_the_rest_follows(tmp_path, sent, jobs, code, status):
    if int(jobs) > len(psutil.Process().cpu_affinity()):
        pytest.skip("needs another core")
    store = tmp_path / "results.db"
    process, workers = start(tmp_path, store, "--jobs", jobs)
    os.kill(process.pid, sent)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert gone(workers)
    kept = stored(store)
    assert 2 <= len(kept) < 12
    assert {descent.steps for descent in kept} == {1000}
    with open_store(store, read_only=True) as opened:
        run = opened.find()
    assert (run.kind, run.status) == ("train", status)
    if sent != signal.SIGKILL:
        assert f"gradparity train --resume {run.id}" in out

    (tmp_path / "let").touch()
    again = subprocess.run(
        [*COMMAND, "train", "--resume", run.id, "--store", str(store)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    assert f"[1/{12 - len(kept)}]" in again.stderr
    after = stored(store)
    assert [named(d) for d in after[: len(kept)]] == [named(d) for d in kept]
    assert len({named(d) for d in after}) == len(after) == 12
    with open_store(store, read_only=True) as opened:
        assert [(r.id, r.status) for r in opened.runs()] == [(run.id, "finished")]


def test_a_resumed_race_has_the_losses_of_one_that_was_never_interrupted(tmp_path):
    store = tmp_path / "results.db"
    whole = gradparity.train("booth", optimizers=["adam"], seeds=2, steps=50, store=store)
    with open_store(store) as opened:
        opened.begin(replace(whole.run, id="part", status="interrupted"))
        opened.add_descent("part", whole.descents[0])
        plan, earlier, remark = resume_race(opened, "part")
        assert remark == ""
        assert [planned.spec.seed for planned in plan.descents] == [1]

        race(plan, opened, Progress(), earlier)
        found = opened.descents("part")
    for first, second in zip(whole.descents, found, strict=True):
        assert np.array_equal(first.history.losses, second.history.losses)


def test_what_cannot_be_resumed_says_why(tmp_path):
    store = tmp_path / "results.db"
    made = gradparity.train("booth", optimizers=["gd"], steps=3, store=store)
    timed = gradparity.run("booth", backends=["numpy"], rounds=2, extra_s=0, store=store)
    with open_store(store) as opened:
        changed = replace(made.run.environment, source="another")
        opened.begin(replace(made.run, id="old", environment=changed))
        plan, earlier, remark = resume_race(opened, "old")
        assert earlier is None
        assert len(plan.descents) == 1
        assert "not the same source as then; raced from the start" in remark
        opened.begin(replace(made.run, id="older", options={}))
        with pytest.raises(InputError, match="start a new one"):
            resume_race(opened, "older")
        with pytest.raises(InputError, match=f"gradparity run --resume {timed.run.id}"):
            resume_race(opened, timed.run.id)
        with pytest.raises(InputError, match=f"gradparity show {made.run.id}"):
            resume(opened, made.run.id)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_stops_the_race_and_its_workers(tmp_path, monkeypatch, jobs):
    if jobs > len(psutil.Process().cpu_affinity()):
        pytest.skip("needs another core")
    plan = plan_race(["booth"], RaceOptions(optimizers=("gd",), seeds=(0, 1, 2, 3), jobs=jobs))
    others = psutil.Process().children()  # a browser of other tests, say
    add = Store.add_descent

    def full(store, run_id, descent):
        if descent.seed == 2:
            raise StoreFull("the disk is full")
        add(store, run_id, descent)

    monkeypatch.setattr(Store, "add_descent", full)
    with open_store(tmp_path / "results.db") as opened:
        with pytest.raises(StoreFull, match="the disk is full"):
            race(plan, opened, Progress())
        run = opened.find()
        assert run.status == "stopped"
        kept = {descent.seed for descent in opened.descents(run.id)}
        assert kept == {0, 1} if jobs == 1 else 2 not in kept
    assert gone([child for child in psutil.Process().children() if child not in others])

"""However a run ends, what was finished is in the store and no worker is left behind."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

import gradparity
from gradparity.harness.timing.resume import resume
from gradparity.problems import InputError
from gradparity.results.store.store import StoreError, open_store
from tests import PATIENCE_S
from tests.harness.files import held_until

COMMAND = [sys.executable, "-c", "from gradparity.harness.cli import main; main()", "run"]
ONCE = ["--processes", "1", "--extra", "0"]


def start(store):
    """A run that ends once `let` lies beside its store, when its first cells are stored; its workers."""
    held = held_until(store.parent / "let", store.parent)
    targets = ["booth", "beale", str(held), "--size", "tiny,small", "--timeout", "600"]
    asked = [*targets, "--backend", "numpy", "--rounds", "40", *ONCE]
    process = subprocess.Popen(
        [*COMMAND, *asked, "--store", str(store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while cells(store) < 2:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    return process, psutil.Process(process.pid).children()


def cells(store):
    try:
        with open_store(store, read_only=True) as opened:
            return len(opened.load()[1])
    except StoreError:
        return 0


def gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    return not alive


@pytest.mark.parametrize(
    ("sent", "code", "status"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 130, "interrupted"),
        (signal.SIGHUP, 130, "interrupted"),
        (signal.SIGKILL, -9, "running"),
    ],
)
def test_what_was_finished_stays(tmp_path, sent, code, status):
    store = tmp_path / "results.db"
    process, workers = start(store)
    assert len(workers) == 3  # judge, subject and control
    before = cells(store)
    os.kill(process.pid, sent)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code
    assert gone(workers)
    with open_store(store, read_only=True) as opened:
        run, kept = opened.load()
    assert run.status == status
    assert len(kept) >= before
    assert all(cell.status == "ok" and len(cell.samples) == 40 for cell in kept)

    again = subprocess.run(
        [*COMMAND, "booth", "--backend", "numpy", "--rounds", "2", "--store", str(store)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    with open_store(store, read_only=True) as opened:
        assert opened.load(run.id)[1] == kept
        assert [r.status for r in opened.runs()] == ["finished", status]


def test_an_interrupted_run_is_finished_later(tmp_path):
    store = tmp_path / "results.db"
    process, _ = start(store)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    with open_store(store) as opened:
        run, kept = opened.load()

    (tmp_path / "let").touch()

    def resumed(*more):
        return subprocess.run(
            [*COMMAND, "--resume", run.id, "--store", str(store), *more],
            capture_output=True,
            text=True,
            check=False,
        )

    refused = resumed("booth")
    assert refused.returncode == 2
    assert "name no targets" in refused.stderr
    again = resumed()
    assert again.returncode == 0, again.stderr
    with open_store(store, read_only=True) as opened:
        assert [(r.id, r.status) for r in opened.runs()] == [(run.id, "finished")]
        cells = opened.load()[1]
    assert cells[: len(kept)] == kept
    assert len(cells) == len({(c.problem, c.size) for c in cells}) > len(kept)
    assert f"[1/{len(cells) - len(kept)}]" in again.stderr
    assert "0 workloads" in resumed().stderr  # and there is nothing left to do


def test_nothing_is_reused_of_another_machine(tmp_path):
    with open_store(tmp_path / "results.db") as store:
        made = gradparity.run("booth", backends=["numpy"], rounds=2, store=tmp_path / "results.db")
        moved = replace(made.run.environment, boot="another")
        store.begin(replace(made.run, id="old", environment=moved))
        plan, earlier, remark = resume(store, "old")
        assert earlier is None
        assert len(plan.workloads) == 1
        assert "not the same boot as then" in remark
        store.begin(replace(made.run, id="older", options={}))
        with pytest.raises(InputError, match="start a new one"):
            resume(store, "older")


def test_a_killed_worker_costs_only_its_cell(tmp_path):
    for number in range(5):
        folder = tmp_path / str(number)
        folder.mkdir()
        store = folder / "results.db"
        process, workers = start(store)
        _, subject, _ = sorted(workers, key=psutil.Process.create_time)  # judge, control around it
        os.kill(subject.pid, 9)
        (folder / "let").touch()
        process.communicate(timeout=PATIENCE_S)
        with open_store(store, read_only=True) as opened:
            run, kept = opened.load()
        assert run.status == "finished"
        failed = [cell.reason for cell in kept if cell.status != "ok"]
        if failed:  # else it was killed between two cells, and another took its place
            break
    assert process.returncode == 4
    assert failed == ["crashed: signal 9"]

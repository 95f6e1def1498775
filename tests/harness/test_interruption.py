"""However a run ends, what was finished is in the store and no worker is left behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from results.store import StoreError, open_store

COMMAND = [sys.executable, "-c", "from harness.cli import main; main()", "run"]
PROBLEMS = ["booth", "beale", "saddle", "himmelblau", "price", "rosenbrock", "xor"]


def start(store):
    """A run that takes many seconds, when its first cells are stored; and its workers."""
    process = subprocess.Popen(
        [*COMMAND, *PROBLEMS, "--backend", "numpy", "--rounds", "60", "--store", str(store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(600):
        if cells(store) >= 2:
            return process, psutil.Process(process.pid).children()
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    raise AssertionError("nothing was stored")


def cells(store):
    try:
        with open_store(store, read_only=True) as opened:
            return len(opened.load()[1])
    except StoreError:
        return 0


def gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=10)
    return not alive


@pytest.mark.parametrize(
    ("sent", "code", "status"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGKILL, -9, "running")],
)
def test_what_was_finished_stays(tmp_path, sent, code, status):
    store = tmp_path / "results.db"
    process, workers = start(store)
    assert len(workers) == 2
    before = cells(store)
    os.kill(process.pid, sent)
    process.communicate(timeout=30)
    assert process.returncode == code
    assert gone(workers)
    with open_store(store, read_only=True) as opened:
        run, kept = opened.load()
    assert run.status == status
    assert len(kept) >= before
    assert all(cell.status == "ok" and len(cell.samples) == 60 for cell in kept)

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


def test_a_killed_worker_costs_only_its_cell(tmp_path):
    store = tmp_path / "results.db"
    process, workers = start(store)
    os.kill(max(worker.pid for worker in workers), 9)  # the judge was started first
    process.communicate(timeout=120)
    assert process.returncode == 4
    with open_store(store, read_only=True) as opened:
        run, kept = opened.load()
    assert run.status == "finished"
    failed = [cell for cell in kept if cell.status != "ok"]
    assert [cell.reason for cell in failed] == ["crashed: signal 9"]

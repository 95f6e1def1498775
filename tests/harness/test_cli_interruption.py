"""Ctrl-C, a cancelled job and a closed terminal, in every verb that has workers or folders."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from gradparity.harness.terminal.progress import NOTHING
from gradparity.results.store.store import open_store
from tests import PATIENCE_S, ROOT
from tests.harness.files import held_until
from tests.harness.gate.test_gate_git import git

COMMAND = [sys.executable, "-c", "from gradparity.harness.cli import main; main()"]

RUN = ("run", "rosenbrock", "--size", "tiny", "--backend", "numpy", "--rounds", "100000")
TRAIN = ("train", "booth", "--optimizer", "gd", "--steps", "100000000", "--backend", "numpy")
ENDLESS = ("--margin", "1e-6", "--pairs", "900", "--seconds", "100", "--total-seconds", "100")
GATE = ("gate", "rosenbrock", "--size", "tiny", "--backend", "numpy", "--against", "main", *ENDLESS)
CHECK = ("check", "mine.py", "--backend", "numpy")
GRADIENTS = ("gradients", "mine.py", "--backend", "numpy")
DOCTOR = ("doctor", "--seconds", "100")

HANGS = """
import time
import numpy as np
from gradparity import Instance, Problem

def loss(xp, p, d):
    return xp.sum(p["w"] ** 2)

def gradient(p, d):
    open(BEGUN, "w").close()
    time.sleep(1000)

PROBLEM = Problem("mine", loss, lambda rng: Instance({"w": rng.normal(size=3)}, {}), {"tiny": {}}, "a test", gradient=gradient)
"""


@pytest.fixture(autouse=True)
def a_terminal_may_close():
    """What starts the tests may have them ignore SIGHUP, as nohup does; a command would, too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def folder(tmp_path):
    """A repository with a file in it, and a folder for temporary files beside it.

    Its gradient leaves `begun` there, and never answers.
    """
    repo = tmp_path / "repo"
    repo.mkdir()
    (tmp_path / "tmp").mkdir()
    git(repo, "init", "-q", "-b", "main")
    (repo / "mine.py").write_text(HANGS.replace("BEGUN", repr(str(tmp_path / "begun"))))
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "one")
    return repo


def is_worker(process):
    with suppress(psutil.Error):  # it has just ended
        return "gradparity.harness.worker" in " ".join(process.cmdline())


def has_workers(process):
    with suppress(psutil.Error):  # it has just ended
        return any(is_worker(child) for child in psutil.Process(process.pid).children())


def process_env(folder):
    own = {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(folder.parent / "tmp")}
    return {**os.environ, **own}


def begun(folder, verb):
    """The process of a command, and its workers, once they have worked for a while."""
    process = subprocess.Popen(
        [*COMMAND, *verb],
        cwd=folder,
        env=process_env(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    parent = psutil.Process(process.pid)
    busy = 0.3 if verb is GATE else 1.5  # a gate's processes are fresh again and again
    while True:
        workers = [child for child in parent.children() if is_worker(child)]
        if verb in (CHECK, GRADIENTS):
            at_work = (folder.parent / "begun").exists()
        else:
            at_work = workers and time.time() - workers[0].create_time() > busy
        if at_work:
            return process, workers
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)


def assert_nothing_left(folder, workers):
    assert psutil.wait_procs(workers, timeout=PATIENCE_S)[1] == []
    assert list((folder.parent / "tmp").glob("gradparity*")) == []
    assert git(folder, "worktree", "list").count("\n") == 0


@pytest.mark.parametrize(
    ("verb", "sent"),
    [
        (RUN, signal.SIGTERM),
        (TRAIN, signal.SIGHUP),
        (GATE, signal.SIGTERM),
        (GATE, signal.SIGHUP),
        (CHECK, signal.SIGTERM),
        (GRADIENTS, signal.SIGTERM),
        (DOCTOR, signal.SIGTERM),
    ],
    ids=lambda x: x[0] if isinstance(x, tuple) else x.name,
)
def test_a_signal_cleans_up(folder, verb, sent):
    process, workers = begun(folder, verb)
    process.send_signal(sent)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert_nothing_left(folder, workers)


@pytest.mark.parametrize("verb", [RUN, GATE, CHECK], ids=lambda verb: verb[0])
def test_thrice_ends_it_without_a_traceback(folder, verb):
    process, workers = begun(folder, verb)
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert psutil.wait_procs(workers, timeout=PATIENCE_S)[1] == []


def test_what_a_killed_gate_leaves_the_next_run_and_the_next_gate_remove(folder):
    process, workers = begun(folder, GATE)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    assert psutil.wait_procs(workers, timeout=PATIENCE_S)[1] == []
    temporary = folder.parent / "tmp"
    assert len(list(temporary.glob("gradparity-*"))) > 0
    again = (*RUN[:-1], "2")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(temporary)}
    subprocess.run([*COMMAND, *again], cwd=folder, env=environment, capture_output=True, check=True)
    assert list(temporary.glob("gradparity-*")) == []


def test_what_a_shell_has_it_ignore_stays_ignored(folder):
    """As `nohup` does with SIGHUP."""
    process = subprocess.Popen(
        ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *COMMAND, *RUN[:-1], "200"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not has_workers(process):
        time.sleep(0.02)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err


MANY = ("run", "booth", "beale", "matyas", "held.py", "--size", "tiny", "--backend", "numpy")


def test_what_is_finished_is_stored_as_it_is_and_the_rest_has_a_command(folder):
    held_until(folder.parent / "let", folder)
    process, _ = begun(folder, (*MANY, "--rounds", "100", "--store", "a b.db", "-f", "csv"))
    while not (line := process.stderr.readline()).startswith("[1/4]"):
        assert line, "it ended before its first workload"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    told = re.search(r"interrupted with (\d) cells stored; the rest: gradparity (.*)", err)
    assert told, err
    with open_store(folder / "a b.db", read_only=True) as store:
        (run,) = store.runs()
        assert run.status == "interrupted"
        assert 1 <= len(store.cells(run.id)) == int(told[1]) < 4
    (folder.parent / "let").touch()
    done = subprocess.run([*COMMAND, *shlex.split(told[2])], cwd=folder, env=process_env(folder))
    assert done.returncode == 0
    with open_store(folder / "a b.db", read_only=True) as store:
        assert len(store.cells(run.id)) == 4


@pytest.mark.parametrize("verb", [RUN, TRAIN], ids=lambda verb: verb[0])
def test_that_nothing_is_stored_yet_is_said(folder, verb):
    process = subprocess.Popen(
        [*COMMAND, *verb], cwd=folder, env=process_env(folder), stderr=subprocess.PIPE, text=True
    )
    while not has_workers(process):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert err == f"{NOTHING}\ngradparity: interrupted\n"

"""Misbehaving losses through the verbs that run a user's code: each costs its own row."""

import json
import os
from contextlib import suppress

import psutil
import pytest

from tests.harness.command import gradparity
from tests.harness.gate.test_gate_git import git
from tests.studies.misbehaving_losses import MISBEHAVING, together

NAMES = (
    *("closes everything and sleeps", "exits as if all were well", "a daemon, and dies"),
    *("an answer onto every descriptor", "patches isinstance", "stops itself", "exits"),
)
LOSSES = {f"loss{i}": next(x for x in MISBEHAVING if x.name == n) for i, n in enumerate(NAMES)}

MARK = "GRADPARITY_TEST"
"""A variable that everything that the command starts has."""

COMMON = ("--backend", "numpy", "--size", "tiny", "--timeout", "10")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "losses.py").write_text(together(LOSSES))
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


def marked(folder):
    """The processes that a command in this folder has started."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(folder):
                found.append(process)
    return found


def rows_of(folder, *arguments):
    """The rows of a command's JSON by problem; nothing that it started is alive afterwards."""
    done = gradparity(*arguments, "-f", "json", cwd=folder, **{MARK: str(folder)})
    assert "Traceback (most recent call last)" not in done.stderr or arguments[0] == "check"
    assert done.returncode == 4, done.stderr
    _, alive = psutil.wait_procs(marked(folder), timeout=60)  # what was killed may still be ending
    assert alive == []
    document = json.loads(done.stdout)
    key = next(name for name in ("checks", "cells", "rows", "descents") if name in document)
    return {row["problem"]: row for row in document[key]}


def assert_each_costs_its_own(rows, well, errors_alone=False):
    assert set(rows) == {*LOSSES, "mine"}
    assert rows["mine"]["status"] in well
    for name, loss in LOSSES.items():
        costs = ("error",) if errors_alone else loss.costs
        assert rows[name]["status"] in (*costs, *(well if "ok" in loss.costs else ())), rows[name]


def test_run(folder):
    rows = rows_of(folder, "run", "losses.py", *COMMON, "--rounds", "2", "--extra", "0")
    assert_each_costs_its_own(rows, ("ok",))


def test_check(folder):
    rows = rows_of(folder, "check", "losses.py", *COMMON)
    assert_each_costs_its_own(rows, ("ok",), errors_alone=True)


def test_train(folder):
    ask = ("--optimizer", "gd", "--lr", "1e-3", "--steps", "20")
    rows = rows_of(folder, "train", "losses.py", *COMMON, *ask)
    assert_each_costs_its_own(rows, ("budget", "plateau"))


@pytest.mark.slow
def test_gate(folder):
    ask = ("--against", "main", "--margin", "9", "--pairs", "2", "--total-seconds", "600")
    rows = rows_of(folder, "gate", "losses.py", *COMMON, *ask)
    assert_each_costs_its_own(rows, ("pass",))
    assert git(folder, "worktree", "list").count("\n") == 0
    assert not os.path.lexists(folder / ".git" / "worktrees")

"""A gradient that raises, through train and gate: its own row has one line, and the others are as they were."""

import json

import pytest

from tests.harness.files import GOOD
from tests.harness.gate.test_gate_git import git
from tests.harness.terminal.inside import gradparity

SECOND = """
from dataclasses import replace

CALLS = []

def raising(params, data):
    CALLS.append(1)
    if len(CALLS) > {calls}:
        raise ValueError("the {{tax}} is unknown\\nbeyond that")
    return gradient(params, data)

SECOND = replace(PROBLEM, name="second", gradient=raising)
"""
COMMON = ("--backend", "numpy", "--size", "tiny", "--timeout", "60")
VERBS = {
    "train": ("--optimizer", "gd", "--lr", "1e-3", "--steps", "20"),
    "gate": (
        *("--against", "main", "--margin", "9", "--pairs", "2"),
        *("--seconds", "1", "--total-seconds", "60"),
    ),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD)
    (tmp_path / ".gitignore").write_text(".gradparity\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


@pytest.mark.parametrize("calls", [0, 1])
@pytest.mark.parametrize("verb", VERBS)
def test_it_costs_its_own_row(folder, verb, calls):
    """calls: so many in a process go well."""
    (folder / "mine.py").write_text(GOOD + SECOND.format(calls=calls))
    ended = gradparity(verb, "mine.py", *COMMON, *VERBS[verb], "-f", "json", cwd=folder)
    assert ended.code == 4, ended.err
    document = json.loads(ended.out)
    rows = document["descents" if verb == "train" else "rows"]
    status = {row["problem"]: row["status"] for row in rows}
    assert status["second"] == "error"
    assert status["mine"] in ("budget", "plateau", "pass")
    assert "ValueError: the {tax} is unknown" in json.dumps(document)


@pytest.mark.parametrize("verb", VERBS)
def test_alone_it_is_told_in_one_line(folder, verb):
    (folder / "mine.py").write_text(GOOD + SECOND.format(calls=0) + "\nPROBLEM = SECOND\n")
    ended = gradparity(verb, "mine.py", *COMMON, *VERBS[verb], cwd=folder)
    assert ended.code == 2
    assert "second: the gradient raises ValueError: the {tax} is unknown beyond that" in ended.err
    assert ended.err.count("\n") <= 3  # a gate says what head and base are before
    assert "Traceback" not in ended.err

"""`run --strict` and `gate --strict`: what loses digits counts as wrong, and has no time."""

import json

import pytest

from tests.harness.checking.test_check_command import gradparity
from tests.harness.checking.test_check_options import COARSE, FILE, RIGHT
from tests.harness.gate.test_gate_git import git


def ran(folder, slope, *options):
    (folder / "mine.py").write_text(FILE.format(slope=slope))
    done = gradparity(
        *("run", "mine.py", "--backend", "numpy", "--dtype", "float64", "--rounds", "2"),
        *("--processes", "1", "--extra", "0", "--store", "runs.db", "-f", "json", *options),
        cwd=folder,
    )
    (cell,) = json.loads(done.stdout)["rows"]
    return done.returncode, cell["status"], cell["median_s"] is not None


def test_a_run_times_what_loses_digits_unless_strict(tmp_path):
    assert ran(tmp_path, COARSE) == (0, "unstable", True)
    assert ran(tmp_path, COARSE, "--strict") == (3, "unstable", False)
    junit = gradparity("export", "--format", "junit", "--store", "runs.db", cwd=tmp_path)
    assert 'failures="1"' in junit.stdout, junit.stderr
    assert ran(tmp_path, RIGHT, "--strict") == (0, "ok", True)


@pytest.mark.parametrize(
    ("slope", "options", "code", "status"),
    [(COARSE, (), 0, "unstable"), (COARSE, ("--strict",), 3, "unstable"), (RIGHT, (), 0, "ok")],
)
def test_a_gate_refuses_what_loses_digits_if_strict(tmp_path, slope, options, code, status):
    (tmp_path / "mine.py").write_text(FILE.format(slope=slope))
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    done = gradparity(
        *("gate", "mine.py", "--against", "HEAD", "--backend", "numpy", "--dtype", "float64"),
        *("--pairs", "2", "--margin", "9", "--seconds", "0.5", "-f", "json", *options),
        cwd=tmp_path,
    )
    found = json.loads(done.stdout)
    (row,) = found["rows"]
    assert (done.returncode, row["verdict"]) == (code, status)
    assert (row["status"] == status) == (code == 3)
    assert (row["change"] is None) == (code == 3)

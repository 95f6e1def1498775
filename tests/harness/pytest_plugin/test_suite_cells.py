"""The plugin's benchmarks, used on gradparity itself."""

import json
import os
import subprocess
import sys

import pytest

from tests import PATIENCE_S
from tests.harness.files import GOOD


def collected(folder, *arguments):
    # xdist's own variables would make the inner run one of its workers.
    outer = {name: x for name, x in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", "--rootdir", folder, *arguments],
        capture_output=True, text=True, cwd=folder, check=False, timeout=PATIENCE_S, env=outer,
    )  # fmt: skip


def test_cells_are_judged_then_timed(tmp_path):
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    done = collected(
        tmp_path, "--gradparity-suite", "booth", "--gradparity-backend", "numpy,tape",
        "--benchmark-json", "found.json", "--benchmark-min-rounds", "2", "--benchmark-max-time", "0.05",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    found = json.loads((tmp_path / "found.json").read_text())["benchmarks"]
    assert {x["param"] for x in found} == {
        "booth-tiny-gradient-float64-numpy",
        "booth-tiny-gradient-float64-tape",
    }
    assert {x["extra_info"]["verdict"] for x in found} == {"ok"}


def test_a_wrong_gradient_fails_and_is_not_timed(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD.replace("2 / len", "2.002 / len"))
    done = collected(
        tmp_path, "--gradparity-suite", "mine.py", "--gradparity-backend", "numpy,tape",
        "-k", "tiny", "--benchmark-json", "found.json", "--benchmark-max-time", "0.05",
    )  # fmt: skip
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "factor of 1.001" in done.stdout
    found = json.loads((tmp_path / "found.json").read_text())["benchmarks"]
    assert [x["param"] for x in found] == ["mine-tiny-gradient-float64-tape"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--gradparity-suite", "quik"), "unknown suite or problem 'quik'; did you mean 'quick'?"),
        (("--gradparity-suite", "booth", "--gradparity-backend", "nunpy"), "did you mean 'numpy'?"),
        (("--gradparity-suite", "no.toml"), "suite no.toml: No such file"),
        (("--gradparity-suite", "x\x1b]0;a.py"), r"x\x1b]0;a.py: no such file"),
        (("--gradparity-backend", "numpy"), "--gradparity-backend needs --gradparity-suite"),
    ],
)
def test_a_choice_that_is_none_is_a_usage_error_of_pytest_in_one_line(tmp_path, arguments, told):
    done = collected(tmp_path, *arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = (done.stdout + done.stderr).split("\n\n")[0].splitlines()
    assert line.startswith("ERROR: ")
    assert told in line


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed: signal 11"),
        ("import os; os._exit(0)", "mine.py: "),
        ("import ctypes; ctypes.string_at(0)", "crashed: signal 11"),
    ],
    ids=["kills", "exits", "crashes"],
)
def test_a_file_that_cannot_survive_its_import_is_a_usage_error(tmp_path, code, told):
    (tmp_path / "mine.py").write_text(GOOD + code)
    done = collected(tmp_path, "--gradparity-suite", "mine.py", "--gradparity-backend", "numpy")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    (line,) = (done.stdout + done.stderr).split("\n\n")[0].splitlines()
    assert line.startswith("ERROR: mine.py: ")
    assert told in line

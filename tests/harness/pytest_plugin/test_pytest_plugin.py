"""The fixture `gradparity`, in a pytest of its own."""

import os
import re
import subprocess
import sys
import tomllib

from tests import PATIENCE_S, ROOT

# Where the package is installed, its entry point would register the plugin a second time.
ALONE = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

TESTS = """
import numpy as np

def loss(a):
    return np.sum(a ** 3)

def test_right(gradparity):
    assert gradparity.check(loss, np.ones(3), gradient=lambda a: 3 * a * a).status == "ok"

def test_wrong(gradparity):
    gradparity.check(loss, np.ones(3), gradient=lambda a: 2 * a * a)

def test_scalar(gradparity):
    gradparity.check(lambda a: a, np.ones(3), gradient=lambda a: a)
"""


DIGITS = """
import numpy as np
import pytest

def loss(a):
    return np.sum(a ** 3)

def coarse(a):  # 1e7 added and taken away: as many digits are lost in either precision
    return (3 * a * a + a.dtype.type(1e7)) - a.dtype.type(1e7)

POINT = np.array([0.3, 0.7])

def test_by_default(gradparity):
    assert gradparity.check(loss, POINT, gradient=coarse).status == "unstable"

def test_not_strict(gradparity):
    assert gradparity.check(loss, POINT, gradient=coarse, strict=False).status == "unstable"

def test_strict(gradparity):
    with pytest.raises(AssertionError, match="unstable"):
        gradparity.check(loss, POINT, gradient=coarse, strict=True)

def test_accuracy(gradparity):
    off = lambda a: 3 * a * a * (1 + 1e-7)
    assert gradparity.check(loss, POINT, gradient=off, accuracy=1e-6).status == "inaccurate"
    with pytest.raises(AssertionError, match="formula"):
        gradparity.check(loss, POINT, gradient=off, accuracy=1e-8)
"""


def own_pytest(folder, *options):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "gradparity.harness.pytest_plugin.plugin", "-p", "no:cacheprovider", "-q", "--rootdir", str(folder), str(folder), *options],
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=PATIENCE_S, env=ALONE,
    )  # fmt: skip


def test_what_loses_digits_warns_and_fails_only_if_strict(tmp_path):
    (tmp_path / "test_mine.py").write_text(DIGITS)
    done = own_pytest(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "GradientWarning" in done.stdout
    assert "4 passed, 2 warnings" in done.stdout
    assert own_pytest(tmp_path, "-W", "error").returncode == 1
    done = own_pytest(tmp_path, "--gradparity-strict")
    assert "1 failed, 3 passed" in done.stdout
    # Where CI is set, pytest writes the message behind the name, else as much as the width allows.
    assert re.search(r"FAILED .*test_mine.py::test_by_default\b", done.stdout)


def test_right_passes_and_wrong_fails_with_the_diagnosis(tmp_path):
    (tmp_path / "test_mine.py").write_text(TESTS)
    done = own_pytest(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "2 failed" in done.stdout
    assert re.search(
        r"GradientError: The gradient is wrong at params\[\d\]: 2, should be 3", done.stdout
    )
    assert "E       formula: " in done.stdout
    assert "scalar(result" not in done.stdout  # the traceback ends in the user's test
    assert "InputError: the loss has shape (3,), should be a scalar" in done.stdout


def test_the_plugin_imports_nothing_heavy():
    heavy = {"numpy", "jax", "torch", "scipy", "sqlalchemy", "pandas"}
    code = f"import sys, gradparity.harness.pytest_plugin.plugin; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_entry_point_names_the_plugin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {
        "gradparity": "gradparity.harness.pytest_plugin.plugin"
    }

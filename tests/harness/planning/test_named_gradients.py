"""Several gradients of one problem under names of their own: a row each, in every verb."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

import gradparity as gp
from gradparity.problems import InputError
from gradparity.problems.namespace import NUMPY
from tests import ROOT
from tests.harness.command import gradparity
from tests.harness.files import GOOD

EXAMPLE = ROOT / "examples/huber_in_c.py"
SEVERAL = (
    GOOD
    + """
from dataclasses import replace

def halved(params, data):
    value, slopes = gradient(params, data)
    return value, {"w": slopes["w"] / 2}

NAMED = {"by-hand": gradient, "halved": halved, "absent": "needs a machine of its own"}
PROBLEM = replace(PROBLEM, gradient=NAMED)
"""
)


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(SEVERAL)
    return tmp_path


def test_each_is_checked_and_the_wrong_one_named(mine):
    done = gradparity("check", "mine.py", "--backend", "numpy", "--format", "json", cwd=mine)
    rows = {row["variant"]: row["status"] for row in json.loads(done.stdout)["checks"]}
    assert rows == {"by-hand": "ok", "halved": "formula", "absent": "unsupported"}
    assert done.returncode == 3


def test_each_is_timed_and_the_first_is_what_others_are_held_against(mine):
    text = (mine / "mine.py").read_text().replace('slopes["w"] / 2', '1.0 * slopes["w"]')
    (mine / "mine.py").write_text(text)
    few = ("--processes", 1, "--rounds", 6, "--extra", 0, "--size", "tiny", "--format", "json")
    done = gradparity("run", "mine.py", "--backend", "numpy,tape", *few, cwd=mine)
    rows = {(row["backend"], row["variant"]): row for row in json.loads(done.stdout)["rows"]}
    assert list(rows) == [
        *(("numpy", name) for name in ("by-hand", "halved", "absent")),
        ("tape", "portable"),
    ]
    assert rows["numpy", "by-hand"]["ratio"] == 1
    assert rows["numpy", "halved"]["ratio"] > 0
    assert rows["numpy", "absent"]["status"] == "unsupported"
    assert rows["numpy", "absent"]["reason"] == "needs a machine of its own"
    assert done.returncode == 0


def test_each_has_its_row_in_a_baseline_and_its_verdict_in_a_gate(mine):
    where = ("mine.py", "--backend", "numpy", "--size", "tiny")
    done = gradparity("baseline", "save", "base.json", *where, cwd=mine)
    assert done.returncode == 3
    rows = json.loads((mine / "base.json").read_text())["rows"]
    assert {key.rpartition("numpy ")[2]: row["verdict"] for key, row in rows.items()} == {
        "(by-hand)": "ok",
        "(halved)": "formula",
        "(absent)": "unsupported",
    }
    text = (mine / "mine.py").read_text()
    (mine / "mine.py").write_text(text.replace('"by-hand": gradient', '"by-hand": halved'))
    quick = ("--baseline", "base.json", "--total-seconds", 30, "--format", "json")
    gated = gradparity("gate", *quick, cwd=mine)
    assert gated.returncode == 3
    assert "by-hand" in gated.stdout
    assert json.loads(gated.stdout)


def test_whoever_asks_for_one_gets_the_first(mine):
    done = gradparity("train", "mine.py", "--optimizer", "gd", "--lr", 0.1, cwd=mine)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("gradient", "message"),
    [
        ({}, "gradient is {}, should have a function by its name"),
        ({"portable": abs}, "a gradient is called 'portable', should have letters"),
        ({"two words": abs}, "a gradient is called 'two words', should have letters"),
        ({"c": 3}, "gradient 'c' is a int, should be a function, or why there is none"),
    ],
)
def test_names_that_are_none(gradient, message):
    with pytest.raises(InputError) as told:
        gp.Problem("p", lambda xp, p, d: 0.0, lambda rng: None, {}, "a test", gradient=gradient)
    assert message in str(told.value)
    assert "\n" not in str(told.value)


def test_one_that_raises_is_named(mine):
    text = (mine / "mine.py").read_text().replace('slopes["w"] / 2', "slopes[3]")
    (mine / "mine.py").write_text(text)
    done = gradparity("check", "mine.py", "--backend", "numpy", cwd=mine)
    assert "mine.py: mine: the gradient 'halved' raises KeyError: 3" in done.stderr


@pytest.mark.skipif(shutil.which("cc") is None and shutil.which("gcc") is None, reason="no C here")
def test_the_example_in_c(tmp_path):
    done = gradparity("check", EXAMPLE, "--backend", "numpy", "--format", "json", cwd=tmp_path)
    rows = {row["variant"]: row for row in json.loads(done.stdout)["checks"]}
    assert rows["numpy"]["status"] == rows["c"]["status"] == "ok"
    assert rows["numba"]["status"] in ("ok", "unsupported")
    if rows["numba"]["status"] == "unsupported":
        assert rows["numba"]["finding"] == "needs numba: pip install numba"
    assert done.returncode == 0


@pytest.mark.skipif(shutil.which("cc") is None and shutil.which("gcc") is None, reason="no C here")
def test_the_example_in_c_leaves_its_process_the_smallest_numbers(tmp_path):
    loaded = "import huber_in_c; huber_in_c.in_c(); print(5e-324 > 0, 0.5 * 4.4e-308 > 0)"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=EXAMPLE.parent, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_the_examples_loss_is_what_its_page_says():
    X, y, w = np.eye(2), np.array([0.5, -3.0]), np.zeros(2)
    from gradparity.problems.python_file import import_file

    loss = import_file(str(EXAMPLE)).loss
    # residuals -1/2 and 3: (1/8 + 5/2)/2
    assert loss(NUMPY, {"w": w}, {"X": X, "y": y}) == 21 / 16

"""What the options of `gradparity check` do, from the command line to the exit code."""

import json

import pytest

from tests.harness.checking.test_check_command import gradparity

FILE = """
import numpy as np
from gradparity import Instance, Problem

def loss(xp, p, d):
    return xp.sum((d["x"] @ p["w"]) ** 2)

def draw(rng):
    return Instance({{"w": rng.normal(size=3)}}, {{"x": rng.normal(size=(4, 3))}})

def gradient(p, d):
    r = d["x"] @ p["w"]
    return r @ r, {{"w": {slope}}}

PROBLEM = Problem("mine", loss, draw, {{"tiny": {{}}}}, "a test", gradient=gradient)
"""
RIGHT = "2 * d['x'].T @ r"
OFF = f"({RIGHT}) * (1 + 1e-7)"
# 1e7 added and taken away: right, and as many digits are lost in either precision.
COARSE = f"(({RIGHT}) + r.dtype.type(1e7)) - r.dtype.type(1e7)"


def checked(folder, slope, *options):
    (folder / "mine.py").write_text(FILE.format(slope=slope))
    done = gradparity("check", "mine.py", "--backend", "numpy", "-f", "json", *options, cwd=folder)
    (found,) = json.loads(done.stdout)["checks"]
    return done.returncode, found


def test_strict_fails_what_passes_with_a_remark(tmp_path):
    code, found = checked(tmp_path, COARSE)
    assert (code, found["status"]) == (0, "unstable")
    code, found = checked(tmp_path, COARSE, "--strict")
    assert (code, found["status"]) == (3, "unstable")
    assert checked(tmp_path, RIGHT, "--strict")[0] == 0


def test_accuracy_passes_what_is_off_by_less_and_nothing_else(tmp_path):
    code, found = checked(tmp_path, OFF)
    assert (code, found["status"]) == (3, "formula")
    code, found = checked(tmp_path, OFF, "--accuracy", "1e-6")
    assert (code, found["status"]) == (0, "inaccurate")
    assert "asked 1e-06" in found["finding"]
    assert checked(tmp_path, OFF, "--accuracy", "1e-8")[0] == 3
    done = gradparity("check", "mine.py", "--accuracy", "2", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "accuracy is 2, should be between 0 and 1" in done.stderr


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_dtype_judges_in_one(tmp_path, dtype):
    code, found = checked(tmp_path, RIGHT, "--dtype", dtype)
    assert (code, found["status"]) == (0, "ok")
    assert [found["u64"] is None, found["u32"] is None] == [dtype != "float64", dtype != "float32"]
    assert checked(tmp_path, f"1.5 * ({RIGHT})", "--dtype", dtype)[0] == 3


def test_no_seconds_is_a_verdict_without_a_search(tmp_path):
    strange = f"({RIGHT}) * np.array([1, 1.37, 1], r.dtype) + np.array([0, 0, 0.3], r.dtype)"
    code, found = checked(tmp_path, strange, "--seconds", "0")
    assert (code, found["status"]) == (3, "formula")
    assert "given up" in found["why"]
    done = gradparity("check", "mine.py", "--seconds", "-1", cwd=tmp_path)
    assert done.returncode == 2

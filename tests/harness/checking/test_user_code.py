"""What a user's code may do while `gradparity check` calls it: end, crash, hang, print."""

import ast
import json

import pytest

from tests.harness.checking.test_check_command import gradparity

FILE = """
import ctypes, os, sys, time
import numpy as np
from gradparity import Instance, Problem

def loss(xp, p, d):
    print("said by the loss")
    return xp.sum((d["x"] @ p["w"]) ** 2)

def draw(rng):
    return Instance({{"w": rng.normal(size=3)}}, {{"x": rng.normal(size=(4, 3))}})

def gradient(p, d):
    {does}
    print("said by the gradient")
    os.write(1, b"written by the gradient")
    r = d["x"] @ p["w"]
    return r @ r, {{"w": 2 * d["x"].T @ r}}

print("said by the file")
PROBLEM = Problem("mine", loss, draw, {{"tiny": {{}}}}, "a test", gradient=gradient)
"""


def patience(does):
    """Seconds of `--timeout`: only what never ends is given up, and another answers in that time."""
    return 10 if "sleep" in does else 300


ENDINGS = {
    "sys.exit(0)": "SystemExit: 0",
    "os._exit(0)": "crashed: exit code 0",
    "ctypes.string_at(0)": "crashed: signal 11",
    "time.sleep(1000)": "timeout after 10 s",
}


def asked(verb, does, folder):
    """What a verb says, in JSON, of a file whose gradient by hand does this."""
    (folder / "mine.py").write_text(FILE.format(does=does))
    options = ["--backend", "numpy,tape", "--timeout", patience(does), "-f", "json"]
    return gradparity(verb, "mine.py", *options, cwd=folder)


@pytest.mark.parametrize("does", ENDINGS)
def test_a_gradient_that_ends_or_never_ends_is_an_error_row(does, tmp_path):
    done = asked("check", does, tmp_path)
    assert done.returncode == 4
    by_hand, tape = json.loads(done.stdout)["checks"]
    assert (by_hand["status"], by_hand["finding"]) == ("error", ENDINGS[does])
    assert tape["status"] == "ok"


@pytest.mark.parametrize("does", ENDINGS)
def test_gradients_lists_it_beside_those_that_answer(does, tmp_path):
    done = asked("gradients", does, tmp_path)
    assert done.returncode == 4
    (found,) = json.loads(done.stdout)
    assert found["missing"] == {"numpy": ENDINGS[does]}
    assert {row["backend"] for row in found["arrays"]} == {"tape"}


LOSSES = {
    "sys.exit(0)": (4, "mine.py: SystemExit: 0"),
    "raise ValueError('no')": (2, "gradparity: ValueError: no"),
    "os._exit(0)": (4, "mine.py: crashed: exit code 0"),
    "ctypes.string_at(0)": (4, "mine.py: crashed: signal 11"),
    "time.sleep(1000)": (4, "mine.py: timeout after 10 s"),
}


@pytest.mark.parametrize("does", LOSSES)
def test_derive_of_a_loss_that_ends_or_never_ends(does, tmp_path):
    text = FILE.format(does="pass").replace('print("said by the loss")', does)
    (tmp_path / "mine.py").write_text(text)
    done = gradparity("derive", "mine.py", "--timeout", patience(does), cwd=tmp_path)
    code, told = LOSSES[does]
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.splitlines()[-1] == told


@pytest.mark.parametrize("does", ["os._exit(0)", "time.sleep(1000)"])
def test_a_file_that_ends_or_never_ends_on_import(does, tmp_path):
    (tmp_path / "mine.py").write_text(f"import os, time\n{does}\n")
    done = gradparity("check", "mine.py", "--timeout", patience(does), cwd=tmp_path)
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1].startswith("gradparity: mine.py: ")
    assert done.stdout == ""


TWO = """
import numpy as np
from gradparity import Instance, Problem

def loss(xp, p, d):
    return xp.sum(p[NAME] ** 2)

def draw(rng):
    return Instance({{NAME: rng.normal(size=3)}}, {{}})

def gradient(p, d):
    return (p[NAME] ** 2).sum(), {{NAME: 2 * p[NAME]}}

def broken(p, d):
    return 1 / 0, {{}}

NAME = {name!r}
RIGHT = Problem("right", loss, draw, {{"tiny": {{}}}}, "a test", gradient=gradient)
WRONG = Problem("wrong", loss, draw, {{"tiny": {{}}}}, "a test", gradient={second})
"""

VERBS = {
    "check": ("-f", "json"),
    "run": ("-f", "json", "--rounds", 1, "--processes", 1),
    "train": ("-f", "json", "--optimizer", "gd", "--steps", 3),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_gradient_that_raises_costs_its_problem_alone(verb, tmp_path):
    (tmp_path / "mine.py").write_text(TWO.format(name="w", second="broken"))
    (tmp_path / "ends.py").write_text("import os\nos._exit(0)\n")
    done = gradparity(verb, "mine.py", "ends.py", "--backend", "numpy", *VERBS[verb], cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    lists = [x for x in json.loads(done.stdout).values() if isinstance(x, list)]
    rows = next(x for x in lists if x and "problem" in x[0] and "status" in x[0])
    found = {row["problem"]: row for row in rows}
    assert found["right"]["status"] in ("ok", "budget")
    assert found["wrong"]["status"] == "error"
    told = "mine.py: wrong: the gradient raises ZeroDivisionError: division by zero"
    assert told in (found["wrong"].get("reason"), found["wrong"].get("finding"))
    assert "gradparity: ends.py: crashed: exit code 0; it is left out" in done.stderr


@pytest.mark.parametrize("name", ["w\0", "\0", "a\nb", "a\x1b[31m", "\\u0000", "d_\t"])
def test_a_name_of_control_characters_has_its_row(name, tmp_path):
    (tmp_path / "mine.py").write_text(TWO.format(name=name, second="gradient"))
    ask = ("gradients", "mine.py", "--backend", "numpy,tape", "-f")
    done = gradparity(*ask, "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for one in json.loads(done.stdout):
        rows = {(row["name"], row["backend"]) for row in one["arrays"] if row["name"]}
        assert rows == {(name, "numpy"), (name, "tape")}
        assert name in {pair["array"] for pair in one["pairs"]}


def test_what_is_printed_goes_to_standard_error(tmp_path):
    (tmp_path / "mine.py").write_text(FILE.format(does="pass"))
    done = gradparity("check", "mine.py", "--backend", "numpy,tape", "-f", "json", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["summary"] == {"checked": 2, "ok": 2}
    for who in ("said by the file", "said by the gradient", "written by", "said by the loss"):
        assert who in done.stderr
    side_by_side = gradparity(
        "gradients", "mine.py", "--backend", "tape", "-f", "json", cwd=tmp_path
    )
    assert json.loads(side_by_side.stdout)
    derived = gradparity("derive", "mine.py", cwd=tmp_path)
    ast.parse(derived.stdout)
    assert "said by" not in derived.stdout


def test_a_gradient_that_knows_float64_alone(tmp_path):
    refuses = 'assert p["w"].dtype == np.float64, "argument 1: expected double *"'
    (tmp_path / "mine.py").write_text(FILE.format(does=refuses))
    ask = ("check", "mine.py", "--backend", "numpy", "-f", "json")
    done = gradparity(*ask, cwd=tmp_path)
    (found,) = json.loads(done.stdout)["checks"]
    assert done.returncode == 0
    assert (found["status"], found["u32"]) == ("ok", None)
    assert "judged in float64 alone: in float32, " in found["finding"]
    assert "expected double *" in found["finding"]
    (alone,) = json.loads(gradparity(*ask, "--dtype", "float64", cwd=tmp_path).stdout)["checks"]
    assert (alone["u64"], alone["u32"], alone["finding"]) == (found["u64"], None, "")
    # Wrong by 1e-12: seen in float64 alone.
    text = FILE.format(does=refuses).replace("2 * d", "(2 + 2e-12) * d")
    (tmp_path / "mine.py").write_text(text)
    assert gradparity(*ask, cwd=tmp_path).returncode == 3


def test_dtype(tmp_path):
    (narrow,) = json.loads(
        gradparity(
            "check", "booth", "--backend", "numpy", "--dtype", "float32", "-f", "json"
        ).stdout
    )["checks"]
    assert narrow["u64"] is None
    assert narrow["u32"] < narrow["bound"]
    wrong = gradparity("check", "booth", "--dtype", "float31")
    assert wrong.returncode == 2
    assert "did you mean 'float32'" in wrong.stderr


def test_a_numpy_scalar_in_a_loss_is_named_and_a_float_mends_it(tmp_path):
    text = FILE.format(does="pass").replace("return xp.sum", "return SCALE * xp.sum")
    ask = ("check", "mine.py", "--backend", "autograd", "-f", "json")
    (tmp_path / "mine.py").write_text(
        text.replace("import os", "import os", 1) + "SCALE = np.float64(0.3)\n"
    )
    (found,) = json.loads(gradparity(*ask, cwd=tmp_path).stdout)["checks"]
    assert found["status"] == "ok"
    assert "a NumPy scalar or float64 array in it makes it so; write float(...)" in found["finding"]
    (tmp_path / "mine.py").write_text(text + "SCALE = float(np.float64(0.3))\n")
    (found,) = json.loads(gradparity(*ask, cwd=tmp_path).stdout)["checks"]
    assert (found["status"], found["finding"]) == ("ok", "")
    assert found["u32"] is not None

"""What a message tells a user to type works: each is provoked, read, followed, and then all is well."""

import re
import shlex

import pytest

from gradparity.backends.catalogue import load
from gradparity.problems.catalogue import PROBLEMS
from tests.harness.terminal.inside import gradparity

LOSS = """
import math
import numpy as np
import gradparity as gp

def loss(xp, params, data):
    x = params["x"]
    return {result}

def draw(rng):
    return gp.Instance({{"x": rng.uniform(1.0, 2.0, 3)}}, {{}})

{last}
"""
SUM = "xp.sum(x * x)"
NAMED = 'PROBLEM = gp.Problem("mine", loss, draw, {"tiny": {}}, "a test")'


@pytest.fixture
def typed(tmp_path):
    """typed(line): (exit code, everything printed) of a command in a folder of this test's own."""

    def run(line):
        words = shlex.split(line)
        assert words[0] == "gradparity"
        ended = gradparity(*words[1:], cwd=tmp_path)
        return ended.code, ended.err + ended.out

    return run


FAST = "--backend tape --size tiny --rounds 2 --processes 1"
COMMANDS = {
    "another name": (
        "gradparity check booht --backend tape",
        r"did you mean '(\w+)'",
        "gradparity check {} --backend tape",
    ),
    "another backend": (
        "gradparity check booth --backend tpae",
        r"did you mean '(\w+)'",
        "gradparity check booth --backend {}",
    ),
    "another verb": (
        "gradparity chekc booth --backend tape",
        r"Did you mean '(\w+)'",
        "gradparity {} booth --backend tape",
    ),
    "another optimiser": (
        "gradparity train booth --optimizer adm --steps 2",
        r"did you mean '(\w+)'",
        "gradparity train booth --optimizer {} --steps 2",
    ),
    "the list": ("gradparity train", r"`(gradparity list)` has them", "{}"),
    "a store that is missing": (
        "gradparity show",
        r"`(gradparity run)` makes one",
        "{} booth " + FAST,
    ),
    "a folder as store": (
        "gradparity run booth --store . " + FAST,
        r"such as (\S+)",
        "gradparity run booth --store {} " + FAST,
    ),
    "a space without trials": (
        "gradparity train booth --steps 2 --optimizer gd --space lr=1e-4:1e-2:log",
        r"(--tune \d+)",
        "gradparity train booth --steps 2 --optimizer gd --space lr=1e-4:1e-2:log {}",
    ),
    "trials without a space": (
        "gradparity train booth --steps 2 --optimizer gd --tune 2 --space ' '",
        r"give (--space \S+)",
        "gradparity train booth --steps 2 --optimizer gd --tune 2 {}",
    ),
    "an operator": (
        "gradparity gradients booth --backend tape --operator value",
        r"use (--operator \w+)",
        "gradparity gradients booth --backend tape {}",
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command(name, typed):
    wrong, pattern, right = COMMANDS[name]
    code, told = typed(wrong)
    assert code != 0, told
    found = re.search(pattern, told)
    assert found, told
    code, told = typed(right.format(found[1]))
    assert code == 0, told


def test_another_kind_of_run_is_resumed_by_the_line_that_is_told(typed):
    code, told = typed("gradparity run booth " + FAST)
    assert code == 0
    run = re.search(r"^run +(\S+)", told, re.MULTILINE)[1].rstrip(":")
    code, told = typed(f"gradparity train --resume {run}")
    assert code == 2
    code, told = typed(re.search(r"type: (gradparity .*)", told)[1])
    assert code == 0, told


def test_a_wrong_gradient_is_shown_again_by_its_command(typed, tmp_path):
    wrong = NAMED.replace(
        ', "a test")', ', "a test", gradient=lambda p, d: (np.sum(p["x"] ** 2), {"x": 3 * p["x"]}))'
    )
    (tmp_path / "mine.py").write_text(LOSS.format(result=SUM, last=wrong))
    code, told = typed("gradparity check mine.py --backend numpy")
    assert code == 3
    headline = re.search(r"x\[\d\].*formula", told)[0]
    code, again = typed(re.search(r"^ *(gradparity check .*)$", told, re.MULTILINE)[1])
    assert code == 3
    assert headline in again


LOSSES = {
    "no scalar": ("x * x", r"(sum) or average it", "xp.sum(x * x)"),
    "NumPy's function": ("xp.sum(np.exp(x))", r"write (xp\.exp)", "xp.sum(xp.exp(x))"),
    "math's function": ("math.exp(x[0])", r"write (xp\.exp)", "xp.exp(x[0])"),
    "a branch": (
        "xp.sum(x if x > 0 else -x)",
        r"write (xp\.where)",
        "xp.sum(xp.where(x > 0, x, -x))",
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss(name, typed, tmp_path):
    wrong, pattern, right = LOSSES[name]
    file = tmp_path / "mine.py"
    file.write_text(LOSS.format(result=wrong, last=NAMED))
    code, told = typed("gradparity check mine.py --backend tape")
    assert code != 0
    advised = re.search(pattern, told)
    assert advised, told
    assert advised[1] in right
    file.write_text(LOSS.format(result=right, last=NAMED))
    code, told = typed("gradparity check mine.py --backend tape")
    assert code == 0, told


def test_a_problem_without_a_name_is_given_one(typed, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        LOSS.format(result=SUM, last="def make():\n    return " + NAMED.partition("= ")[2])
    )
    code, told = typed("gradparity check mine.py --backend tape")
    assert code == 2
    assert "at the top level, PROBLEM = Problem(...)" in told
    file.write_text(file.read_text() + "\nPROBLEM = make()\n")
    assert typed("gradparity check mine.py --backend tape")[0] == 0


def test_a_problem_is_given_the_gradient_that_is_asked_for(typed, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(LOSS.format(result=SUM, last=NAMED))
    code, told = typed("gradparity check mine.py --backend numpy")
    assert code != 0
    assert "give the Problem a `gradient`" in told
    file.write_text(
        file.read_text().replace(
            ', "a test")',
            ', "a test", gradient=lambda p, d: (np.sum(p["x"] ** 2), {"x": 2 * p["x"]}))',
        )
    )
    assert typed("gradparity check mine.py --backend numpy")[0] == 0


def test_nobody_is_told_to_write_into_the_package():
    """Where numpy has no derivation, the tape has one, and that is what is said."""
    numpy, tape = load("numpy"), load("tape")
    for problem in PROBLEMS.values():
        for operator in ("value", "gradient", "jvp", "hvp", "hessian", "jacobian"):
            why = numpy.unsupported(problem, operator)
            if why is not None and "residuals" not in why:
                assert ".py" not in why
                assert "--backend tape" in why
                assert tape.unsupported(problem, operator) is None
    assert numpy.unsupported(_underived(), "gradient").endswith(
        "give the Problem a `gradient`, or try --backend tape"
    )


def _underived():
    from dataclasses import replace

    return replace(
        PROBLEMS["booth"], name="underived", loss=lambda xp, params, data: xp.sum(params["x"])
    )

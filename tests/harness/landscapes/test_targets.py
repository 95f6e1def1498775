"""What a target names, and what is said of one that names nothing."""

import re

import numpy as np
import pytest

from gradparity.harness.landscapes.targets import found, view_of
from gradparity.problems import InputError

FILE = """
import math
import numpy as np
import gradparity as gp

def bowl(x, y):
    return x**2 + 3 * y**2

def valley(u=-1.2, v=1.0):
    return (1 - u) ** 2 + 100 * (v - u**2) ** 2

def _hidden(x, y):
    return x

def of_one(x):
    return x
"""
PROBLEM = """
PROBLEM = gp.Problem("cup", lambda xp, params, data: xp.sum(params["w"] ** 2),
                     lambda rng: gp.Instance({"w": np.array([3.0, 4.0, 5.0])}, {}), {"tiny": {}}, "")
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return str(path)


def test_a_function_by_its_name(file):
    problem, where = found(f"{file}::valley")
    assert (problem.name, where) == ("valley", file)
    start = problem.instance("tiny", 0).params
    assert (float(start["u"]), float(start["v"])) == (-1.2, 1.0)


def test_a_problem_comes_before_functions(file):
    with open(file, "a") as end:
        end.write(PROBLEM)
    for name in (file, f"{file}::PROBLEM", f"{file}::cup"):
        assert found(name)[0].name == "cup"


@pytest.mark.parametrize(
    ("name", "told"),
    [("", "several losses; say which"), ("::bowls", "did you mean 'bowl'?"), ("::of_one", "unknown loss of"),
     ("::_hidden", "unknown loss of")],
)  # fmt: skip
def test_what_there_is_not(file, name, told):
    with pytest.raises(InputError, match=re.escape(told)):
        found(file + name)


def test_a_name_that_is_none(tmp_path):
    with pytest.raises(InputError, match="did you mean 'rosenbrock'"):
        found("rosenbrok")
    empty = tmp_path / "empty.py"
    empty.write_text("import numpy as np\nfrom math import hypot\n")
    with pytest.raises(InputError, match=re.escape("no Problem and no function f(x, y) in it")):
        found(str(empty))


@pytest.mark.parametrize(
    ("name", "controls"),
    [("price-linear", {"x0", "rate"}), ("rosenbrock", {"x0", "y0", "noise"}), ("mlp-digits", {"directions", "whole", "trained"})],
)  # fmt: skip
def test_the_number_of_parameters_makes_the_view(name, controls):
    assert controls <= {control.name for control in view_of(name).controls}


def test_a_size_that_it_does_not_have():
    with pytest.raises(InputError, match="rosenbrock has no size 'huge'"):
        view_of("rosenbrock", "huge")
    assert (
        view_of("rosenbrock", "small")
        .frame({"steps": 1, "trained": 0})
        .sentence.startswith("2 of 100 directions")
    )
    assert np.isfinite(view_of("booth").frame({"steps": 1}).answer[1])

"""FILE::NAME, one of several problems of a file, in every verb; PROBLEMS = [...], several at once."""

import json

import numpy as np
import pytest

from gradparity.harness.planning.lookup import in_file, load_file
from gradparity.problems import InputError
from tests.harness.command import gradparity

FILE = '''
import numpy as np
from gradparity import Instance, Problem


def bowl(name, power):
    """sum |w|^power at w = 3, 4: its value is known."""

    def loss(xp, params, data):
        return xp.sum(params["w"] ** power)

    def draw(rng):
        return Instance({"w": np.array([3.0, 4.0])}, {})

    return Problem(name, loss, draw, {"tiny": {}}, "made by a function")


PROBLEMS = [bowl("square", 2), bowl("cube", 3)]
FOURTH = bowl("fourth", 4)
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return str(path)


def test_a_list_has_several_problems(file):
    assert list(load_file(file)) == ["fourth", "square", "cube"]
    assert [p.name for p in in_file(file)] == ["fourth", "square", "cube"]
    for name in ("fourth", "FOURTH"):
        assert [p.name for p in in_file(f"{file}::{name}")] == ["fourth"]
    (cube,) = in_file(f"{file}::cube")
    instance = cube.instance("tiny", 0)
    assert cube.loss(np, instance.params, {}) == 27 + 64


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("PROBLEMS.append(bowl('cube', 5))", "PROBLEMS[1] and PROBLEMS[2] are two problems called 'cube'"),
        ("CUBE = bowl('cube', 5)", "CUBE and PROBLEMS[1] are two problems called 'cube'"),
        ("PROBLEMS.append(bowl)", "PROBLEMS[2] is a function, should be a Problem"),
        ("PROBLEMS = {'a': 1}", "PROBLEMS is a dict, should be a list"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_apart_is_one_line(file, added, told):
    with open(file, "a") as end:
        end.write(added + "\n")
    with pytest.raises(InputError) as caught:
        load_file(file)
    assert told in str(caught.value)
    assert str(caught.value).startswith(file)
    assert "\n" not in str(caught.value)


def test_a_problem_that_is_listed_and_named_is_one(file):
    with open(file, "a") as end:
        end.write("CUBE = PROBLEMS[1]\n")
    assert sorted(load_file(file)) == ["cube", "fourth", "square"]


def test_check_judges_the_one_that_is_named(file, tmp_path):
    found = gradparity("check", f"{file}::cube", "--backend", "tape", "-f", "json", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert {row["problem"] for row in json.loads(found.stdout)["checks"]} == {"cube"}


@pytest.mark.parametrize(
    ("verb", "told"),
    [(("derive",), "several problems; say which"), (("optimize",), "several problems; say which")],
)
def test_a_verb_for_one_problem_says_how_to_name_it(file, tmp_path, verb, told):
    found = gradparity(*verb, file, cwd=tmp_path)
    assert found.returncode == 2
    assert f"{told}, {file}::fourth: fourth, square, cube" in " ".join(found.stderr.split())


def test_derive_takes_one(file, tmp_path):
    found = gradparity("derive", f"{file}::cube", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "cube, tiny: value and gradient" in found.stdout


OTHERS = [
    pytest.param(x, marks=pytest.mark.slow) for x in ("run", "train", "gradients", "optimize")
]


@pytest.mark.parametrize("verb", ["check", "derive", *OTHERS])
def test_an_unknown_name_is_one_line(file, tmp_path, verb):
    found = gradparity(verb, f"{file}::cub", cwd=tmp_path)
    assert found.returncode == 2
    assert "did you mean 'cube'?" in " ".join(found.stderr.split())
    assert "Traceback" not in found.stderr

"""`pip install gradparity` and no extra: what works, and what names the line to type."""

import json
import re
import subprocess
import tomllib

import pytest

from gradparity.problems.extras import EXTRAS
from tests import ROOT
from tests.harness.files import GOOD

QUICK = ("--processes", "1", "--rounds", "2", "--extra", "0")


@pytest.fixture(scope="module")
def folder(core, tmp_path_factory):
    """A stranger's folder with a loss, and a stored run of it."""
    made = tmp_path_factory.mktemp("stranger")
    (made / "mine.py").write_text(GOOD)
    done = core.run("gradparity", "run", "mine.py", "--size", "tiny", *QUICK, cwd=made)
    assert done.returncode == 0, done.stderr
    plain = "no picture matplotlib is not installed; type: pip install 'gradparity[plots]'"
    assert plain in done.stdout
    assert " --reference tape\n" in done.stdout  # not torch, which is not there
    return made


@pytest.mark.parametrize(
    "command",
    [
        "--version",
        "list",
        "check mine.py",
        "check rosenbrock",
        "gradients mine.py",
        "derive mine.py",
        "derive rosenbrock",
        "show",
        "show --all",
        "export --format csv",
        "export --format junit",
        "train rosenbrock --steps 20 --store race.db",
        "optimize price-linear --help",
        "doctor --seconds 0.1",
        "conventions --only relu",
        "baseline save base.json mine.py --size tiny",
    ],
)
def test_a_verb_works(core, folder, command):
    done = core.run("gradparity", *command.split(), cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_gate_works(core, folder, tmp_path):
    (tmp_path / "mine.py").write_text(GOOD)
    for line in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm one"):
        subprocess.run(["git", *line.split()], cwd=tmp_path, check=True)
    done = core.run(
        "gradparity", "gate", "mine.py", "--size", "tiny", "--against", "HEAD", "--seconds", "2",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("check softmax-digits", "data"),
        ("check rosenbrock --backend jax", "jax"),
        ("check rosenbrock --backend torch", "torch"),
        ("check rosenbrock --backend torch-compile", "torch"),
        ("check rosenbrock --backend autograd", "autograd"),
        ("check rosenbrock --backend arb", "arb"),
        ("export --format parquet", "parquet"),
        ("optimize price-linear", "scipy"),
        ("train rosenbrock --steps 9 --plots pictures", "plots"),
        ("train rosenbrock --steps 9 --seeds 2 --cluster local --store jobs.db", "cluster"),
        ("train rosenbrock --steps 9 --optimizer cma-es --store cma.db", "cma"),
        ("train rosenbrock --steps 9 --optimizer nelder-mead --store yard.db", "scipy"),
        ("train rosenbrock --steps 9 --optimizer bfgs,lbfgs --store both.db", "scipy"),
    ],
)
def test_what_is_missing_is_named_with_the_line_to_type(core, folder, command, extra):
    done = core.run("gradparity", *command.split(), cwd=folder)
    assert f"pip install 'gradparity[{extra}]'" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2, 4)


def test_the_list_shows_the_whole_line(core, folder):
    shown = core.run("gradparity", "list", cwd=folder).stdout
    for extra in ("jax", "torch", "autograd", "arb"):
        assert f"pip install 'gradparity[{extra}]'" in shown


def test_check_of_a_numpy_loss(core, folder):
    code = """
import numpy as np
import gradparity as gp
print(gp.check(lambda w: np.sum(w**3), np.ones(3), gradient=lambda w: 3 * w * w).status)
try:
    gp.check(lambda w: np.sum(w**3), np.ones(3), gradient=lambda w: 2 * w * w)
except gp.GradientError as error:
    print(error)
try:
    gp.run("mine.py", sizes=["tiny"], processes=1, rounds=2).frame
except gp.InputError as error:
    print(error)
"""
    done = core.run("python", "-c", code, cwd=folder)
    first, *_, last = done.stdout.splitlines()
    assert first == "ok"
    assert "gradient is wrong at params[0]: 2, should be 3" in done.stdout
    assert last == "pandas is not installed; type: pip install 'gradparity[pandas]'", done.stderr


def test_every_extra_is_named_and_every_name_an_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(EXTRAS.values()) | {"all"} == set(extras)
    (everything,) = extras["all"]
    assert set(re.findall(r"\w+", everything)[1:]) == set(extras) - {"all"}


def test_the_core_is_small(core, folder):
    code = "import json; from importlib.metadata import distributions as d; print(json.dumps([x.name for x in d()]))"
    found = set(json.loads(core.run("python", "-c", code, cwd=folder).stdout))
    assert (
        found & {"torch", "jax", "scipy", "pandas", "matplotlib", "pytest", "scikit-learn"} == set()
    )
    assert len(found) <= 20

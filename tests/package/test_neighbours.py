"""What may stand beside a user's file, times the ways of starting: with the wheel, elsewhere.

`pytest tests/package/test_neighbours.py -v` prints the table, a line for each cell.
"""

import re
import subprocess

import pytest

from tests import ROOT

LOSS = """
import numpy as np
import gradparity as gp
{top}

def loss(xp, params, data):
    {inside}
    return xp.sum({value}(params["w"]))

def gradient(params, data):
    {inside}
    return np.sum({value}(params["w"])), {{"w": 0.375 * np.ones_like(params["w"])}}

def draw(rng):
    return gp.Instance({{"w": rng.normal(size=3)}}, {{}})

PROBLEM = gp.Problem("mine", loss, draw, {{"tiny": {{}}}}, "a test", gradient=gradient)
"""

HALF = "def scaled(w):\n    return 0.375 * w\n"

NEIGHBOURS = {
    # name: (the file with the loss, its import, where its neighbour lies)
    "import helper": ("mine.py", "from helper import scaled", "helper.py"),
    "from .helper import f": ("pkg/mine.py", "from .helper import scaled", "pkg/helper.py"),
    "import pkg.helper": ("pkg/mine.py", "from pkg.helper import scaled", "pkg/helper.py"),
    "problems.py": ("mine.py", "from problems import scaled", "problems.py"),
    "results/": ("mine.py", "from results.numbers import scaled", "results/numbers.py"),
    "harness/__init__.py": ("mine.py", "from harness import scaled", "harness/__init__.py"),
    "backends/model.py": ("mine.py", "from backends.model import scaled", "backends/model.py"),
    "rich.py": ("mine.py", "from rich import scaled", "rich.py"),
}
LATE = {
    "import helper, late": ("mine.py", "import helper", "helper.py", "helper.scaled"),
    "import rich, late": ("mine.py", "import rich", "rich.py", "rich.scaled"),
    "import pkg.helper, late": (
        "pkg/mine.py",
        "import pkg.helper",
        "pkg/helper.py",
        "pkg.helper.scaled",
    ),
}
"""Imported when the loss is called; the last is what the loss calls."""


@pytest.fixture(params=[*NEIGHBOURS, *LATE])
def project(request, tmp_path):
    """(folder, the file with the loss, its imports above and inside, f) of a stranger's project."""
    if request.param in NEIGHBOURS:
        file, line, neighbour = NEIGHBOURS[request.param]
        top, inside, value = line, "pass", "scaled"
    else:
        file, line, neighbour, value = LATE[request.param]
        top, inside = "", line
    for name in (file, neighbour):
        (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / neighbour).write_text(HALF)
    if file.startswith("pkg/"):
        (tmp_path / "pkg" / "__init__.py").touch()
    (tmp_path / file).write_text(LOSS.format(top=top, inside=inside, value=value))
    return tmp_path, file, (top, inside, value)


def right(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def called(imports, way):
    """A script of the user's, which imports as `mine.py` does and checks the loss."""
    top, inside, value = imports
    return f"""
import numpy as np
import gradparity as gp
{top.replace("from .", "from pkg.")}

def loss(w):
    {inside}
    return np.sum({value}(w))

{way}
"""


CHECKED = "print(gp.check(loss, np.ones(3), gradient=lambda w: 0.375 * np.ones(3)).status)"


@pytest.mark.parametrize(
    "command",
    [
        ("gradparity", "check", "{}"),
        ("python", "-m", "gradparity", "check", "{}"),
        ("gradparity", "run", "{}", "--processes", "1", "--rounds", "2", "--extra", "0"),
    ],
    ids=["gradparity check", "python -m gradparity check", "gradparity run"],
)
def test_the_command(tested, project, command):
    folder, file, _ = project
    told = right(
        tested.run(*(x.format(file) for x in command), "--backend", "numpy,tape", cwd=folder)
    )
    assert "mine" in told


def test_a_script(tested, project):
    folder, _, imports = project
    (folder / "script.py").write_text(called(imports, CHECKED))
    assert right(tested.run("python", "script.py", cwd=folder)) == "ok\n"


def test_a_notebook(tested, project):
    folder, _, imports = project
    assert right(tested.run("python", "-", cwd=folder, stdin=called(imports, CHECKED))) == "ok\n"


@pytest.mark.parametrize("command", [("pytest",), ("python", "-m", "pytest")], ids=" ".join)
def test_a_test(tested, project, command):
    folder, file, imports = project
    test = folder / file.replace("mine", "test_mine")
    way = f"def test_mine(gradparity):\n    gradparity.{CHECKED[9:-8]}"
    test.write_text(called(imports, way))
    assert "1 passed" in right(tested.run(*command, "-q", test, cwd=folder))


BACKEND = """
from gradparity.backends import LibraryBackend
from {module} import prepare

BACKEND = LibraryBackend("mine", "numpy", prepare)
"""


@pytest.mark.parametrize("module", ["backends.model", "problems", "rich"])
def test_a_backend_of_ones_own(tested, tmp_path, module):
    """Ours of the examples, with its `prepare` beside the file."""
    (tmp_path / "my_backend.py").write_text(BACKEND.format(module=module))
    neighbour = tmp_path / f"{module.replace('.', '/')}.py"
    neighbour.parent.mkdir(exist_ok=True)
    neighbour.write_text((ROOT / "examples" / "my_backend.py").read_text())
    quick = ("--size", "tiny", "--processes", "1", "--rounds", "2", "--extra", "0")
    command = ("gradparity", "run", "booth", "--backend", "my_backend.py,numpy", *quick)
    assert re.search(r"booth +tiny +mine .* ok", right(tested.run(*command, cwd=tmp_path)))


def test_the_gate_takes_the_neighbours_of_each_side(tested, tmp_path):
    """Base is wrong with its `problems.py`, head right with its own."""

    def git(*words):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    text = LOSS.format(top="from problems import scaled", inside="pass", value="scaled")
    (tmp_path / "mine.py").write_text(text)
    (tmp_path / "problems.py").write_text(HALF.replace("0.375", "0.75"))
    for words in (("init",), ("add", "."), ("commit", "-m", "wrong")):
        git(*words)
    (tmp_path / "problems.py").write_text(HALF)
    command = ("gradparity", "gate", "mine.py", "--backend", "numpy", "--against", "HEAD")
    told = right(tested.run(*command, cwd=tmp_path))
    assert re.search(r"HEAD \(\w+\) answers otherwise: value: (\S+), should be (\S+) ", told)
    assert "1 row against HEAD" in told
    assert told.rstrip().endswith(": 1 new")

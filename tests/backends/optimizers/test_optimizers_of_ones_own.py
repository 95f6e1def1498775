"""An optimiser of one's own: a file, the laws that it is held to, and the laws of our own."""

import csv
import io
import os
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from gradparity.backends.optimizers.catalogue import OPTIMIZERS, called, find, names, start_search
from gradparity.backends.optimizers.contract.laws import broken_law
from gradparity.backends.optimizers.contract.optimizer import Optimizer, Stalled
from gradparity.backends.optimizers.training import Training, start_update
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.problems import InputError
from tests import PATIENCE_S, ROOT

EXAMPLE = str(ROOT / "examples" / "my_optimizer.py")

FILE = """
import numpy as np
from gradparity.backends.optimizers.contract.optimizer import Optimizer, Stalled

{start}

OPTIMIZER = Optimizer("mine", {kind!r}, start, {needs!r}, {rate!r}, "")
"""
UPDATE = """
def start(theta, rng, *, speed: float = 1.0):
    {before}
    def step(theta, gradient, rate):
        {step}
    return step
"""
SEARCH = """
def start(objective, theta, rng):
    def move(theta, rate):
        {step}
    return move
"""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ours_keep_the_laws(name):
    assert broken_law(find(name)) is None


def written(tmp_path, start, kind="update", needs=("gradient",), rate=0.1):
    file = tmp_path / "mine.py"
    file.write_text(FILE.format(start=start, kind=kind, needs=needs, rate=rate))
    return str(file)


BROKEN = [
    (UPDATE.format(before="", step="return theta - rate * gradient"), {}, "returns something; an update moves theta in place"),
    (UPDATE.format(before="", step="theta = theta - rate * gradient"), {}, "leaves theta where it is"),
    (UPDATE.format(before="", step="theta -= rate * gradient / np.linalg.norm(gradient)"), {}, "each should move by itself"),
    (UPDATE.format(before="", step="theta -= rate * np.random.random(theta.shape)"), {}, "moves otherwise when it starts again"),
    (UPDATE.format(before="", step="theta /= 0.0 * gradient"), {}, "moves theta to what is not finite"),
    (UPDATE.format(before="", step="theta -= rate * gradient[:2]"), {}, "raises ValueError on a quadratic"),
    (UPDATE.format(before="", step="theta -= rate * gradient"), {"rate": None}, "without a rate"),
    (UPDATE.format(before="", step="theta -= rate * gradient"), {"rate": -1.0}, "has the rate -1.0"),
    (UPDATE.format(before="", step="theta -= rate * gradient"), {"kind": "rule"}, "is of kind 'rule'"),
    (UPDATE.format(before="", step="theta -= rate * gradient"), {"needs": ("hvp",)}, "is an update that needs"),
    ("def start(theta, rng, speed=1.0):\n    pass", {}, "starts with 3 arguments"),
    ("def start(theta, rng, *, speed):\n    pass", {}, "has the option 'speed' without a default"),
    (SEARCH.format(step="theta -= 0.01; return 0.0"), {"kind": "search", "rate": None}, "returns 0.0 for a loss of"),
    (SEARCH.format(step="theta -= 0.01; raise Stalled('no')"), {"kind": "search", "rate": None}, "moves theta in a step that stalls"),
    (SEARCH.format(step="theta -= 0.01 * objective.hvp(theta, theta)"), {"kind": "search", "rate": None}, "asks for hvp, which is not among"),
    (SEARCH.format(step="pass"), {"kind": "search", "rate": None, "needs": ("slope",)}, "needs ('slope',)"),
]  # fmt: skip


@pytest.mark.parametrize(("start", "rest", "message"), BROKEN)
def test_a_broken_law_is_named(tmp_path, start, rest, message):
    file = written(tmp_path, start, **rest)
    with pytest.raises(InputError) as error:
        find(file)
    assert str(error.value).startswith(f"{file}: OPTIMIZER ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_search_that_is_told_bounds_keeps_between_them():
    def started(clips):
        def start(objective, theta, rng, limits):
            def move(theta, rate):
                theta -= 0.05 * objective.gradient(theta)[1]
                if clips and limits is not None:
                    np.clip(theta, *limits, out=theta)

            return move

        return start

    def optimizer(start, kind="search", rate=None):
        return Optimizer("mine", kind, start, ("gradient",), rate, "", bounded=True)

    assert broken_law(optimizer(started(clips=True))) is None
    assert "beyond the bounds that it is told" in broken_law(optimizer(started(clips=False)))
    assert "only a search is told bounds" in broken_law(optimizer(None, "update", 0.1))
    assert "starts with 3 arguments" in broken_law(optimizer(lambda objective, theta, rng: None))


def test_a_file_without_one(tmp_path):
    file = tmp_path / "empty.py"
    file.write_text("x = 1\n")
    with pytest.raises(InputError, match="no optimizer in it; name one at the top level"):
        find(str(file))
    file = tmp_path / "other.py"
    file.write_text("OPTIMIZER = 3\n")
    with pytest.raises(InputError, match="OPTIMIZER is a int; it should be an Optimizer"):
        find(str(file))


def test_the_example_descends():
    """Rprop on ½ κ x²: its steps do not depend on the size of the gradient."""
    paths = []
    for curvature in (1.0, 1e6):
        theta = np.array([3.0, -2.0])
        update = start_update(Training(EXAMPLE), theta)
        for _ in range(300):
            update(theta, curvature * theta, 0.01)
        paths.append(theta.copy())
    assert np.array_equal(*paths)
    assert np.max(np.abs(paths[0])) < 1e-3
    with pytest.raises(InputError, match="my-rprop: grow must be a number, not 'much'"):
        Training(EXAMPLE, {"grow": "much"})


def test_the_command_races_it_and_names_what_is_broken(tmp_path, monkeypatch):
    from gradparity.harness.cli import app

    monkeypatch.chdir(tmp_path)
    wanted = ["train", "booth", "--steps", "50", "--seeds", "1", "--backend", "tape", "--optimizer"]
    made = CliRunner().invoke(app, [*wanted, f"{EXAMPLE},gd"])
    assert made.exit_code == 0, made.output
    assert "my-rprop" in made.output
    assert "my_optimizer" not in made.output  # by its name, not by its path
    shown = CliRunner().invoke(app, ["show", "--format", "csv"]).stdout
    assert {row["optimizer"] for row in csv.DictReader(io.StringIO(shown))} == {"my-rprop", "gd"}


def gradparity(*arguments, cwd, path=()):
    """The command as a process, with these folders on Python's path."""
    return subprocess.run(
        [sys.executable, "-m", "gradparity", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*path, ROOT / "src")))},
        timeout=PATIENCE_S,
        check=False,
    )


def test_a_file_that_breaks_a_law_ends_the_command_with_2(tmp_path):
    written(tmp_path, UPDATE.format(before="", step="return theta - rate * gradient"))
    done = gradparity("train", "booth", "--optimizer", "mine.py,gd", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "mine.py: OPTIMIZER returns something; an update moves theta in place" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("**/*.db"))


def test_two_of_one_name_are_refused(tmp_path):
    """Tables could not tell them apart; nor one of ours from one that took its name."""
    update = UPDATE.format(before="", step="theta -= rate * gradient")
    made = [tmp_path / name for name in ("a.py", "b.py", "adam.py")]
    for file in made:
        name = "adam" if file.stem == "adam" else "mine"
        text = FILE.format(start=update, kind="update", needs=("gradient",), rate=0.1)
        file.write_text(text.replace('"mine"', repr(name)))
    a, b, adam = map(str, made)
    with pytest.raises(InputError, match=r"a\.py and .*b\.py are both called 'mine'; rename one"):
        plan_race(["booth"], RaceOptions(optimizers=(a, b)))
    with pytest.raises(InputError, match="'adam' is one of ours; give yours a name of its own"):
        find(adam)
    assert called(a) == "mine"
    assert called("adam") == "adam"


@pytest.fixture
def package(tmp_path):
    """A folder with an installed distribution that offers two optimisers, one of them broken."""
    update = UPDATE.format(before="", step="theta -= rate * gradient")
    text = FILE.format(start=update, kind="update", needs=("gradient",), rate=0.1)
    (tmp_path / "downhill.py").write_text(text)
    (tmp_path / "uphill.py").write_text(text.replace("theta -=", "return theta -"))
    about = tmp_path / "downhill-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: downhill\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[gradparity.optimizers]\ndown = downhill:OPTIMIZER\nup = uphill:OPTIMIZER\n"
        "gone = nowhere:OPTIMIZER\n"
    )
    return tmp_path


def test_an_installed_package_offers_one(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("user")
    wanted = ("train", "booth", "--steps", "40", "--store", "race.db", "--optimizer")
    done = gradparity(
        *wanted, "down,gd", "--lr", "0.05", "--format", "csv", cwd=folder, path=[package]
    )
    assert done.returncode == 0, done.stderr
    rows = {row["optimizer"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert set(rows) == {"down", "gd"}
    # It is gradient descent, under another name.
    assert rows["down"]["final_loss"] == rows["gd"]["final_loss"]
    for name, said in (
        ("up", "optimizer 'up' of package downhill (uphill:OPTIMIZER) returns something"),
        ("gone", "optimizer 'gone' of package downhill (nowhere:OPTIMIZER): ModuleNotFoundError"),
    ):
        done = gradparity(*wanted, name, cwd=folder, path=[package])
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_names_of_packages_come_after_ours(package, monkeypatch):
    monkeypatch.syspath_prepend(package)
    assert names()[: len(OPTIMIZERS)] == list(OPTIMIZERS)
    assert set(names()) - set(OPTIMIZERS) >= {"down", "up", "gone"}
    with pytest.raises(InputError, match="did you mean 'down'"):
        find("downn")


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if "yardsticks" in OPTIMIZERS[name]])
def test_scipys_go_step_by_step(name):
    """On ½ (x - 1)² + 5 (y + 2)², where each ends; the loss it tells is that of theta."""

    class Bowl:
        def value(self, x):
            return 0.5 * (x[0] - 1.0) ** 2 + 5.0 * (x[1] + 2.0) ** 2

        def gradient(self, x):
            return self.value(x), np.array([x[0] - 1.0, 10.0 * (x[1] + 2.0)])

    theta, bowl = np.array([4.0, 3.0]), Bowl()
    step = start_search(name, bowl, theta, np.random.default_rng(0), {})
    losses = []

    def run():
        for _ in range(2000):
            losses.append(step(theta, 1.0))
            assert losses[-1] == bowl.value(theta)

    with pytest.raises(Stalled, match="scipy stops"):
        run()
    assert len(losses) >= 2
    assert theta == pytest.approx([1.0, -2.0], abs=1e-6)

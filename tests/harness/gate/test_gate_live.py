"""Real gates in real repositories; what they measure is not asserted."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from gradparity.harness.cli import main
from gradparity.harness.gate.baseline import gate as held_against
from gradparity.harness.gate.baseline_file import read, saved, write
from gradparity.harness.gate.effort import Effort, Rounds
from gradparity.harness.gate.live import gate
from gradparity.harness.gate.measured import measured
from gradparity.harness.messages.request import Done
from gradparity.harness.messages.timed import Forget
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import make_plan
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerProcess
from gradparity.harness.processes.tree import ROOT, Tree
from gradparity.problems import InputError
from tests.harness.files import GOOD
from tests.harness.gate.test_gate_git import git

SHORT = Effort(margin=9.0, least_pairs=2, most_pairs=2, seconds=0.1, rounds=Rounds(4, extra_s=0.0))
"""A margin that no noise reaches."""

ADDED = """
from dataclasses import replace

def doubled(params, data):
    value, g = gradient(params, data)
    return value, {"w": 2 * g["w"]}

WRONG = replace(PROBLEM, name="wrong", gradient=doubled)
ADDED = replace(PROBLEM, name="added")
"""


def repository(folder, text):
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "losses.py").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")


def test_a_users_repository(tmp_path, monkeypatch):
    """Base lacks one problem, answers another otherwise, and reads a file of its own folder."""
    before = GOOD + "\nfrom pathlib import Path\nREADS = Path('scale.txt').read_text()\n"
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "scale.txt").write_text("old")
    repository(
        folder,
        before
        + "from dataclasses import replace\nOTHER = replace(PROBLEM, name='other', draw=lambda rng, n: draw(rng, n + 1))\n",
    )
    (folder / "losses.py").write_text(before + ADDED + "OTHER = replace(PROBLEM, name='other')\n")
    (folder / "scale.txt").write_text("new")
    monkeypatch.chdir(folder)
    plan = make_plan(["losses.py"], Options(backends=("numpy",), sizes=("tiny",)))
    said = []
    found = gate(plan, "main", SHORT, said.append)
    rows = {row.cell.problem: row for row in found.rows}
    assert {name: row.status for name, row in rows.items()} == {
        "mine": "pass",
        "wrong": "formula",
        "added": "new",
        "other": "new",
    }
    assert rows["mine"].change.pairs == 2
    for pair in rows["mine"].samples:  # one number of calls for all, or twice as many from then on
        calls = sorted({s.calls for s in (*pair.base, *pair.head, *pair.copy)})
        assert all((more / calls[0]).is_integer() for more in calls)
    assert "unknown problem 'added'" in rows["added"].reason
    assert "main" in rows["other"].reason
    assert "answers otherwise" in rows["other"].reason
    assert found.exit_code() == 3
    assert "there are uncommitted changes" in found.notes[0]
    assert said[0] == found.notes[0]
    assert git(folder, "worktree", "list").count("\n") == 0


POOR = """
import numpy as np
from gradparity import Instance, Problem

def loss(xp, params, data):
    return xp.sum(xp.square(params["w"]))

def gradient(params, data):
    \"\"\"Right in exact arithmetic; adding a large number loses digits in either dtype.\"\"\"
    w = params["w"]
    large = w.dtype.type(1e5)
    return np.sum(w * w), {"w": 6 * ((w / 3 + large) - large)}

def draw(rng):
    return Instance({"w": rng.normal(size=5)}, {})

POOR = Problem("poor", loss, draw, {"tiny": {}}, "a test", gradient=gradient)
"""


def test_poor_arithmetic_on_both_sides_is_compared(tmp_path, monkeypatch):
    """Base's answer in one dtype looks wrong; both together show that it is the same poor one."""
    folder = tmp_path / "repo"
    repository(folder, POOR)
    monkeypatch.chdir(folder)
    found = gate(make_plan(["losses.py"], Options(backends=("numpy",))), "main", SHORT)
    (row,) = found.rows
    assert (row.cell.status, row.status) == ("unstable", "pass")
    assert row.remarks[0].startswith("unstable: ")


def gate_of_a_changed_base(folder, changes):
    """A gate in a repository of gradparity's own, in whose base these texts were others."""
    own = folder / "own"
    package = own / "src" / "gradparity"
    shutil.copytree(ROOT / "gradparity", package, ignore=shutil.ignore_patterns("__pycache__"))
    right = {}
    for name, (here, there) in changes.items():
        right[name] = (package / name).read_text()
        assert here in right[name]
        (package / name).write_text(right[name].replace(here, there))
    repository(own, "")
    for name, text in right.items():
        (package / name).write_text(text)
    command = (sys.executable, "-P", "-c", "from gradparity.harness.cli import main; main()")
    asked = ("gate", "booth", "--size", "tiny", "--backend", "numpy,tape", "--against", "main")
    more = ("--format", "json", "--margin", "9", "--pairs", "2")
    environment = os.environ | {"PYTHONPATH": str(own / "src")}
    return subprocess.run(
        [*command, *asked, *more], cwd=own, env=environment, capture_output=True, text=True
    )


def test_gradparitys_own_tree_and_a_base_that_does_not_import(tmp_path):
    """Base is a commit of the four rooms in which a backend cannot be imported."""
    broken = {
        "backends/numpy_backprop/backend.py": (
            "from functools",
            "import no_such_module\nfrom functools",
        )
    }
    done = gate_of_a_changed_base(tmp_path, broken)
    assert done.returncode == 0, done.stderr
    rows = {row["backend"]: row for row in json.loads(done.stdout)["rows"]}
    assert (rows["numpy"]["status"], rows["tape"]["status"]) == ("new", "pass")
    assert "No module named 'no_such_module'" in rows["numpy"]["reason"]


def test_a_base_whose_workers_answer_otherwise_is_one_line(tmp_path):
    name = ("first_s", "first_call_s")
    other = dict.fromkeys(("harness/messages/timed.py", "harness/worker/subject.py"), name)
    done = gate_of_a_changed_base(tmp_path, other)
    assert (done.returncode, done.stdout) == (2, "")
    told = done.stderr.splitlines()[-1]
    assert re.search(
        r"main \(\w{7}\) is another version of gradparity: the answer to 'prepare' lacks "
        r"'first_s' and has 'first_call_s'.*name a later commit$",
        told,
    )
    assert "Traceback" not in done.stderr


def test_a_folder_called_gradparity_where_a_worker_runs_is_not_imported(tmp_path):
    (tmp_path / "gradparity").mkdir()
    for name in ("__init__", "harness"):
        (tmp_path / "gradparity" / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    worker = WorkerProcess("tape", Limits(allowed_cores()[-1:], 60), Tree(ROOT, tmp_path))
    try:
        assert worker.request(Forget()) == Done()
    finally:
        worker.end()


def test_a_baseline_of_a_run_and_a_run_held_against_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gradparity.harness.gate.measured.PROCESSES", 1)
    plan = make_plan(["booth"], Options(backends=("numpy", "tape"), sizes=("tiny",), rounds=4))
    write(saved(plan, measured(plan)), "base.json")
    baseline = read("base.json")
    keys = [f"booth tiny gradient float64 {name}" for name in ("numpy", "tape")]
    assert list(baseline.rows) == keys
    assert baseline.rows[keys[0]].ratio is None
    assert baseline.rows[keys[1]].counters["tape_operations"] > 0
    found = held_against(plan, baseline, "base.json", SHORT)
    assert [row.status for row in found.rows] == ["pass", "pass"]
    assert found.exit_code() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gate", "booth"), "name one of them: --against GITREF or --baseline FILE"),
        (("gate", "booth", "--against", "x", "--baseline", "y"), "name one of them"),
        (("gate", "booth", "--against", "main"), "is not in a git working tree"),
        (("gate", "--baseline", "none.json"), "none.json: No such file"),
        (("gate", "empty.toml", "--against", "main"), "suite empty.toml"),
        (("gate", "booth", "--against", "main", "--margin", "0"), "margin is 0.0"),
        (("gate", "booth", "--against", "main", "--pairs", "1"), "pairs is 1"),
    ],
)
def test_bad_input_is_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    (tmp_path / "empty.toml").write_text("problems = []\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["gradparity", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (2, "")
    assert message in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize("margin", [0, -0.1, 10, float("nan")])
def test_a_margin_is_a_fraction(tmp_path, monkeypatch, margin):
    monkeypatch.chdir(tmp_path)
    plan = make_plan(["booth"], Options())
    with pytest.raises(InputError, match="margin is"):
        gate(plan, "main", Effort(margin=margin))


def test_a_row_of_a_suite_has_a_margin_of_its_own(tmp_path):
    suite = tmp_path / "s.toml"
    suite.write_text(
        '[[problems]]\nproblem = "booth"\nmargin = 0.1\n[[problems]]\nproblem = "himmelblau"\n'
    )
    plan = make_plan([str(suite)], Options(sizes=("tiny",)))
    assert [w.margin for w in plan.workloads] == [0.1, None]
    suite.write_text('[[problems]]\nproblem = "booth"\nmargin = -1\n')
    with pytest.raises(InputError, match=r"line 3: problems.0.margin: .*greater than 0"):
        make_plan([str(suite)], Options())

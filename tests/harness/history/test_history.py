"""Histories: which commits, what is stored, where a step is marked, which commit did it."""

import json
import math
import random
import subprocess

import pytest

from gradparity.harness.cli import main
from gradparity.harness.gate.effort import Effort
from gradparity.harness.gate.live import Gated
from gradparity.harness.gate.row import Change, GateRow
from gradparity.harness.history.bisecting import bisected, narrowed
from gradparity.harness.history.commits import chosen
from gradparity.harness.history.file import read, write
from gradparity.harness.history.measuring import measured
from gradparity.harness.history.output import chart, table
from gradparity.harness.history.record import CommitHistory, PastCommit, series, steps
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import make_plan
from gradparity.problems import InputError
from tests.harness.gate.gate_samples import cell
from tests.harness.gate.test_gate_git import git

ROW = "booth tiny gradient float64 numpy"


def quiet(text):
    pass


def past(n):
    return [
        PastCommit(hash=f"{k:040x}", date="2026-01-01T00:00:00Z", title=f"change {k}")
        for k in range(n)
    ]


def asked(n):
    return CommitHistory(targets=["booth"], options="", machine="a machine", commits=past(n))


class Machine:
    """Gates of commits whose true times are known; noise: of every estimate, as a fraction."""

    def __init__(self, times, noise=0.0, wrong=(), broken=(), seed=0):
        self.times, self.noise, self.wrong, self.broken = times, noise, wrong, broken
        self.asked, self.random = [], random.Random(seed)

    def gate(self, plan, base, effort, say, head):
        self.asked.append((head, base))
        if head in self.broken:
            raise InputError("it does not import")
        status = "formula" if head in self.wrong else "ok"
        true = self.times[head] / self.times[base]
        ratio = true * math.exp(self.random.gauss(0.0, self.noise))
        half = 2.2 * self.noise + 1e-4
        change = Change(ratio, ratio * math.exp(-half), ratio * math.exp(half), 0.0, 6, 60)
        most = 1.0 + effort.margin
        said = (
            "regressed" if change.low > most else "improved" if change.high < 1 / most else "pass"
        )
        if change.low <= most <= change.high:
            said = "inconclusive"
        row = GateRow(
            cell(status=status), effort.margin, said if status == "ok" else status, change=change
        )
        return Gated(base, (row,))


def machine(n, step_at=None, by=1.0, **given):
    times = {
        one.hash: (by if step_at is not None and k >= step_at else 1.0)
        for k, one in enumerate(past(n))
    }
    return Machine(times, **given)


@pytest.fixture
def plan():
    return make_plan(["booth"], Options(backends=("numpy",), sizes=("tiny",)))


def test_a_step_is_marked_where_it_was_made(plan, tmp_path):
    there = machine(12, step_at=7, by=1.3, noise=0.005)
    found = measured(plan, asked(12), tmp_path / "h.json", Effort(), quiet, there.gate)
    (step,) = steps(found)
    assert step.commit.title == "change 7"
    assert step.low < 1.3 < step.high
    ratios = [point.ratio for point in series(found, ROW)]
    assert ratios == pytest.approx([1.0] * 7 + [1.3] * 5, rel=0.03)


@pytest.mark.parametrize("seed", range(20))
def test_no_step_where_nothing_changed(plan, tmp_path, seed):
    there = machine(25, noise=0.01, seed=seed)
    found = measured(plan, asked(25), tmp_path / "h.json", Effort(), quiet, there.gate)
    assert steps(found) == []


def test_one_measurement_alone_marks_nothing(plan, tmp_path):
    """The neighbour's gate says slower, the anchor's intervals overlap: noise of one gate."""
    there = machine(4)
    honest = there.gate

    def gate(plan, base, effort, say, head):
        if (head, base) == (past(4)[2].hash, past(4)[1].hash):
            return machine(4, step_at=2, by=1.2).gate(plan, base, effort, say, head)
        return honest(plan, base, effort, say, head)

    found = measured(plan, asked(4), tmp_path / "h.json", Effort(), quiet, gate)
    assert found.gate(past(4)[2].hash, "before").rows[0].status == "regressed"
    assert steps(found) == []


def test_what_is_stored_is_not_measured_again(plan, tmp_path):
    path = tmp_path / "deep" / "h.json"
    first = machine(5)
    measured(plan, asked(5), path, Effort(), quiet, first.gate)
    assert len(first.asked) == 4 + 3
    second = machine(6)
    found = measured(plan, asked(6), path, Effort(), quiet, second.gate)
    assert second.asked == [(past(6)[5].hash, past(6)[4].hash), (past(6)[5].hash, past(6)[0].hash)]
    assert found.missing() == []
    assert read(path) == found


def test_a_kill_loses_the_gate_under_way_alone(plan, tmp_path):
    there = machine(5)
    honest, path = there.gate, tmp_path / "h.json"

    def gate(*given):
        if len(there.asked) == 3:
            raise KeyboardInterrupt
        return honest(*given)

    with pytest.raises(KeyboardInterrupt):
        measured(plan, asked(5), path, Effort(), quiet, gate)
    assert len(read(path).gates) == 3


def test_a_commit_that_cannot_be_measured_is_left_out(plan, tmp_path):
    there = machine(5, broken=(past(5)[2].hash,))
    found = measured(plan, asked(5), tmp_path / "h.json", Effort(), quiet, there.gate)
    assert [point.commit.title for point in series(found, ROW)] == [
        f"change {k}" for k in (0, 1, 3, 4)
    ]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"targets": ["beale"]}, "holds a history of other targets"),
        ({"machine": "another"}, "holds a history of other machine"),
        ({"commits": past(9)[3:]}, "with the anchor 0000000"),
    ],
)
def test_a_history_of_something_else_is_refused(plan, tmp_path, change, text):
    path = tmp_path / "h.json"
    measured(plan, asked(3), path, Effort(), quiet, machine(3).gate)
    other = asked(3).model_copy(update=change)
    with pytest.raises(InputError, match=text):
        measured(plan, other, path, Effort(), quiet, machine(9).gate)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"version": 2}', "[" * 3000, "\x00", '{"version": "1"}']
)
def test_what_is_no_history_is_said(tmp_path, text):
    (tmp_path / "h.json").write_text(text)
    with pytest.raises(InputError, match="is no history of gradparity"):
        read(tmp_path / "h.json")


def test_where_it_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="name another file: --file"):
        write(asked(2), tmp_path / "file" / "h.json")


@pytest.mark.parametrize("n", [2, 3, 8, 33, 100])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_bisecting_takes_log_n_gates(plan, n, share):
    at = 1 + round(share * (n - 2))
    there = machine(n, step_at=at, by=1.25, noise=0.004)
    found = bisected(plan, ROW, past(n), Effort(), quiet, there.gate)
    assert found.commit == past(n)[at]
    assert found.gates <= math.ceil(math.log2(n - 1)) + 1
    assert "slower by 2" in found.what


def test_bisecting_finds_a_wrong_gradient(plan):
    wrong = tuple(one.hash for one in past(20)[13:])
    found = bisected(plan, ROW, past(20), Effort(), quiet, machine(20, wrong=wrong).gate)
    assert (found.commit, found.what) == (past(20)[13], "wrong: formula")


def test_bisecting_wants_something_bad(plan):
    with pytest.raises(InputError, match="is neither wrong nor slower at"):
        bisected(plan, ROW, past(4), Effort(), quiet, machine(4).gate)


def test_a_row_that_is_not_there_is_named(plan):
    with pytest.raises(InputError, match="did you mean 'booth tiny gradient float64 numpy'"):
        narrowed(plan, "booth tiny gradient float64 nunpy")
    assert [one.label for one in narrowed(plan, ROW).workloads] == ["booth tiny gradient float64"]


def test_the_chart_shows_the_numbers_of_the_table(plan, tmp_path):
    there = machine(6, step_at=3, by=1.4, noise=0.003, wrong=(past(6)[5].hash,))
    found = measured(plan, asked(6), tmp_path / "h.json", Effort(), quiet, there.gate)
    drawn = chart(found)
    assert drawn.title == f"{ROW} is wrong at 0000000"
    right = measured(plan, asked(5), tmp_path / "r.json", Effort(), quiet, there.gate)
    told = chart(right).title
    assert told.startswith(f"0000000 made {ROW} slower, +")
    assert float(told.split("+")[1].removesuffix(" %")) == pytest.approx(40.0, abs=1.0)
    line = next(mark for mark in drawn.marks if type(mark).__name__ == "Polyline")
    told = [row["time / anchor's"] for row in table(found, steps(found))]
    assert [f"{y:.3f}" for y in line.y] == told
    assert any(getattr(mark, "label", "") == "wrong gradient" for mark in drawn.marks)


@pytest.fixture
def repo(tmp_path, monkeypatch):
    git(tmp_path, "init", "-q", "-b", "main")
    for k in range(7):
        (tmp_path / "note").write_text(str(k))
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", f"number {k}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def titles(found):
    return [int(one.title.split()[1]) for one in found]


def test_which_commits(repo):
    assert titles(chosen(repo, None, 1)) == [0, 1, 2, 3, 4, 5, 6]
    assert titles(chosen(repo, None, 4)) == [0, 4, 6]
    assert titles(chosen(repo, "HEAD~4..HEAD~1", 1)) == [2, 3, 4, 5]
    assert titles(chosen(repo, "HEAD~3..", 2)) == [3, 5, 6]


@pytest.mark.parametrize(
    ("between", "every", "text"),
    [
        ("nosuch..HEAD", 1, "unknown commit 'nosuch'"),
        ("HEAD..HEAD~2", 1, "HEAD is no ancestor of HEAD~2"),
        ("HEAD", 1, "it should be A..B"),
        ("HEAD~1...HEAD", 1, "it should be A..B"),
        ("HEAD..HEAD", 1, "needs two commits"),
        (None, 0, "--every is 0"),
    ],
)
def test_commits_that_are_none(repo, between, every, text):
    with pytest.raises(InputError, match=text):
        chosen(repo, between, every)


SLOW = """
import time
import numpy as np
from gradparity.problems import Instance, Problem

def loss(xp, params, data):
    return xp.sum(xp.square(params["w"]))

def draw(rng):
    return Instance({"w": rng.normal(size=4)}, {})

def gradient(params, data):
    time.sleep(DELAY)
    w = params["w"]
    return np.sum(w * w), {"w": FACTOR * w}

PROBLEM = Problem("slow", loss, draw, {"tiny": {}}, "a test", gradient=gradient)
"""


@pytest.mark.slow
def test_a_real_repository_from_the_command_line(tmp_path, monkeypatch, capsys):
    """A sleep of 3 ms becomes one of 6 at the fourth commit: history marks it, bisect finds it."""
    git(tmp_path, "init", "-q", "-b", "main")
    for k in range(6):
        text = SLOW.replace("DELAY", "0.006" if k >= 3 else "0.003").replace("FACTOR", "2")
        (tmp_path / "loss.py").write_text(f"{text}\n# {k}\n")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", f"number {k}")
    monkeypatch.chdir(tmp_path)
    row = "slow tiny gradient float64 numpy"

    def command(*given):
        monkeypatch.setattr("sys.argv", ["gradparity", *given, "--total-seconds", "40"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        return capsys.readouterr().out

    here = ("loss.py", "--backend", "numpy")
    row = "slow tiny gradient float64 numpy"
    assert "number 3" in command("bisect", *here, "--row", row, "--commits", "HEAD~5..HEAD")
    trees = subprocess.run(["git", "worktree", "list"], capture_output=True, text=True, check=True)
    assert trees.stdout.count("\n") == 1
    told = json.loads(command("history", *here, "--commits", "HEAD~3..HEAD~2", "-f", "json"))
    assert told["gates"][0]["rows"][0]["status"] == "regressed"
    assert told["steps"][0]["ratio"] == pytest.approx(2.0, rel=0.15)

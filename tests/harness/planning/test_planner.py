"""Plans that name users' files: whatever these do while they are imported, the command lives on."""

import os
import sys

import pytest

from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import make_plan
from gradparity.harness.planning.planner import planned
from gradparity.harness.training.plan import plan_race
from gradparity.harness.training.planner import planned_race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.problems import InputError
from gradparity.problems.errors import UnfinishedError

GOOD = """
import numpy as np
from gradparity import Instance, Problem
def loss(xp, p, d): return xp.sum((d["x"] @ p["w"]) ** 2)
def draw(rng, n=4): return Instance({"w": rng.normal(size=3)}, {"x": rng.normal(size=(n, 3))})
def gradient(p, d):
    r = d["x"] @ p["w"]
    return r @ r, {"w": 2 * d["x"].T @ r}
PROBLEM = Problem("NAME", loss, draw, {"tiny": {}, "small": {"n": 9}}, "a test", gradient=gradient)
"""

QUICK = Options(backends=("numpy", "tape"), timeout_s=300.0)


@pytest.fixture
def named(tmp_path, monkeypatch):
    """named(NAME=text, ...): files NAME.py in the working folder, each with the problem NAME."""
    monkeypatch.chdir(tmp_path)

    def written(**does):
        for name, text in does.items():
            (tmp_path / f"{name}.py").write_text(text + GOOD.replace("NAME", name))
        return [f"{name}.py" for name in does]

    return written


LOST = {
    "import os; os._exit(0)": "crashed: exit code 0",
    "import sys; sys.exit(3)": "line 1: SystemExit: 3",
    "raise KeyboardInterrupt": "line 1: KeyboardInterrupt",
    "class Mine(BaseException): pass\nraise Mine('x')": "line 2: Mine: x",
    "import ctypes; ctypes.string_at(0)": "crashed: signal 11",
    "import os; os.kill(os.getpid(), 9)": "crashed: signal 9",
    "import os; os.closerange(0, 256); os._exit(0)": "crashed: exit code 0",
    "import os, time; os.closerange(0, 256); time.sleep(100)": "crashed: it closed its descriptors",
    "import resource, time; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass": (
        "crashed: signal "
    ),
}


@pytest.mark.parametrize("does", LOST)
def test_a_file_that_ends_its_import_is_left_out_and_the_others_are_planned(does, named):
    files = named(fine="", ends=does + "\n")
    plan = planned(files, QUICK)
    assert {w.problem.name for w in plan.workloads} == {"fine"}
    assert list(plan.lost) == ["ends.py"]
    assert LOST[does] in plan.lost["ends.py"]
    assert "fine" not in sys.modules


def test_one_that_never_ends_costs_its_time_and_no_more(named):
    files = named(fine="", hangs="import time; time.sleep(1000)\n")
    plan = planned(files, Options(backends=("tape",), timeout_s=10.0))
    assert plan.lost == {"hangs.py": "timeout after 10 s"}
    with pytest.raises(UnfinishedError, match=r"^hangs.py: timeout after 10 s$"):
        planned(files[1:], Options(timeout_s=10.0))


HARMLESS = {
    "fork": "import os; os.fork()",
    "closed output": "import os; os.close(1)",
    "closed streams": "import sys; sys.stdout.close(); sys.stderr.close()",
    "a flood": "print('x' * 10**7)",
    "limits": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))",
    "a thread that stays": (
        "import threading, time; threading.Thread(target=time.sleep, args=(1000,)).start()"
    ),
    "a wish for the end": "import atexit, time; atexit.register(time.sleep, 1000)",
    "patches": "import os, json; os.write = json.dumps = json.loads = print",
    "another folder": "import os; os.chdir('/')",
    "signals": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.alarm(1000)",
}


@pytest.mark.parametrize("does", HARMLESS)
def test_what_an_import_does_to_its_process_is_not_done_to_ours(does, named):
    before = os.getcwd(), os.write, sys.stdout, os.fstat(1)
    (file,) = named(mine=HARMLESS[does] + "\n")
    plan = planned([file], QUICK)
    assert (os.getcwd(), os.write, sys.stdout, os.fstat(1)) == before
    assert not plan.lost
    assert [w.label for w in plan.workloads] == [
        "mine tiny gradient float64",
        "mine small gradient float64",
    ]


MISTAKES = {
    "def f(:": "line 1: SyntaxError",
    "def f(): f()\nf()": "line 1: RecursionError",
    "raise ValueError('no')": "line 1: ValueError: no",
    "\0\1\2": "null bytes",
}


@pytest.mark.parametrize("does", MISTAKES)
def test_a_mistake_is_bad_input_in_one_line(does, named):
    files = named(fine="", wrong=does + "\n")
    with pytest.raises(InputError) as told:
        planned(files, QUICK)
    assert not isinstance(told.value, UnfinishedError)
    assert str(told.value).startswith("wrong.py")
    assert MISTAKES[does] in str(told.value)
    assert "\n" not in str(told.value)


def test_a_plan_is_the_same_as_one_made_here(named):
    files = named(mine="", other="")
    options = Options(backends=("numpy", "tape"), sizes=("tiny",), operators=("gradient", "hvp"))
    assert planned(files, options) == make_plan(files, options)
    race = RaceOptions(optimizers=("gd", "lbfgs"), seeds=(0, 1), start={"w": [1.0, 2.0, 3.0]})
    ours, theirs = plan_race(files, race), planned_race(files, race)
    assert [one.spec for one in theirs.descents] == [one.spec for one in ours.descents]
    assert [one.label for one in theirs.descents] == [one.label for one in ours.descents]
    assert theirs.options == ours.options


def test_a_backend_and_an_optimizer_that_end_are_left_out(named):
    (ends,) = named(ends="import os; os._exit(1)\n")
    plan = planned(["booth"], Options(backends=("tape", ends)))
    assert (list(plan.backends), list(plan.lost)) == (["tape"], [ends])
    race = planned_race(["booth"], RaceOptions(optimizers=("gd", ends), backends=("tape",)))
    assert ({one.spec.optimizer for one in race.descents}, list(race.lost)) == ({"gd"}, [ends])
    with pytest.raises(UnfinishedError, match=r"^ends.py: crashed: exit code 1$"):
        planned_race(["booth"], RaceOptions(optimizers=(ends,)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout_s": float("inf")},
        {"timeout_s": 1e300},
        {"timeout_s": -0.0},
        {"memory_gib": float("nan")},
        {"memory_gib": 1e308},
    ],
)
def test_limits_are_looked_at_before_a_worker_is_given_them(named, wrong):
    (file,) = named(mine="")
    for plan, options in ((planned, Options(**wrong)), (planned_race, RaceOptions(**wrong))):
        with pytest.raises(InputError, match=next(iter(wrong)).partition("_")[0]):
            plan([file], options)

"""Advice, message by message: what is refused, what the message says, and that doing so is admitted.

`test_advice.py` types whole commands; here losses are given to a backend, and commands are called inside
this process. Which messages there are: `test_every_advice.py`.
"""

import re
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.problems import InputError, Instance, Problem
from tests import ROOT
from tests.harness.files import GOOD
from tests.harness.terminal.inside import gradparity as typed

X = np.array([1.0, 2.0, 3.0])
DATA = {"m": np.array([0.5, 1.0, 2.0]), "k": np.array([2, 0]), "A": np.ones((3, 3))}

LOSSES = {
    "float() of an array": (
        lambda xp, x, d: float(x[0]) ** 2,
        "leave x an array",
        lambda xp, x, d: x[0] ** 2,
    ),
    "an array as a condition": (
        lambda xp, x, d: xp.sum(x) if x > 1 else 0.0,
        r"write xp\.where\(x, a, b\)",
        lambda xp, x, d: xp.sum(xp.where(x > 1, x, 0.0)),
    ),
    "a method": (lambda xp, x, d: x.sum(), r"write xp\.sum", lambda xp, x, d: xp.sum(x)),
    "an assignment to a part": (
        lambda xp, x, d: _assigned(x),
        r"write xp\.where or xp\.concat",
        lambda xp, x, d: xp.sum(xp.concat([xp.zeros(1), x[1:]])),
    ),
    "NumPy's function": (
        lambda xp, x, d: np.sum(np.exp(x)),
        r"write xp\.exp",
        lambda xp, x, d: xp.sum(xp.exp(x)),
    ),
    "NumPy's function of the shape": (
        lambda xp, x, d: xp.sum(np.concatenate([x, x])),
        r"write xp\.concat",
        lambda xp, x, d: xp.sum(xp.concat([x, x])),
    ),
    "an array of NumPy's beside": (
        lambda xp, x, d: xp.sum(x * np.ones(3)),
        r'pass it as data: .* the loss reads data\["name"\]',
        lambda xp, x, d: xp.sum(x * d["m"]),
    ),
    "indices of NumPy's": (
        lambda xp, x, d: xp.sum(x[np.array([2, 0])]),
        r"pass it as data: the loss reads data\[...\]",
        lambda xp, x, d: xp.sum(x[d["k"]]),
    ),
    "a number for an operation": (
        lambda xp, x, d: xp.sum(x) * xp.exp(1.0),
        "use the module math",
        lambda xp, x, d: xp.sum(x) * np.e,
    ),
    "a number in an einsum": (
        lambda xp, x, d: xp.einsum(",i->", 2.0, x),
        "write it as a factor before the einsum",
        lambda xp, x, d: 2.0 * xp.einsum("i->", x),
    ),
    "a full array of an array": (
        lambda xp, x, d: xp.sum(xp.full((3,), x[0])),
        r"write xp\.broadcast_to\(x, shape\)",
        lambda xp, x, d: xp.sum(xp.broadcast_to(x[0], (3,))),
    ),
    "an index that is none": (
        lambda xp, x, d: xp.sum(x["first"]),
        "write integers and slices",
        lambda xp, x, d: xp.sum(x[0:1]),
    ),
    "a NumPy array of it": (
        lambda xp, x, d: xp.sum(np.asarray(x)),
        "write operations of xp",
        lambda xp, x, d: xp.sum(x),
    ),
    "an integer of it": (
        lambda xp, x, d: xp.sum(x) * [1.0, 2.0][x[0]],
        "leave it an array",
        lambda xp, x, d: xp.sum(x) * x[0],
    ),
    "no scalar": (lambda xp, x, d: x * x, r"write xp\.sum", lambda xp, x, d: xp.sum(x * x)),
}
"""What is refused, the advice, and what follows it: losses (xp, x, data)."""


def _assigned(x):
    x[0] = 0.0
    return x


def answered(loss):
    """The gradient of a loss by the tape."""

    def whole(xp, params, data):
        return loss(xp, params["x"], data)

    instance = Instance({"x": X}, DATA)
    problem = Problem("tried", whole, lambda rng: instance, {"tiny": {}}, "a test")
    prepared = load("tape").prepare(problem, "gradient", instance, Setting())
    return prepared(instance).derivative["x"]


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss(name):
    refused, advice, followed = LOSSES[name]
    with pytest.raises(InputError) as told:
        answered(refused)
    assert re.search(advice, str(told.value)), told.value
    assert np.isfinite(answered(followed)).all()


QUICK = "booth --backend tape --optimizer gd --steps 2"
COMMANDS = {
    "a bound the wrong way": (
        f"train {QUICK} --optimizer lbfgs --bound x=2:1",
        "give the lower end first",
        "train booth --backend tape --optimizer lbfgs --steps 2 --bound x=-9:9",
    ),
    "two ways to name seeds": (
        f"train {QUICK} --seeds 2 --seed 1",
        "name one of them",
        f"train {QUICK} --seed 1",
    ),
    "a rate that is no number": (
        f"train {QUICK} --lr fast",
        r"is no number; give (.*)",
        f"train {QUICK} --lr 1e-3:1e-2:log2",
    ),
    "several problems": ("derive several.py", r"say which, ", "derive several.py::mine"),
    "several optimisers": (
        "train booth --backend tape --steps 2 --optimizer two.py",
        "name one of them OPTIMIZER",
        "train booth --backend tape --steps 2 --optimizer one.py",
    ),
    "a store that is no database": (
        f"train {QUICK} --store notes.txt",
        "it was left as it is, name another file",
        f"train {QUICK} --store other.db",
    ),
    "rates twice": (
        f"train {QUICK} --lr 1e-3 --tune 2 --space lr=1e-4:1:log",
        "leave one of them out",
        f"train {QUICK} --tune 2 --space lr=1e-4:1e-2:log",
    ),
    "times of several jobs": (
        f"train {QUICK} --jobs 2 --time 1",
        "leave out --time or ",
        f"train {QUICK} --jobs 2",
    ),
    "no backend in a file": (
        "check booth --backend mine.py",
        r"name one at the top level: BACKEND = Mine\(\)",
        "check booth --backend backend.py --size tiny",
    ),
    "no optimiser in a file": (
        "train booth --backend tape --steps 2 --optimizer mine.py",
        r"name one at the top level: OPTIMIZER = Optimizer\(\.\.\.\)",
        "train booth --backend tape --steps 2 --optimizer one.py",
    ),
    "no problem in a file": (
        "check one.py --backend tape",
        r"give one a name at the top level, PROBLEM = Problem\(\.\.\.\)",
        "check mine.py --backend tape",
    ),
    "a start outside of its bounds": (
        "train booth --backend tape --steps 2 --optimizer lbfgs --bound x=100:200",
        "widen them, or name a start: --start ",
        "train booth --backend tape --steps 2 --optimizer lbfgs --bound x=-100:200",
    ),
    "a store of another program": (
        f"train {QUICK} --store theirs.db",
        "database of another program; it was left as it is, name another file",
        f"train {QUICK} --store ours.db",
    ),
    "value has no gradient": (
        "gradients booth --backend tape --operator value",
        "use (--operator gradient)",
        "gradients booth --backend tape --operator gradient",
    ),
}
"""What is refused, the advice, and the line that follows it."""


@pytest.fixture
def place(tmp_path):
    optimizer = (ROOT / "examples/my_optimizer.py").read_text()
    (tmp_path / "mine.py").write_text(GOOD)
    (tmp_path / "several.py").write_text(
        GOOD.replace("PROBLEM = ", "FIRST = ") + "\nfrom dataclasses import replace\n"
        'SECOND = replace(FIRST, name="second")\n'
    )
    (tmp_path / "notes.txt").write_text("some notes\n" * 200)
    (tmp_path / "one.py").write_text(optimizer)
    (tmp_path / "two.py").write_text(f"{optimizer}\nA = B = OPTIMIZER\ndel OPTIMIZER\n")
    (tmp_path / "backend.py").write_text((ROOT / "examples/my_backend.py").read_text())
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as theirs:
        theirs.execute("create table notes (text)")
        theirs.commit()
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command(name, place):
    refused, advice, followed = COMMANDS[name]
    ended = typed(*refused.split(), cwd=place)
    assert ended.code == 2, ended
    assert re.search(advice, ended.err), ended.err
    ended = typed(*followed.split(), cwd=place)
    assert ended.code == 0, ended.err

"""Advice within the rooms: histories, servers, rules of the tape, what a loss writes of an array."""

import math
import re
import socket
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.backends.numpy_backprop.networks import chain
from gradparity.backends.numpy_tape.engine.batch import BATCH_RULES
from gradparity.backends.numpy_tape.engine.derivatives import jvp
from gradparity.backends.numpy_tape.engine.forward_rules import FORWARD_RULES
from gradparity.backends.numpy_tape.engine.reverse_rules import REVERSE_RULES
from gradparity.backends.numpy_tape.primitives.record import Cost, Elementwise
from gradparity.harness.gate import sides
from gradparity.harness.gate.effort import Effort
from gradparity.harness.history import commits
from gradparity.harness.history.bisecting import bisected
from gradparity.harness.history.file import write
from gradparity.harness.history.measuring import measured
from gradparity.harness.judging import truth
from gradparity.harness.judging.truth import Truth
from gradparity.harness.play.server import TRIES, bound
from gradparity.harness.processes.git import Commit
from gradparity.problems import InputError, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.networks import Dense, Network, Squared
from gradparity.problems.refusals import _INSTEAD
from gradparity.results.records.errors import StoreError
from gradparity.results.store.server import version_of
from tests import ROOT
from tests.harness.gate.test_gate_git import git
from tests.harness.history.test_history import ROW, asked, machine, past, quiet
from tests.test_followed_calls import by_tape

X = np.array([[1.0, 2.0], [3.0, 4.0]])


@contextmanager
def without(table, name):
    """A table of rules without one of them, as where a primitive is new."""
    rule = table.pop(name)
    try:
        yield
    finally:
        table[name] = rule


def lacking(table, name, call):
    def refused(place):
        with without(table, name):
            call()

    return refused


def hessians():
    problem = Problem(
        "tried",
        lambda xp, p, d: xp.sum(xp.tanh(p["x"] @ p["x"])),
        lambda rng: Instance({"x": X}, {}, {"x": X}),
        {"tiny": {}},
        "a test",
    )
    instance = problem.instance("tiny", 0)
    load("tape-eager").prepare(problem, "hessian", instance, Setting())(instance)


def forwards():
    jvp(lambda xp, p, d: xp.sum(xp.exp(p["x"])), {"x": X}, {}, {"x": X})


def backwards():
    by_tape(lambda xp, x, d: xp.sum(xp.exp(x)))("tape-eager")


class Twice(Dense):
    """A layer of a user's own."""


def networked(place=None):
    network = Network([Twice(1)], Squared())
    instance = network.instance(np.random.default_rng(0), X, X[:, :1])
    return chain.by_hand(network)(instance.params, instance.data)


def with_a_rule(place):
    chain.BY_HAND[Twice] = chain.BY_HAND[Dense]
    try:
        networked()
    finally:
        del chain.BY_HAND[Twice]


def repository(place, count):
    folder = place / "repository"
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    for k in range(count):
        git(folder, "commit", "-q", "--allow-empty", "-m", f"change {k}")
    return folder


def many(place, every):
    most, commits.MOST = commits.MOST, 2
    try:
        there = repository(place, 3) if every == 1 else place / "repository"
        assert len(commits.chosen(there, None, every)) == 2
    finally:
        commits.MOST = most


def bisecting(by):
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.plan import make_plan

    def call(place):
        plan = make_plan(["booth"], Options(backends=("numpy",), sizes=("tiny",)))
        bisected(plan, ROW, past(4), Effort(), quiet, machine(4, step_at=2, by=by).gate)

    return call


def remembered(change, name):
    """A history is measured where another one is kept; or in a file of another name."""

    def call(place):
        from gradparity.harness.planning.options import Options
        from gradparity.harness.planning.plan import make_plan

        plan = make_plan(["booth"], Options(backends=("numpy",), sizes=("tiny",)))
        held = asked(2).model_copy(update=change)
        write(held, place / "h.json")
        measured(plan, asked(2), place / name, Effort(), quiet, machine(2).gate)

    return call


def package(root):
    label = Commit("0" * 40, "main")
    return lambda place: sides._package(ROOT, label, root(place))


def coarse(flint):
    def call(place):
        problem = PROBLEMS["xor-tanh"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(truth, "EPS", 2.2e-16)
            if not flint:
                patch.setitem(sys.modules, "flint", None)
            Truth(problem, problem.instance("tiny", 0))

    return call


def ports(free):
    def call(place):
        with pytest.MonkeyPatch.context() as patch:
            taken = socket.socket.bind

            def bind(own, address):
                if address[1] in range(20000, 20000 + TRIES):
                    raise OSError("in use")
                taken(own, address)

            patch.setattr(socket.socket, "bind", bind)
            bound(0 if free else 20000).close()

    return call


def server(name):
    def call(place):
        engine = create_engine(f"sqlite:///{place / name}")
        with engine.begin() as connection:
            if name == "theirs":
                connection.execute(text("create table runs (mine text)"))
            assert version_of(connection, name) is None
        engine.dispose()

    return call


ROOMS = {
    "a primitive without a batch rule": (
        lacking(BATCH_RULES, "matmul", hessians),
        "the tape has no batch rule for .*; add one to BATCH_RULES",
        lambda place: hessians(),
    ),
    "a primitive without a forward rule": (
        lacking(FORWARD_RULES, "exp", forwards),
        "the tape has no forward rule for .*; add a line to FORWARD_RULES",
        lambda place: forwards(),
    ),
    "a primitive without a reverse rule": (
        lacking(REVERSE_RULES, "exp", backwards),
        "the tape has no reverse rule for .*; add a line to REVERSE_RULES",
        lambda place: backwards(),
    ),
    "a derivative too few": (
        lambda place: Elementwise("atan2", np.arctan2, None, Cost.FUNCTION, None),
        "write one for each in its record",
        lambda place: Elementwise("atan2", np.arctan2, None, Cost.FUNCTION, None, None),
    ),
    "a layer of one's own": (
        networked,
        "has no backprop by hand; add its forward and back to BY_HAND",
        with_a_rule,
    ),
    "one commit": (
        lambda place: commits.chosen(repository(place, 1), None, 1),
        r"a history needs two commits; name them: --commits A\.\.B",
        lambda place: commits.chosen(repository(place, 2), "HEAD~1..HEAD", 1),
    ),
    "too many commits": (
        lambda place: many(place, 1),
        "commits are too many; take every Nth: --every N",
        lambda place: many(place, 2),
    ),
    "nothing to bisect": (
        bisecting(1.0),
        "name other commits, or give the gate more time: --total-seconds",
        bisecting(1.5),
    ),
    "a history of other targets": (
        remembered({"targets": ["rosenbrock"]}, "h.json"),
        r"holds a history of other .*; name another file: --file",
        remembered({"targets": ["rosenbrock"]}, "another.json"),
    ),
    "a history with another anchor": (
        remembered({"commits": past(3)[1:]}, "h.json"),
        "holds a history with the anchor .*; name another file: --file",
        remembered({"commits": past(3)[1:]}, "another.json"),
    ),
    "a file in place of a folder": (
        lambda place: ((place / "f").write_text(""), write(asked(2), place / "f" / "h.json")),
        "^.*: [^:]*; name another file: --file",
        lambda place: write(asked(2), place / "h.json"),
    ),
    "a commit before the package": (
        package(lambda place: place),
        "it has no .*; name a later commit",
        package(lambda place: ROOT),
    ),
    "a coarse longdouble": (
        coarse(flint=False),
        r"certified balls take over: type pip install 'gradparity\[arb\]'",
        coarse(flint=True),
    ),
    "no free port": (ports(False), "is free; give another: --port", ports(True)),
    "a table of another program": (
        server("theirs"),
        "of another program; name another$",
        server("ours"),
    ),
}
"""What is refused, the advice, and what follows it; each is called with a folder."""


@pytest.mark.parametrize("name", ROOMS)
def test_a_room(name, tmp_path):
    refused, advice, followed = ROOMS[name]
    with pytest.raises((InputError, StoreError, TypeError)) as told:
        refused(tmp_path)
    assert re.search(advice, str(told.value)), told.value
    followed(tmp_path)


@pytest.mark.parametrize("name", _INSTEAD)
def test_a_method(name):
    """x.name is refused, and what is to be written in its place is an operation."""
    x = np.ones((1, 3)) if name == "squeeze" else X
    by = "dual" if name == "size" else "tape"  # the tape's own arrays have a size
    given = {"shape": (-1,), "axes": (1, 0), "axis": 0, "low": 0.0, "high": 2.0}

    def refused(xp, x, d):
        return getattr(x, name)()

    with pytest.raises(InputError, match=rf"may not use x\.{name} of an array; write ") as told:
        by_tape(refused, x)(by)
    instead = re.search(r"; write (.*)$", str(told.value))[1].replace("axis=...", "axis=0")

    def followed(xp, x, d):
        scope = given | {"xp": xp, "x": x, "y": x, "dtype": x.dtype, "math": math, **d}
        found = eval(instead, scope)
        return xp.sum(x) * found if isinstance(found, int) else xp.sum(found)

    by_tape(followed, x, indices=np.array([1, 0]))(by)

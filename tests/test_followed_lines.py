"""Advice to who types a command, room by room: the refused line, the advice, the line that follows it.

All inside this process. What a line needs is made by `place`; a run and a race are stored there once.
"""

import io
import os
import re
from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import patch

import pytest

from gradparity.results.store.store import open_store
from tests.harness.files import GOOD
from tests.harness.gate.test_gate_git import git
from tests.harness.terminal.inside import gradparity as typed
from tests.test_followed_advice import QUICK

RUN = "booth --backend tape --size tiny --rounds 2 --processes 1 --extra 0"
SALES = "price,sold,ads\n" + "".join(f"{p},{100 - 3 * p},5\n" for p in range(10, 22))

COMMANDS = {
    "rows of two lengths": (
        "optimize price-catalogue --b 1,2;3",
        r"its rows have .* numbers; make them equal",
        "optimize price-catalogue --a 9,9 --cost 1,1 --b 2,0;0,3",
    ),
    "a table without names": (
        "optimize sales.csv",
        "say which column is which: --price PRICE --sold QUANTITY",
        "optimize sales.csv --price price --sold sold",
    ),
    "a spend that hardly changes": (
        "optimize sales.csv --price price --sold sold --spend ads",
        "hardly changes; leave --spend away",
        "optimize sales.csv --price price --sold sold",
    ),
    "commas and points": (
        "optimize commas.csv --price price --sold sold",
        "decimal commas, and .*; write one of the two",
        "optimize points.csv --price price --sold sold",
    ),
    "a claim beside a run": (
        "claims --resume latest 16",
        "finishes what that run was told; name nothing else",
        "claims --list",
    ),
    "targets beside a run": (
        f"run booth --resume {{bench}} {RUN.partition(' ')[2]}",
        "finishes what that run was told; name no targets",
        "run --resume {bench}",
    ),
    "options beside a race": (
        "train --resume {train} --lr 1e-3",
        "would be ignored: leave it out, or start a new race",
        "train --resume {train}",
    ),
    "a run without its plan": (
        "run --resume {unplanned}",
        "does not say how it was planned; start a new one",
        f"run {RUN}",
    ),
    "a race in a format without races": (
        "export {train} -f junit",
        r"is training, which .* has no place for; choose ",
        "export {train} -f csv",
    ),
    "a store into itself": (
        "store copy .gradparity/results.db .gradparity/results.db",
        "is to be copied into itself; name two stores",
        "store copy .gradparity/results.db second.db",
    ),
    "a store with itself": (
        "store merge .gradparity/results.db other.db",
        "is the store that the others are merged into; leave it out",
        "store merge other.db --store third.db",
    ),
    "no sizes": (
        "check empty.py --backend numpy",
        r"sizes is empty; give it at least \{",
        "check mine.py --backend numpy --size tiny",
    ),
    "a report in place of a folder": (
        "report {bench} -o folder --no-3d",
        "; give another file: -o",
        "report {bench} -o report.html --no-3d",
    ),
    "a server for others": (
        "serve --host 0.0.0.0 --port 0",
        r"is seen from other machines; give a --token of",
        "serve --host 0.0.0.0 --port 0 --token abcdefghijklmnopqrstuvwxyz0123456789",
    ),
    "an address of another machine": (
        "serve --host 192.0.2.1 --token abcdefghijklmnopqrstuvwxyz0123456789 --port 0",
        "cannot listen on .*; give an address of this machine",
        "serve --host 127.0.0.1 --port 0",
    ),
    "a history of one commit": (
        "history booth --backend tape",
        r"a history needs two commits; name them: --commits A\.\.B",
        None,
    ),
    "a pipe as store": (
        f"run {RUN} --store pipe",
        "is not a regular file; name another one",
        f"run {RUN} --store file.db",
    ),
    "parquet on a terminal": (
        "export {bench} -f parquet",
        r"is not for a terminal; name a file: --out run\.",
        "export {bench} -f parquet --out run.parquet",
    ),
    "a store that may not be written": (
        f"train {QUICK} --store sealed.db",
        "is read-only; name another file with --store",
        f"train {QUICK} --store another.db",
    ),
    "a folder that may not be written": (
        f"train {QUICK} --store sealed/new.db",
        "the folder .* is read-only; name another file with --store",
        f"train {QUICK} --store another.db",
    ),
}
"""What is refused, the advice, and the line that follows it; None where a test of its own does.

{bench}, {train}, {unplanned}: runs in the store.
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    (folder / "sales.csv").write_text(SALES)
    cents = SALES.replace(",", ";").replace(";5\n", ",5;5\n")
    (folder / "commas.csv").write_text(cents.replace("10;70,5", "10.5;70,5"))
    (folder / "points.csv").write_text(cents.replace("10;70,5", "10,5;70,5"))
    (folder / "mine.py").write_text(GOOD)
    (folder / "empty.py").write_text(GOOD.replace('{"tiny": {"n": 20}, "small": {"n": 50}}', "{}"))
    (folder / "folder").mkdir()
    (folder / "sealed").mkdir()
    os.mkfifo(folder / "pipe")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "mine.py")
    git(folder, "commit", "-q", "-m", "one")
    for words in (f"run {RUN}", f"train {QUICK}"):
        ended = typed(*words.split(), cwd=folder)
        assert ended.code == 0, ended.err
    with open_store(folder / ".gradparity/results.db") as store:
        (bench,) = (run for run in store.runs() if run.kind == "bench")
        store.put(replace(bench, id="unplanned", options={}, status="interrupted"), [])
    for name in ("other.db", "sealed.db"):
        ended = typed("store", "copy", ".gradparity/results.db", name, cwd=folder)
        assert ended.code == 0, ended.err
    return folder


@pytest.fixture(scope="module")
def runs(place):
    """The ids of what is stored; one has lost its plan."""
    with open_store(place / "other.db") as store:
        return {"unplanned": "unplanned"} | {
            run.kind: run.id for run in store.runs() if run.id != "unplanned"
        }


class Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


def _seals(access):
    return lambda path, mode, *more, **named: (
        not (mode & os.W_OK and "sealed" in str(path)) and access(path, mode, *more, **named)
    )


def type_line(line, place, terminal=False):
    """How a line ends; nothing is served for longer than it takes to begin."""
    on_terminal = patch("io.TextIOWrapper", Terminal)
    with (
        patch("gradparity.harness.play.server.until_interrupted"),
        patch("os.access", _seals(os.access)),
        on_terminal if terminal else nullcontext(),
    ):
        return typed(*line.split(), cwd=place)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_line(name, place, runs):
    refused, advice, followed = COMMANDS[name]
    ended = type_line(refused.format(**runs), place, terminal="terminal" in name)
    assert ended.code == 2, ended
    assert re.search(advice, ended.err), ended.err
    assert len(ended.err.splitlines()) == 1, ended.err
    if followed is not None:
        ended = type_line(followed.format(**runs), place)
        assert ended.code == 0, ended.err

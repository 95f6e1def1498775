"""Losses that misbehave (`tests/studies/misbehaving_losses.py`), through every verb that calls them.

They come in files of eight and one that is well-behaved; `derive` and `optimize` take one at a
time. Each has a status that it may have, the well-behaved one is right, and no process is left.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import time
from functools import partial
from pathlib import Path

import psutil

from gradparity.harness.play.computer import LANDSCAPE, Computer, Target
from gradparity.problems import InputError
from tests.harness.files import GOOD
from tests.harness.gate.test_gate_git import git
from tests.studies.abuse.commands import ENDS_S, MARK, PROCESS_S, alive, environment, watched
from tests.studies.abuse.faults import Fault
from tests.studies.abuse.load import plenty
from tests.studies.misbehaving_losses import FORGERY, IMPORTS, MISBEHAVING, together

TOGETHER = 8
TIMEOUT_S = 6
ALONE = ("deletes itself", "patches its file", "empties our catalogue")
"""Those that change what the others of their file are."""

COMMON = ("--backend", "numpy", "--size", "tiny", "-f", "json")
VERBS = {
    "run": (*COMMON, "--rounds", "2", "--extra", "0", "--processes", "1"),
    "check": COMMON,
    "train": (*COMMON, "--optimizer", "gd", "--lr", "1e-3", "--steps", "20", "--plots", "drawn"),
    "gradients": COMMON,
    "gate": (
        *(*COMMON, "--against", "main", "--margin", "9", "--pairs", "2"),
        *("--total-seconds", "600", "--seconds", "1"),
    ),
}
WELL = {
    **{"run": ("ok",), "check": ("ok",), "train": ("budget", "plateau"), "gate": ("pass",)},
    "gradients": ("ok",),
}
UNFINISHED = ("error", "crashed", "timeout", "out of memory", "broken", "failed")
REFUSED = re.compile(r"gradparity: losses\.py: (loss\d+): ")
"""A file is refused, with exit code 2 and before anything runs, for a loss that cannot be called."""

GONE = "losses.py: no such file or directory"

SINGLE = ("derive", "optimize", "play")


def _in_time() -> tuple[str, str]:
    """The time that each may take, which is plenty for what behaves well."""
    return "--timeout", str(plenty(TIMEOUT_S))


def groups(most: int) -> list[list]:
    """The losses, in the files that they share."""
    some = MISBEHAVING[:most]
    apart = [[one] for one in some if one.name in ALONE]
    rest = [one for one in some if one.name not in ALONE]
    return [rest[i : i + TOGETHER] for i in range(0, len(rest), TOGETHER)] + apart


def trials(verb: str, most: int) -> int:
    """How many trials there are of a verb."""
    return min(most, len(MISBEHAVING)) if verb in SINGLE else len(groups(most))


def through(verb: str, most: int):
    """What tries a verb."""
    if verb == "play":
        return played
    return partial(single if verb in SINGLE else several, verb, most)


def several(verb: str, most: int, number: int, rng: random.Random, folder: Path):
    """A file of losses through a verb that shows a row for each."""
    losses = {f"loss{i}": one for i, one in enumerate(groups(most)[number])}
    place = folder / f"{verb}-{number}"
    place.mkdir()
    (place / "losses.py").write_text(together(losses))
    (place / ".gitignore").write_text("tmp\n.gradparity\n")
    git(place, "init", "-q", "-b", "main")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "one")
    tried = dict(losses)
    while True:
        words = (verb, "losses.py", *VERBS[verb], *_in_time())
        done = watched(place, *words, allowed={0, 1, 2, 3, 4}, seconds=900)
        refused = REFUSED.search(done.err)
        if done.code != 2 or refused is None or "error" not in losses[refused[1]].costs:
            break
        del losses[refused[1]]  # it is told at once, before anything is called
        (place / "losses.py").write_text(together(losses))
        git(place, "commit", "-q", "-a", "-m", "without it")
    names = ", ".join(one.name for one in tried.values())
    theirs = done.code != 70 and f'File "{place}/losses.py"' in done.err  # shown on purpose
    faults = [each for each in done.faults if not (theirs and each.kind == "traceback")]
    faults = [Fault(one.kind, one.told, f"{verb} of {names}") for one in faults]
    if done.code == 2 and GONE in done.err.lower() and names == "deletes itself":
        return len(tried), faults
    if git(place, "worktree", "list").count("\n"):
        faults.append(Fault("folder", "a worktree is left", f"{verb} of {names}"))
    try:
        rows = rows_of(json.loads(done.out))
    except ValueError:
        told = f"no JSON: {done.out[:200]!r} {done.err[-600:]!r}"
        return len(tried), [*faults, Fault("lost", told, f"{verb} of {names}")]
    if rows.get("mine") not in WELL[verb]:
        told = f"the well-behaved one is {rows.get('mine')}"
        faults.append(Fault("lost", told, f"{verb} of {names}"))
    for name, one in losses.items():
        may = {*one.costs, *UNFINISHED, *(WELL[verb] if "ok" in one.costs else ())}
        may |= {"inconclusive"} if verb == "gate" else set()  # its time as a whole may be spent
        if rows.get(name) not in may:
            told = f"{one.name}: {rows.get(name)}, not of {sorted(may)}"
            faults.append(Fault("lost", told, f"{verb} of {names}"))
    if not faults:
        shutil.rmtree(place)
    return len(tried), faults


def rows_of(document: dict | list) -> dict[str, str]:
    """Problem -> status, of the JSON of any verb; `gradients` says who is missing."""
    if isinstance(document, list):
        return {one["problem"]: "error" if one["missing"] else "ok" for one in document}
    known = ("checks", "cells", "rows", "descents")
    rows = next((document[name] for name in known if name in document), [])
    return {row["problem"]: row["status"] for row in rows}


PRICED = """
def loss(xp, params, data):
    if not BEGUN:
        BEGUN.append(1)
        misbehave(params, data)
    return -(params["price"] - 3.0) * (10.0 - params["price"])

def misbehave(params, data):
{body}

def gradient(params, data):
    misbehave(params, data)
    return loss(None, params, data), {{"price": 2 * params["price"] - 13.0}}

BEGUN = []
PROBLEM = Problem(
    "misbehaves", loss, lambda rng: Instance({{"price": np.array(5.0)}}, {{}}), {{"tiny": {{}}}}, "a test",
    gradient=gradient, units={{"price": "currency", "": "currency"}},
)
"""


def single(verb: str, most: int, number: int, rng: random.Random, folder: Path):
    """A loss alone, through a verb that takes one problem."""
    one = MISBEHAVING[number]
    place = folder / f"{verb}-{number}"
    place.mkdir()
    body = "\n".join(f"    {line}" for line in one.does.splitlines())
    head = GOOD.split("def loss")[0]
    (place / "losses.py").write_text(IMPORTS + head + FORGERY + PRICED.format(body=body))
    done = watched(place, verb, "losses.py", *_in_time(), seconds=90)
    theirs = done.code != 70 and f'File "{place}/losses.py"' in done.err  # shown on purpose
    faults = [each for each in done.faults if not (theirs and each.kind == "traceback")]
    found = [Fault(each.kind, each.told, f"{verb} of {one.name}") for each in faults]
    if done.code == 0 and not {"ok", "formula"} & set(one.costs):
        found.append(Fault("silent", "exit 0", f"{verb} of {one.name}"))
    return 1, found


PLAYED = """
def misbehaves(x, y):
    misbehave({{"x": np.array(x), "y": np.array(y)}}, {{}})
    return (x - 1.0) * (x - 1.0) + y * y

def misbehave(params, data):
{body}

def mine(x, y):
    return x * x + y * y
"""


def played(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """A loss of two variables on the live page: each question is answered, and the next page's too."""
    one = MISBEHAVING[number]
    place = folder / f"play-{number}"
    place.mkdir()
    body = "\n".join(f"    {line}" for line in one.does.splitlines())
    head = GOOD.split("def loss")[0]
    (place / "losses.py").write_text(IMPORTS + head + FORGERY + PLAYED.format(body=body))
    environment(place)  # makes its temporary folder
    seconds, faults, before = plenty(TIMEOUT_S), [], os.environ.get(MARK)
    os.environ[MARK] = str(place)
    try:
        for name, may in (("misbehaves", (200, 422, 500, 503)), ("mine", (200,))):
            began = time.monotonic()
            statuses = _asked(f"{place}/losses.py::{name}", seconds)
            if time.monotonic() - began > 4 * seconds + plenty(PROCESS_S):
                faults.append(
                    Fault("hang", f"{time.monotonic() - began:.0f} s", f"play of {one.name}")
                )
            if not set(statuses) <= set(may) and one.name not in ALONE:
                faults.append(Fault("lost", f"{name}: {statuses}", f"play of {one.name}"))
        left = psutil.wait_procs(alive(place), timeout=plenty(ENDS_S))[1]
        for process in left:
            faults.append(
                Fault("process", " ".join(process.cmdline())[:200], f"play of {one.name}")
            )
            process.kill()
    finally:
        os.environ.pop(MARK)
        if before is not None:
            os.environ[MARK] = before
    return 1, faults


def _asked(target: str, seconds: int) -> list[int]:
    """The statuses of two questions to a page of this target; of a refused one, 422."""
    computer = Computer(float(seconds), Target(target), memory_gib=8.0)
    try:
        computer.told()
    except InputError:
        return [422]
    else:
        return [computer.ask(LANDSCAPE, {}).status for _ in range(2)]
    finally:
        computer.close()

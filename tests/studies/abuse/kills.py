"""Runs, trainings and gates that are killed at random moments, resumed, and looked through.

A trial: a verb is started, and ended by a signal at a moment drawn over the time that it takes
undisturbed. Then what the store holds is read; the run is resumed; all that was there is there
still, bit for bit, each once, together with the rest; no process and no folder stays.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from functools import cache
from pathlib import Path

from gradparity.results.store import rows
from gradparity.results.store.store import open_store
from tests.harness.files import GOOD
from tests.harness.gate.test_gate_git import git
from tests.studies.abuse.commands import ended, folders, send, started, watched
from tests.studies.abuse.faults import CODES, Fault, faults_of

COMMON = ("--backend", "numpy,tape", "--timeout", "60")
RUN = (
    *("run", "booth", "beale", "himmelblau", "saddle", "price-linear", "--size", "tiny"),
    *("--rounds", "10", "--extra", "0", *COMMON),
)
TRAIN = (
    *("train", "booth", "beale", "--optimizer", "gd,adam", "--lr", "1e-3:1e-1:log3"),
    *("--steps", "300", *COMMON),
)
GATE = (
    *("gate", "booth", "--size", "tiny", "--backend", "numpy", "--against", "main"),
    *("--pairs", "2", "--seconds", "1", "--total-seconds", "20", "--margin", "9"),
)
NEXT = ("run", "booth", "--backend", "numpy", "--size", "tiny", "--rounds", "2", "--extra", "0")
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

EARLY = {-signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT}
"""How a signal ends a process in which Python itself is still starting."""


def repository(folder: Path) -> Path:
    """A folder with a file in it that is committed."""
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(GOOD)
    (folder / ".gitignore").write_text("tmp\n.gradparity\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    return folder


@cache
def undisturbed(verb: tuple[str, ...], folder: Path) -> tuple[float, list[str]]:
    """How many seconds a verb takes, and the identities of what it stores."""
    place = repository(folder / f"undisturbed-{verb[0]}")
    began = time.monotonic()
    done = ended(started(place, *verb), place, verb[0])
    assert done.code == 0, done.err
    return time.monotonic() - began, [identity for identity, _ in stored(place)[1]]


def stored(folder: Path):
    """(the latest run or None, (identity, checksum) of each of its cells or descents)."""
    path = folder / ".gradparity" / "results.db"
    if not path.exists():
        return None, []
    with open_store(path, read_only=True) as store:
        runs = store.runs()
        if not runs:
            return None, []
        train = runs[0].kind == "train"
        found = store.descents(runs[0].id) if train else store.cells(runs[0].id)
        assert store.damage == []
        row_of = rows.descent_row if train else rows.cell_row
        made = [row_of(runs[0].id, one) for one in found]
        return runs[0], [(row["identity"], row["checksum"]) for row in made]


def killed(verb: tuple[str, ...], number: int, rng: random.Random, folder: Path):
    """(the place, what is wrong) of one that is started, and ended by a signal at some moment."""
    seconds, _ = undisturbed(verb, folder)
    place = repository(folder / f"{verb[0]}-{number}")
    sent, moment = rng.choice(SIGNALS), rng.uniform(0.05, 1.0) * seconds
    times = 1 if sent == signal.SIGKILL else rng.choice((1, 1, 3))
    tried = f"{verb[0]}, {sent.name} {times} times after {moment:.2f} s of {seconds:.2f} s"
    process = started(place, *verb)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        send(process, sent, times)
    done = ended(process, place, tried, seconds=60)
    allowed = CODES | EARLY | {-signal.SIGKILL}
    faults = [*done.faults, *faults_of(done.code, done.out, done.err, tried, allowed)]
    if done.code == 130 and times == 1:
        faults += [Fault("folder", name, tried) for name in folders(place)]
    return place, faults, tried


def resumed(verb: tuple[str, ...], number: int, rng: random.Random, folder: Path) -> list[Fault]:
    """What is wrong after a run or a training was killed and resumed."""
    place, faults, tried = killed(verb, number, rng, folder)
    run, before = stored(place)
    if run is None:
        again = verb
    elif run.status == "finished":
        again = NEXT
    else:
        again = (verb[0], "--resume", run.id)
    done = watched(place, *again)
    faults += [Fault(one.kind, one.told, f"{tried}; {again}") for one in done.faults]
    if done.code != 0:
        faults.append(Fault("lost", f"not resumed: exit {done.code}: {done.err[-300:]}", tried))
    if again is NEXT:
        return faults
    after = stored(place)[1]
    lost = [one for one in before if one not in after]
    names = [identity for identity, _ in after]
    missing = [name for name in undisturbed(verb, folder)[1] if name not in names]
    faults += [Fault("lost", f"{one[0]}: was stored, is not", tried) for one in lost]
    faults += [Fault("lost", f"{name}: never made", tried) for name in missing]
    faults += [Fault("doubled", name, tried) for name in {n for n in names if names.count(n) > 1}]
    return faults


def run(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """A run that is killed, and resumed."""
    return 1, resumed(RUN, number, rng, folder)


def train(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """A training that is killed, and resumed."""
    return 1, resumed(TRAIN, number, rng, folder)


def gate(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """A gate that is killed; the next command clears what it left."""
    place, faults, tried = killed(GATE, number, rng, folder)
    done = watched(place, *NEXT)
    faults += [Fault(one.kind, one.told, f"{tried}; then a run") for one in done.faults]
    if git(place, "worktree", "list").count("\n") or os.path.lexists(place / ".git" / "worktrees"):
        pruned = watched(place, *GATE)
        faults += [Fault(one.kind, one.told, f"{tried}; then a gate") for one in pruned.faults]
        if git(place, "worktree", "list").count("\n"):
            faults.append(Fault("folder", git(place, "worktree", "list"), tried))
    return 1, faults

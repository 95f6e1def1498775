"""Commands that are abused: inside this process where that will do, or as a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests import ROOT
from tests.harness.command import COMMAND
from tests.harness.terminal import inside
from tests.studies.abuse.faults import CODES, Fault, TooLong, at_most, faults_of
from tests.studies.abuse.load import plenty

MARK = "GRADPARITY_ABUSE"
"""A variable that everything that a command starts has."""

INSIDE_S = 300
PROCESS_S = 240
"""What is plenty, on a quiet machine (`load.plenty`)."""

ENDS_S = 15
"""How soon after a command its last process has ended."""


@dataclass(frozen=True, slots=True)
class Process:
    """How a process ended; code: negative for a signal. faults: of what it left, or took."""

    code: int | None
    out: str
    err: str
    faults: tuple[Fault, ...] = ()


def called(folder: Path, *words: str, workers=False, allowed=CODES, seconds=INSIDE_S, **more):
    """(the ended command, its faults), called inside this process."""
    tried = f"gradparity {' '.join(map(repr, words))}"
    try:
        with at_most(plenty(seconds)):
            ended = inside.gradparity(*words, cwd=folder, workers=workers, **more)
    except TooLong:
        return inside.Ended(None, "", ""), [Fault("hang", f"over {seconds} s", tried)]
    return ended, faults_of(ended.code, ended.out, ended.err, tried, allowed)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The variables of a command that is to be watched; its temporary folder is its own."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    own = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src"), "HOME": str(folder)}
    return {**own, "TMPDIR": str(temporary), MARK: str(folder), **more}


def started(folder: Path, *words: str, **more) -> subprocess.Popen:
    """A command as a process in `folder`, with pipes."""
    given = {"env": environment(folder), "stdin": subprocess.DEVNULL, "cwd": folder, **more}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*COMMAND, *words], start_new_session=True, **(pipes | given))


def ended(process: subprocess.Popen, folder: Path, tried: str, seconds=PROCESS_S) -> Process:
    """Wait for a command; what outlives it is a fault, and is ended."""
    faults = []
    try:
        out, err = process.communicate(timeout=plenty(seconds))
    except subprocess.TimeoutExpired:
        faults.append(Fault("hang", f"over {seconds} s", tried))
        process.kill()
        out, err = process.communicate()
    left = psutil.wait_procs(alive(folder), timeout=plenty(ENDS_S))[1]
    for one in left:
        with suppress(psutil.Error):
            faults.append(Fault("process", " ".join(one.cmdline())[:200], tried))
            one.kill()
    texts = (stream.decode(errors="replace") if stream else "" for stream in (out, err))
    return Process(process.returncode, *texts, tuple(faults))


def alive(folder: Path) -> list[psutil.Process]:
    """Every process that a command in this folder has started, zombies aside."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(folder) and process.status() != "zombie":
                found.append(process)
    return found


def watched(folder: Path, *words: str, allowed=CODES, seconds=PROCESS_S, **more) -> Process:
    """A command as a process, waited for; faults: of its end, and of what it left."""
    tried = f"gradparity {' '.join(map(repr, words))}"
    process = ended(started(folder, *words, **more), folder, tried, seconds)
    own = faults_of(process.code, process.out, process.err, tried, allowed)
    hung = any(fault.kind == "hang" for fault in process.faults)
    left = [Fault("folder", name, tried) for name in folders(folder)]
    every = (*process.faults, *([] if hung else own), *left)
    return Process(process.code, process.out, process.err, every)


def folders(folder: Path) -> list[str]:
    """The names of temporary folders of commands that were started here; tracebacks aside."""
    names = os.listdir(folder / "tmp")
    return [name for name in names if name.startswith("gradparity-") and "traceback" not in name]


def send(process: subprocess.Popen, number: signal.Signals, times: int) -> None:
    """Send a signal so many times, if the process still is."""
    for _ in range(times):
        process.send_signal(number)

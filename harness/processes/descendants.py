"""Ending a worker with everything that it has started, wherever that has gone.

What a worker starts is in its process group, unless it has left (`setsid`); then it still descends
from the worker, who adopts orphans (PR_SET_CHILD_SUBREAPER). Once a worker has died by itself
nothing descends from it any more: its mark in the environment tells who was started by it. The mark
also tells who started the worker, so that what outlived a killed run is ended by the next.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import psutil

MARK = "GRADPARITY_WORKER"
"""The variable of the environment with a worker's mark; what it starts inherits it."""

PATIENCE_S = 5.0
"""What is killed ends at once, unless the kernel holds it; nobody waits for that any longer."""

GENERATIONS = 20
"""How often it is looked for what was started meanwhile: a stopped process starts no more."""


def new_mark() -> str:
    """The mark of a worker of this process: "PID STARTED SECRET"."""
    own = psutil.Process()
    return f"{own.pid} {own.create_time()} {secrets.token_hex(8)}"


def end_orphans() -> None:
    """Kill what workers have started whose own parent, one of ours, was killed.

    What runs in a container is left alone: a mark has its parent's number there, which is nobody's
    or another's here.
    """
    for process, mark in _marks():
        pid, started, _ = mark.split(" ")
        with suppress(psutil.Error, ValueError):
            if _numbers(process.pid) == _numbers() and not _alive(int(pid), float(started)):
                process.kill()


def _numbers(pid: int | str = "self") -> int | None:
    """The set of process numbers (Linux' PID namespace) that a process is in; None elsewhere."""
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino
    except OSError:
        return None


def _alive(pid: int, started: float) -> bool:
    """Whether the process that has this number is the one that started then."""
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1
    except psutil.NoSuchProcess:
        return False


def died(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has ended; its exit code stays to be had."""
    try:
        return psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end_with_descendants(process: subprocess.Popen[bytes], mark: str) -> int | None:
    """Kill a worker and all that it has started; its exit code, None if it cannot be killed."""
    alone = died(process)
    found = _stopped_descendants(process.pid) if not alone else _marked(mark)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # it leads a group of its own
    for each in found:
        with suppress(psutil.Error):
            each.kill()
    process.kill()  # it may have left its group
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE_S)
    psutil.wait_procs(found, PATIENCE_S)
    return process.returncode


def _stopped_descendants(pid: int) -> list[psutil.Process]:
    """All that descends from a process, and stopped like it, so that it starts nothing more."""
    found: list[psutil.Process] = []
    with suppress(psutil.Error):
        worker = psutil.Process(pid)
        worker.suspend()
        for _ in range(GENERATIONS):
            new = [each for each in worker.children(recursive=True) if each not in found]
            for each in new:
                with suppress(psutil.Error):
                    each.suspend()
            found += new
            if not new:
                break
    return found


def _marked(mark: str) -> list[psutil.Process]:
    """The processes that carry this mark."""
    return [process for process, found in _marks() if found == mark]


def _marks() -> Iterator[tuple[psutil.Process, str]]:
    """Every process of this user that has a mark, and the mark."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.uids().real == os.getuid() and MARK in (own := process.environ()):
                yield process, own[MARK]

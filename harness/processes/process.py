"""The parent's side of a worker process: start it, ask it, end it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import gradparity

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
ROOT = Path(gradparity.__file__).parent.parent
"""The folder that holds the package `gradparity`."""


class WorkerFailure(Exception):
    """A request that got no answer: status is "crashed", "timeout", "out of memory" or "error"."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use: these cores, seconds per request, GiB of memory (None: all)."""

    cores: tuple[int, ...]
    timeout_s: float
    memory_gib: float | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """Where a worker's code comes from.

    root: holds the package `gradparity` that it imports. folder: where it runs, so that a user's
    relative files mean those of this tree; None for where the parent runs. compiled: a folder in
    which JAX keeps what it compiled, for workers that do the same; None for wherever the user has
    it kept.
    """

    root: Path = ROOT
    folder: Path | None = None
    compiled: Path | None = None

    def variables(self) -> dict[str, str]:
        """Of the environment of its workers."""
        path = os.pathsep.join(filter(None, (str(self.root), os.environ.get("PYTHONPATH"))))
        if self.compiled is None:
            return {"PYTHONPATH": path}
        return {
            "PYTHONPATH": path,
            "JAX_COMPILATION_CACHE_DIR": str(self.compiled),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",
        }


OWN_TREE = Tree()
"""This gradparity, where it was started."""


class WorkerProcess:
    """One worker. It is started by the first request, and anew after a failure."""

    def __init__(self, backend: str, limits: Limits, tree: Tree = OWN_TREE) -> None:
        self.backend = backend
        self.limits = limits
        self.tree = tree
        self.process: subprocess.Popen[bytes] | None = None
        self.buffer = b""
        self.errors: Any = None

    def start(self, on: tuple[int, ...] | None = None) -> None:
        """Start the process and send the first request, without waiting for its answer.

        on: as many cores as it may use, where it starts if not there; `move` brings it back.
        """
        threads = str(len(self.limits.cores))
        environment = {
            **os.environ,
            **dict.fromkeys(THREAD_VARIABLES, threads),
            **self.tree.variables(),
            "PYTHONUNBUFFERED": "1",
        }
        gib = self.limits.memory_gib
        memory = None if gib is None else int(gib * 2**30)
        settings = {"cores": list(on or self.limits.cores), "memory_bytes": memory}
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `end`)
        self.buffer = b""
        self.process = subprocess.Popen(
            # -P: else a gradparity where we stand would come before the tree's.
            [sys.executable, "-P", "-m", "gradparity.harness.worker", json.dumps(settings)],
            cwd=self.tree.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal reaches the parent alone
        )
        self._send({"do": "hello", "backend": self.backend})

    def request(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The worker's answer. Raises WorkerFailure; a crash or timeout ends the process."""
        self.ask(do, **arguments)
        return self.answer()

    def ask(self, do: str, **arguments: Any) -> None:
        """Send a request whose `answer` is fetched later; starts the process if there is none.

        Raises WorkerFailure if it cannot be started.
        """
        if self.process is None:
            self.start()
            self.answer()
        self._send({"do": do, **arguments})

    def answer(self, by: float | None = None) -> dict[str, Any]:
        """The answer to the request on its way; after `start`, the process's greeting.

        by: a time of `monotonic`, if not as long from now as a request may take.
        Raises WorkerFailure; a crash or timeout ends the process.
        """
        if self.process is None:
            raise WorkerFailure("crashed", "the process has ended")
        line = self._read_line(monotonic() + self.limits.timeout_s if by is None else by)
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise WorkerFailure(**reply["error"])
        answer: dict[str, Any] = reply["ok"]
        return answer

    def silent_until(self) -> int | None:
        """The file that can be read once there is an answer; None if nothing is to come."""
        if self.process is None or b"\n" in self.buffer:
            return None
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def move(self, cores: tuple[int, ...]) -> None:
        """Move the process with all its threads to these cores, where the system can do that."""
        if self.process is None or not hasattr(os, "sched_setaffinity"):
            return
        with suppress(OSError):  # it is ending: the reader of its next answer finds out why
            for thread in os.listdir(f"/proc/{self.process.pid}/task"):
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(int(thread), cores)

    def kill(self) -> None:
        """End the process while another thread waits for its answer; that one finds it crashed."""
        process = self.process
        if process is not None:
            process.kill()

    def end(self) -> None:
        """End the process at once, if there is one."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, self.errors):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # the reader of the answer finds out why
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()

    def _read_line(self, deadline: float) -> bytes:
        assert self.process is not None
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            if not select.select([descriptor], [], [], max(0.0, deadline - monotonic()))[0]:
                self.end()
                raise WorkerFailure("timeout", f"timeout after {self.limits.timeout_s:g} s")
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                raise self._crash()
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def _crash(self) -> WorkerFailure:
        assert self.process is not None
        code = self.process.wait()
        self.errors.seek(0)
        last = self.errors.read().decode(errors="replace").strip().rpartition("\n")[2][:300]
        self.end()
        if code < 0:
            return WorkerFailure("crashed", f"crashed: signal {-code}")
        return WorkerFailure("crashed", f"crashed: exit code {code}" + (last and f" ({last})"))


def side_by_side(
    on: dict[WorkerProcess, tuple[int, ...]],
) -> Iterator[tuple[WorkerProcess, float]]:
    """Yield each once it can `answer`, and the time by which it has to.

    on: the cores that each works on. Where one is done, one from the most crowded cores moves in.
    """
    busy = dict(on)
    start = monotonic()
    while busy:
        by = start + max(worker.limits.timeout_s for worker in busy)
        done = _first(busy, by)
        yield done, start + done.limits.timeout_s
        free, taken = busy.pop(done), list(busy.values())
        crowded = max(taken, key=taken.count, default=free)
        if taken.count(crowded) >= taken.count(free) + 2:
            moved = next(worker for worker, cores in busy.items() if cores == crowded)
            moved.move(free)
            busy[moved] = free


def _first(busy: Iterable[WorkerProcess], by: float) -> WorkerProcess:
    """One that can answer; any, if none can in time."""
    silent = {}
    for worker in busy:
        file = worker.silent_until()
        if file is None:
            return worker
        silent[file] = worker
    ready = select.select(list(silent), [], [], max(0.0, by - monotonic()))[0]
    return silent[ready[0]] if ready else next(iter(silent.values()))

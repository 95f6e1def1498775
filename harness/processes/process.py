"""The parent's side of a worker process: start it, ask it, end it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Any, Generic, TypeVar

from gradparity.harness.messages.lines import Unreadable, read_answer, request_line
from gradparity.harness.messages.requests import OTHER_VERSION, Greeting, Hello, Refusal, Request
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.tree import OWN_TREE, Tree

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)

A = TypeVar("A")


class WorkerFailure(Exception):
    """A request that got no answer: status is "crashed", "timeout", "out of memory" or "error"."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class OtherVersion(WorkerFailure):
    """The worker's gradparity is another one, whose requests or answers have other fields."""

    def __init__(self, reason: str) -> None:
        super().__init__("error", f"another version of gradparity: {reason}")


class Asked(Generic[A]):
    """A request on its way to a worker, and its answer once that is read.

    failure: why it could not be sent; said when the answer is fetched.
    """

    def __init__(
        self, worker: WorkerProcess, request: Request[A], failure: WorkerFailure | None = None
    ) -> None:
        self.worker = worker
        self.request = request
        self.failure = failure
        self.line: bytes | None = None

    def answer(self, by: float | None = None) -> A:
        """The worker's answer.

        by: a time of `monotonic`, if not as long from now as a request may take.
        Raises WorkerFailure; a crash or timeout ends the process.
        """
        if self.failure is not None:
            raise self.failure
        if self.line is None:
            self.worker.read_until(self, by)
        assert self.line is not None
        try:
            found = read_answer(self.line, self.request)
        except Unreadable as error:
            raise OtherVersion(str(error)) from error
        if not isinstance(found, Refusal):
            return found
        if found.status == OTHER_VERSION:
            raise OtherVersion(found.reason)
        raise WorkerFailure(found.status, found.reason)


class WorkerProcess:
    """One worker. It is started by the first request, and anew after a failure.

    It answers every request with one line, in the order in which they were sent. heard: whether
    what else it prints goes to our standard error; otherwise it is kept for a crash's last words.
    """

    def __init__(
        self, backend: str, limits: Limits, tree: Tree = OWN_TREE, heard: bool = False
    ) -> None:
        self.backend = backend
        self.limits = limits
        self.tree = tree
        self.process: subprocess.Popen[bytes] | None = None
        self.buffer = b""
        self.heard = heard
        self.errors: Any = None
        self._unanswered: deque[Asked[Any]] = deque()

    def start(self, on: tuple[int, ...] | None = None) -> Asked[Greeting]:
        """Start the process and greet it, without waiting for its answer.

        on: as many cores as it may use, where it starts if not there; `move` brings it back.
        """
        threads = str(len(self.limits.cores))
        environment = {
            **os.environ,
            **dict.fromkeys(THREAD_VARIABLES, threads),
            **self.tree.variables(),
            "PYTHONUNBUFFERED": "1",
        }
        memory = self.limits.memory_bytes
        settings = {"cores": list(on or self.limits.cores), "memory_bytes": memory}
        if not self.heard:
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
        return self._send(Hello(self.backend))

    def request(self, request: Request[A]) -> A:
        """The worker's answer. Raises WorkerFailure; a crash or timeout ends the process."""
        return self.ask(request).answer()

    def ask(self, request: Request[A]) -> Asked[A]:
        """Send a request whose answer is fetched later; starts the process if there is none."""
        if self.process is None:
            try:
                self.start().answer()
            except WorkerFailure as failure:
                return Asked(self, request, failure)
        return self._send(request)

    def read_until(self, asked: Asked[Any], by: float | None = None) -> None:
        """Read lines until the one that answers `asked`. Raises WorkerFailure; see `Asked`."""
        deadline = monotonic() + self.limits.timeout_s if by is None else by
        while asked.line is None:
            if asked not in self._unanswered:
                raise WorkerFailure("crashed", "the process has ended")
            line = self._read_line(deadline)
            self._unanswered.popleft().line = line

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
        self._unanswered.clear()
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, self.errors):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def _send(self, request: Request[A]) -> Asked[A]:
        assert self.process is not None
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # the reader of the answer finds out why
            self.process.stdin.write(request_line(request).encode())
            self.process.stdin.flush()
        asked = Asked(self, request)
        self._unanswered.append(asked)
        return asked

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
        last = ""
        if self.errors is not None:
            self.errors.seek(0)
            last = self.errors.read().decode(errors="replace").strip().rpartition("\n")[2][:300]
        self.end()
        if code < 0:
            return WorkerFailure("crashed", f"crashed: signal {-code}")
        return WorkerFailure("crashed", f"crashed: exit code {code}" + (last and f" ({last})"))

"""The parent's side of a worker process: start it, ask it, end it.

A request that *begins* a cell depends on nothing that the worker did before. So it goes to a fresh
process where the worker's own is no longer what it was when it started: dead, moved to other cores,
or, by its own account, changed by what it served (`harness/worker/state.py`). Where it fails in a
process that served others before, it is asked once more of a fresh one. So whatever a user's code
does costs its own cell.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections import deque
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, Generic, TypeVar

from gradparity.harness.messages.lines import Unreadable, read_answer, request_line
from gradparity.harness.messages.request import OTHER_VERSION, SPOILED, Refusal, Request
from gradparity.harness.messages.timed import Greeting, Hello
from gradparity.harness.processes.channel import Channel, Closed, Foreign, Silent
from gradparity.harness.processes.descendants import MARK, died, end_with_descendants, new_mark
from gradparity.harness.processes.interruption import held
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.overheard import Overheard
from gradparity.harness.processes.tree import OWN_TREE, Tree
from gradparity.problems.python_file import is_file

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NPROC",  # XLA's pool, read when JAX starts
)

PATIENCE = {"OMP_WAIT_POLICY": "passive", "OPENBLAS_THREAD_TIMEOUT": "4"}
"""How the threads of a pool wait for work: asleep, not in a spin that keeps a core from others."""

LAST_S = 1.0
"""How long a worker that has closed its channel has to end by itself, and tell by its exit code."""

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


class OutOfTime(WorkerFailure):
    """The time for all that is to be done is spent (`Limits.until`): nothing is known of this."""

    def __init__(self) -> None:
        super().__init__("inconclusive", "the time for the whole was spent")


FRESH_MAY_DO = (SPOILED, "error", "crashed", "out of memory")
"""What a fresh process is asked for once more: statuses that what came before can cause."""


class Asked(Generic[A]):
    """A request on its way to a worker, and its answer once that is read.

    failure: why it could not be sent; said when the answer is fetched. number: a secret between it
    and its answer, which nothing else that writes into the worker's channel knows. first: whether
    it is the first of its process that begins something.
    """

    def __init__(
        self, worker: WorkerProcess, request: Request[A], failure: WorkerFailure | None = None
    ) -> None:
        self.worker = worker
        self.request = request
        self.failure = failure
        self.number = b""
        self.first = True
        self.line: bytes | None = None

    def by(self, start: float) -> float:
        """When the answer has to be there if it began at `start`; both by `monotonic`."""
        ours = isinstance(self.request, Hello) and not is_file(self.worker.backend)
        return self.worker.limits.by(start, ours)

    def answer(self, by: float | None = None) -> A:
        """The worker's answer.

        by: a time of `monotonic`, if not as long from now as a request may take.
        Raises WorkerFailure; a crash or timeout ends the process.
        """
        try:
            return self._answer(by)
        except WorkerFailure as failure:
            # A process that speaks otherwise than before is one that somebody has changed.
            may = isinstance(failure, OtherVersion) or failure.status in FRESH_MAY_DO
            if self.first or self.worker.killed or not may:
                raise
        self.worker.renew(self)
        return self._answer(None)

    def _answer(self, by: float | None) -> A:
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
    threads: of each library's pool, as many as it has cores if None.
    """

    def __init__(
        self,
        backend: str,
        limits: Limits,
        tree: Tree = OWN_TREE,
        heard: bool = False,
        threads: int | None = None,
    ) -> None:
        self.backend = backend
        self.limits = limits
        self.tree = tree
        self.process: subprocess.Popen[bytes] | None = None
        self.heard = heard
        self.threads = str(threads or len(limits.cores))
        self.killed = False
        self._on = limits.cores
        self._begun = 0
        self._unanswered: deque[Asked[Any]] = deque()

    def start(self, on: tuple[int, ...] | None = None) -> Asked[Greeting]:
        """Start the process and greet it, without waiting for its answer.

        on: as many cores as it may use, where it starts if not there; `move` brings it back.
        """
        self._on = on or self.limits.cores
        self._begun = 0
        self._mark = new_mark()
        environment = {
            **os.environ,
            **dict.fromkeys(THREAD_VARIABLES, self.threads),
            **PATIENCE,
            **self.tree.variables(),
            "PYTHONUNBUFFERED": "1",
            MARK: self._mark,
        }
        settings = {"cores": list(self._on), "memory_bytes": self.limits.memory_bytes}
        with held():
            self.printed = Overheard(self.heard)
            self.process = process = subprocess.Popen(
                # -P: else a gradparity where we stand would come before the tree's.
                [sys.executable, "-P", "-m", "gradparity.harness.worker", json.dumps(settings)],
                cwd=self.tree.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.printed.file,
                bufsize=0,
                env=environment,
                start_new_session=True,  # Ctrl-C in the terminal reaches the parent alone
            )
            self.printed.begin()
            self._channel = Channel(process, lambda: not died(process))
        return self._send(Asked(self, Hello(self.backend)))

    def request(self, request: Request[A]) -> A:
        """The worker's answer. Raises WorkerFailure; a crash or timeout ends the process."""
        return self.ask(request).answer()

    def ask(self, request: Request[A]) -> Asked[A]:
        """Send a request whose answer is fetched later; starts the process if there is none."""
        if self.process is not None and request.begins and not self._unanswered and self._unfit():
            self.end()
        asked = Asked(self, request)
        try:
            if self._late():
                raise OutOfTime
            if self.process is None:
                self.start().answer()
        except WorkerFailure as failure:
            asked.failure = failure
            return asked
        return self._send(asked)

    def renew(self, asked: Asked[Any]) -> None:
        """Send a request again, to a fresh process, and what else is on its way after it.

        Raises WorkerFailure where none starts.
        """
        waiting = [other for other in self._unanswered if other is not asked]
        self.end()
        self.start().answer()
        for each in (asked, *waiting):
            self._send(each)

    def read_until(self, asked: Asked[Any], by: float | None = None) -> None:
        """Read lines until the one that answers `asked`. Raises WorkerFailure; see `Asked`."""
        by = asked.by(monotonic()) if by is None else by
        while asked.line is None:
            if asked not in self._unanswered:
                raise WorkerFailure("crashed", "the process has ended")
            first = self._unanswered[0]
            try:
                first.line = self._channel.receive(first.number, by)
            except Silent:
                self.end()
                raise self._timeout() from None
            except Foreign as foreign:
                self.end()
                raise _intruded(foreign, first.request) from None
            except Closed:
                raise self._crash() from None
            self._unanswered.popleft()

    def silent_until(self) -> int | None:
        """The file that can be read once there is an answer; None if nothing is to come."""
        if self.process is None or died(self.process):
            return None
        return self._channel.silent_until()

    def move(self, cores: tuple[int, ...]) -> None:
        """Move the process with all its threads to these cores, where the system can do that."""
        self._on = cores
        if self.process is None or not hasattr(os, "sched_setaffinity"):
            return
        with suppress(OSError):  # it is ending: the reader of its next answer finds out why
            for thread in os.listdir(f"/proc/{self.process.pid}/task"):
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(int(thread), cores)

    def kill(self) -> None:
        """End the process while another thread waits for its answer; that one finds it crashed."""
        self.killed = True
        process = self.process
        if process is not None:
            process.kill()

    def end(self) -> int | None:
        """End the process at once with all that it has started; its exit code, if there is one."""
        process, self.process = self.process, None
        self._unanswered.clear()
        if process is None:
            return None
        with held():
            code = end_with_descendants(process, self._mark)
            self._channel.close()
        return code

    def _unfit(self) -> bool:
        """Whether the process is dead, or on other cores than it was put on."""
        assert self.process is not None
        if died(self.process):
            return True
        try:
            return tuple(sorted(os.sched_getaffinity(self.process.pid))) != tuple(sorted(self._on))
        except (AttributeError, OSError):  # not on this system; gone by now
            return False

    def _send(self, asked: Asked[A]) -> Asked[A]:
        asked.number = secrets.token_hex(8).encode()
        asked.line = None
        asked.first = not (asked.request.begins and self._begun)
        self._begun += asked.request.begins
        try:
            line = asked.number + b" " + request_line(asked.request).encode()
            self._channel.send(line, self.limits.by(monotonic()))
        except Silent:
            self.end()
            asked.failure = self._timeout()
            return asked
        self._unanswered.append(asked)
        return asked

    def _late(self) -> bool:
        return self.limits.until is not None and monotonic() >= self.limits.until

    def _timeout(self) -> WorkerFailure:
        if self._late():
            return OutOfTime()
        return WorkerFailure("timeout", f"timeout after {self.limits.timeout_s:g} s")

    def _crash(self) -> WorkerFailure:
        """What a worker that has closed its channel died of; where it lives on, it is ended."""
        process, until = self.process, monotonic() + LAST_S
        assert process is not None
        while (alive := not died(process)) and monotonic() < until:
            sleep(0.01)
        code = self.end()
        last = "" if self.heard else self.printed.last().strip().rpartition("\n")[2][:300]
        if alive or code is None:
            return WorkerFailure("crashed", "crashed: it closed its descriptors and went on")
        if code < 0:
            return WorkerFailure("crashed", f"crashed: signal {-code}")
        return WorkerFailure("crashed", f"crashed: exit code {code}" + (last and f" ({last})"))


def _intruded(foreign: Foreign, request: Request[Any]) -> WorkerFailure:
    """What to say of a line that is no answer to this request."""
    if isinstance(request, Hello):  # before any user's code: an older worker knows no numbers
        with suppress(Unreadable):
            answer = read_answer(foreign.line, request)
            if isinstance(answer, Refusal):
                return OtherVersion(answer.reason)
    return WorkerFailure(
        "crashed", f"crashed: something else than its answer came through its channel: {foreign}"
    )

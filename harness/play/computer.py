"""Frames from a process of their own: what hangs or dies there costs one answer."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock, Thread
from typing import Any

import psutil

from gradparity.harness.processes.limits import GIB, STARTING_S
from gradparity.harness.views.view import View
from gradparity.problems import InputError

LANDSCAPE = "landscape"
"""The view of the target: the first, where there is one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """status: of HTTP; text: JSON, a frame or {"error": one line}."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """What to look at besides the views that teach: a problem's name, `FILE` or `FILE::NAME`."""

    name: str
    size: str | None = None


class Computer:
    """One process that computes frames, one at a time; started on the first question.

    seconds: the most that one frame may take, once the process has started; then it is killed with
    what it has started itself, and the next question starts another one. memory_gib: how much it
    may use, None for all.
    target: whose code runs there, never here.
    """

    def __init__(
        self, seconds: float = 20.0, target: Target | None = None, memory_gib: float | None = None
    ) -> None:
        self.seconds, self.target, self.memory_gib = seconds, target, memory_gib
        self._lock = Lock()
        self._process: Any = None
        self._end: Connection | None = None

    def ask(self, view: str, given: Mapping[str, Any]) -> Reply:
        """The frame of a view for these values of its controls."""
        try:
            return Reply(*self._answered((view, dict(given))))
        except _Lost as lost:
            return refusal(503, f"{lost}; the next answer starts another process")

    def told(self) -> list[dict[str, Any]]:
        """What a page must know of each view (`View.told`), that of the target first.

        Raises InputError, one line, where the target cannot be looked at.
        """
        from gradparity.harness.play.views import VIEWS

        own: list[dict[str, Any]] = []
        if self.target is not None:
            try:
                found = self._answered(None)
            except _Lost as lost:
                raise InputError(f"{self.target.name}: {lost}") from None
            if isinstance(found, str):
                raise InputError(found)
            own = [found]
        return own + [view.told() for view in VIEWS.values()]

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._kill()

    def _answered(self, question: Any) -> Any:
        """What the process answers. Raises _Lost, whose text says why there is no answer."""
        with self._lock:
            try:
                end = self._started()
                end.send(question)
                if end.poll(self.seconds):
                    return end.recv()
                why = f"no answer within {self.seconds:g} s"
            except (EOFError, OSError):
                self._process.join(1.0)
                why = _died(self._process.exitcode)
            self._kill()
            raise _Lost(why)

    def _started(self) -> Connection:
        if self._end is None or not self._process.is_alive():
            self._kill()
            context = multiprocessing.get_context("spawn")
            self._end, far = context.Pipe()
            limit = None if self.memory_gib is None else int(self.memory_gib * GIB)
            arguments = (far, self.target, limit)
            self._process = context.Process(target=_serve, args=arguments, daemon=True)
            self._process.start()
            far.close()
            if self._end.poll(STARTING_S):
                self._end.recv()  # our own code is imported; the reader's comes now
        return self._end

    def _kill(self) -> None:
        if self._process is not None:
            below: list[psutil.Process] = []
            with suppress(psutil.Error):
                below = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            for each in below:
                with suppress(psutil.Error):
                    each.kill()
            self._process.join()
        if self._end is not None:
            self._end.close()
        self._process = self._end = None


class _Lost(Exception):
    """A question that got no answer."""


def _died(code: int | None) -> str:
    """How the process ended, in words."""
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"the process that computes has died of {signal.Signals(-code).name}"
    return f"the process that computes has ended with code {code}"


def refusal(status: int, why: str) -> Reply:
    """An answer that says in one line why there is no frame."""
    from gradparity.results.pages.encoding import encoded

    return Reply(status, encoded({"error": why}))


def answer(views: Mapping[str, View], view: str, given: Mapping[str, Any]) -> Reply:
    """The frame as JSON, or why there is none."""
    from gradparity.problems.errors import unknown
    from gradparity.results.pages.encoding import encoded

    try:
        if view not in views:
            raise unknown("view", view[:40], views)
        return Reply(200, encoded(views[view].frame(given)))
    except InputError as error:
        return refusal(422, str(error))
    except MemoryError:
        return refusal(503, "out of memory: this needs more than the process may use")
    except Exception as error:  # a fault of ours costs this answer, not the page
        return refusal(500, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


def _serve(end: Connection, target: Target | None, memory_bytes: int | None) -> None:
    """Answer questions until nobody asks: None for the target's view, else (view, values)."""
    from gradparity.harness.play.views import VIEWS

    _settle(memory_bytes)
    views = dict(VIEWS)
    end.send("ready")
    while True:
        try:
            question = end.recv()
        except (EOFError, OSError):
            return
        try:
            of_target = question is None or question[0] == LANDSCAPE
            if target is not None and of_target and LANDSCAPE not in views:
                views[LANDSCAPE] = _own(target)
        except InputError as error:
            told = refusal(422, str(error))
            end.send(str(error) if question is None else (told.status, told.text))
            continue
        if question is None:
            end.send(views[LANDSCAPE].told())
        else:
            told = answer(views, *question)
            end.send((told.status, told.text))


def _own(target: Target) -> View:
    from gradparity.harness.landscapes.targets import view_of

    return view_of(target.name, target.size)


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _settle(memory_bytes: int | None) -> None:
    """Leave Ctrl-C to the parent, end with it, and keep within the memory that is allowed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent,), daemon=True).start()
    if memory_bytes is not None:
        with suppress(ImportError, ValueError, OSError):
            import resource

            resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))

"""Frames from a process of their own: what hangs or dies there costs one answer."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from gradparity.problems import InputError


@dataclass(frozen=True, slots=True)
class Reply:
    """status: of HTTP; text: JSON, a frame or {"error": one line}."""

    status: int
    text: str


class Computer:
    """One process that computes frames, one at a time; started on the first question.

    seconds: the most that one frame may take; then the process is killed, and the next question
    starts another one.
    """

    def __init__(self, seconds: float = 20.0) -> None:
        self.seconds = seconds
        self._lock = Lock()
        self._process: Any = None
        self._end: Connection | None = None

    def ask(self, view: str, given: Mapping[str, Any]) -> Reply:
        """The frame of a view for these values of its controls."""
        with self._lock:
            end = self._started()
            try:
                end.send((view, dict(given)))
                if end.poll(self.seconds):
                    return Reply(*end.recv())
                why = f"no answer within {self.seconds:g} s; the next one starts afresh"
            except (EOFError, OSError):
                why = "the process that computes has died; the next answer starts another"
            self._kill()
            return refusal(503, why)

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._kill()

    def _started(self) -> Connection:
        if self._end is None or not self._process.is_alive():
            self._kill()
            context = multiprocessing.get_context("spawn")
            self._end, far = context.Pipe()
            self._process = context.Process(target=_serve, args=(far,), daemon=True)
            self._process.start()
            far.close()
        return self._end

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._end is not None:
            self._end.close()
        self._process = self._end = None


def refusal(status: int, why: str) -> Reply:
    """An answer that says in one line why there is no frame."""
    from gradparity.results.pages.encoding import encoded

    return Reply(status, encoded({"error": why}))


def answer(view: str, given: Mapping[str, Any]) -> Reply:
    """The frame as JSON, or why there is none."""
    from gradparity.harness.views.catalogue import VIEWS
    from gradparity.problems.errors import unknown
    from gradparity.results.pages.encoding import encoded

    try:
        if view not in VIEWS:
            raise unknown("view", view[:40], VIEWS)
        return Reply(200, encoded(VIEWS[view].frame(given)))
    except InputError as error:
        return refusal(422, str(error))
    except Exception as error:  # a fault of ours costs this answer, not the page
        return refusal(500, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


def _serve(end: Connection) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    while True:
        try:
            view, given = end.recv()
        except (EOFError, OSError):
            return
        told = answer(view, given)
        end.send((told.status, told.text))

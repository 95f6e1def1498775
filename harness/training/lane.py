"""A lane of the race: one core, and on it a worker process for each backend, one at work at a time.

Descents on one lane follow each other; lanes run side by side. A worker is asked for steps in
slices, so that the loss can be shown while it falls, and so that a loss that hangs, dies or eats
all memory costs its own descent: the worker is then started again for the next one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from gradparity.backends.catalogue import load
from gradparity.harness.processes.process import Limits, WorkerFailure, WorkerProcess
from gradparity.harness.training.course import Course
from gradparity.harness.training.plan import Entry
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import label
from gradparity.results.store.histories import unpacked_history

SLICE_S = 0.25
"""Seconds of steps per request."""

Told = Callable[[Entry, int, float], None]
"""told(entry, steps, loss): how far a descent is."""


class Stopped(Exception):
    """The race was called off while this descent was under way."""


@dataclass(slots=True)
class Lane:
    """See above.

    folder: for histories on their way. stop: set when the race is called off. told: hears how far
    a descent is, in the lane's own thread.
    """

    limits: Limits
    folder: Path
    stop: Event
    told: Told
    workers: dict[str, WorkerProcess] = field(default_factory=dict)

    def start(self, backends: list[str]) -> dict[str, Any]:
        """Start the workers side by side; the thread pools that each found in itself."""
        for backend in backends:
            self._worker(backend).start()
        pools = {}
        for backend in backends:
            try:
                pools[backend] = self.workers[backend].answer()["pools"]
            except WorkerFailure:
                self.workers[backend].end()  # its first descent starts it again, and says why
        return pools

    def run(self, entry: Entry) -> Descent:
        """The record of a descent, made or not. Raises Stopped."""
        if self.stop.is_set():
            raise Stopped
        if entry.status:
            return without_steps(entry.course, entry.status, entry.reason)
        worker = self._worker(entry.course.backend)
        file = self.folder / f"{id(self)}.npz"
        steps = 0
        self.told(entry, steps, math.nan)
        try:
            worker.request("begin_descent", course=entry.course.to_json())
            ended = False
            while not ended:
                if self.stop.is_set():
                    raise Stopped
                now = worker.request("advance_descent", seconds=SLICE_S)
                ended, steps = now["ended"], now["steps"]
                self.told(entry, steps, now["loss"])
            record = worker.request("end_descent", file=str(file))["record"]
        except WorkerFailure as failure:
            if self.stop.is_set():
                raise Stopped from failure
            where = f" after {steps} steps" if steps else ""
            return without_steps(entry.course, failure.status, failure.reason + where)
        return Descent(**record, history=unpacked_history(file.read_bytes()))

    def check(self, course: Course) -> str | None:
        """What is wrong with the problem in a user's file, or None. Raises WorkerFailure."""
        worker = self._worker(course.backend)
        asked = {"file": course.file, "problem": course.problem, "seed": course.seed}
        fault: str | None = worker.request("check", **asked)["fault"]
        return fault

    def kill(self) -> None:
        """End the processes from another thread; the lane's own finds its worker gone."""
        for worker in list(self.workers.values()):
            worker.kill()

    def end(self) -> None:
        """End every process."""
        for worker in self.workers.values():
            worker.end()

    def _worker(self, backend: str) -> WorkerProcess:
        if backend not in self.workers:
            self.workers[backend] = WorkerProcess(backend, self.limits)
        return self.workers[backend]


def without_steps(course: Course, status: str, reason: str) -> Descent:
    """The record of a descent of which there is no history: it never began, or its process died."""
    return Descent(
        problem=course.problem,
        size=course.size,
        parameters=0,
        backend=label(load(course.backend).name, course.variant),
        how="",
        optimizer=course.optimizer,
        options=dict(course.options),
        rate=course.rate,
        schedule=course.schedule,
        batch=course.batch,
        seed=course.seed,
        dtype=course.dtype,
        status=status,
        reason=reason,
    )

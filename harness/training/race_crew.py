"""A crew of the race: on one core a worker process for each backend, one at work at a time.

Descents of one crew follow each other; crews work side by side. A worker is asked for steps in
slices, so that the loss can be shown while it falls, and so that a loss that hangs, dies or eats
all memory costs its own descent: the worker is then started again for the next one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import ClassVar

from gradparity.harness.messages.descending import AdvanceDescent, BeginDescent, EndDescent
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.messages.timed import Pool
from gradparity.harness.planning.faults import fault
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.harness.processes.side_by_side import Stopped, Workbench
from gradparity.harness.processes.tree import OWN_TREE, Tree
from gradparity.harness.training.descents.stopping import Ending
from gradparity.harness.training.plan import PlannedDescent
from gradparity.results.records.descent import Descent
from gradparity.results.store.histories import unpacked_history

SLICE_S = 0.25
"""Seconds of steps per request."""

Told = Callable[[PlannedDescent, int, float], None]
"""told(planned, steps, loss): how far a descent is."""


@dataclass(frozen=True, slots=True)
class DescentRecipe:
    """How descents are made, wherever that is; limits: see `RaceOptions`."""

    timeout_s: float
    memory_gib: float | None
    alone: ClassVar[bool] = False
    gpu: ClassVar[bool] = False

    def hire(self, bench: Workbench) -> RaceCrew:
        """A crew that has no worker yet."""

        def told(planned: PlannedDescent, steps: int, loss: float) -> None:
            doing = f"step {steps:,} loss {loss:.4g}" if steps else "prepare"
            bench.step(f"{doing} · {planned.label}")

        limits = Limits(bench.cores, self.timeout_s, self.memory_gib)
        return RaceCrew(limits, bench.folder, bench.stop, told, bench.tree)

    def lost(self, planned: PlannedDescent, why: str) -> Descent:
        """What becomes of a descent whose hosts were lost."""
        return planned.ended(Ending("lost", why))


@dataclass(slots=True)
class RaceCrew:
    """See above.

    folder: for histories on their way. stop: set when the race is called off. told: hears how far
    a descent is, in the crew's own thread. tree: whose code its workers run, and where.
    """

    limits: Limits
    folder: Path
    stop: Event
    told: Told
    tree: Tree = OWN_TREE
    workers: dict[str, WorkerProcess] = field(default_factory=dict)

    def start(self, backends: list[str]) -> dict[str, tuple[Pool, ...]]:
        """Start the workers side by side; the thread pools that each found in itself."""
        greetings = {backend: self._worker(backend).start() for backend in backends}
        pools = {}
        for backend, greeting in greetings.items():
            try:
                pools[backend] = greeting.answer().pools
            except WorkerFailure:
                self.workers[backend].end()  # its first descent starts it again, and says why
        return pools

    def run(self, planned: PlannedDescent) -> Descent:
        """The record of a descent, made or not. Raises Stopped."""
        if self.stop.is_set():
            raise Stopped
        if planned.obstacle is not None:
            return planned.ended(planned.obstacle)
        worker = self._worker(planned.spec.backend)
        file = self.folder / f"{id(self)}.npz"
        steps = 0
        self.told(planned, steps, math.nan)
        try:
            worker.request(BeginDescent(planned.spec))
            ended = False
            while not ended:
                if self.stop.is_set():
                    raise Stopped
                now = worker.request(AdvanceDescent(SLICE_S))
                ended, steps = now.ended, now.steps
                self.told(planned, steps, now.loss)
            descent = worker.request(EndDescent(str(file))).descent
        except WorkerFailure as failure:
            if self.stop.is_set():
                raise Stopped from failure
            where = f" after {steps} steps" if steps else ""
            return planned.ended(Ending(failure.status, failure.reason + where))
        return replace(descent, history=unpacked_history(file.read_bytes()))

    def fault(self, spec: DescentSpec) -> str | None:
        """What is wrong with the problem in a user's file; None if nothing is."""
        assert spec.file is not None
        return fault(self._worker(spec.backend), spec.file, spec.problem, spec.seed)

    def kill(self) -> None:
        """End the processes from another thread; the crew's own finds its worker gone."""
        for worker in list(self.workers.values()):
            worker.kill()

    def end(self) -> None:
        """End every process."""
        for worker in self.workers.values():
            worker.end()

    def _worker(self, backend: str) -> WorkerProcess:
        if backend not in self.workers:
            self.workers[backend] = WorkerProcess(backend, self.limits, self.tree, threads=1)
        return self.workers[backend]

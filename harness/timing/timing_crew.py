"""Workloads, one after the other, by a crew that has its machine alone: how a run is timed.

A workload is one item, all its subjects together: ratios are formed between times that were taken
in the same rounds on the same machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradparity.harness.planning.plan import Plan, Workload, unanswered
from gradparity.harness.processes.process import WorkerProcess
from gradparity.harness.processes.side_by_side import Stopped, Workbench
from gradparity.harness.terminal.progress import Progress
from gradparity.harness.timing.crew import Crew
from gradparity.harness.timing.workshop import Workshop
from gradparity.results.records.record import Cell


@dataclass(frozen=True, slots=True)
class TimingRecipe:
    """How the workloads of a plan are timed, wherever that is.

    until: see `Crew`.
    """

    plan: Plan
    until: float | None = None
    alone: bool = True

    @property
    def gpu(self) -> bool:
        """Whether it computes on a GPU."""
        return self.plan.options.device != "cpu"

    def hire(self, bench: Workbench) -> TimingCrew:
        """A crew whose workers have started. Raises InputError where nothing is right."""
        cores = bench.cores[-self.plan.options.threads :]
        crew = Crew(self.plan, cores, bench.folder, tree=bench.tree, until=self.until)
        try:
            if self.plan.workloads:
                crew.start()
                crew.check_files()
        except BaseException:
            crew.end()
            raise
        return TimingCrew(crew, bench)

    def lost(self, workload: Workload, why: str) -> list[Cell]:
        """What becomes of a workload whose hosts were lost."""
        asked = [unanswered(workload, subject) for subject in self.plan.subjects(workload)]
        return [replace(cell, status="lost", reason=why) for cell in asked]


class _Told(Progress):
    """Hands what is being done on to a bench."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench

    def step(self, text: str) -> None:
        """Say it there."""
        self.bench.step(text)


@dataclass(slots=True)
class TimingCrew:
    """The crew of a run at its bench."""

    crew: Crew
    bench: Workbench

    def run(self, workload: Workload) -> list[Cell]:
        """The finished cells of a workload. Raises Stopped."""
        if self.bench.stop.is_set():
            raise Stopped
        found = Workshop(self.crew).cells(workload, _Told(self.bench))
        if self.bench.stop.is_set():
            raise Stopped
        return [replace(cell, machine=self.bench.machine) for cell in found]

    def kill(self) -> None:
        """End the processes from another thread."""
        for worker in self._workers():
            worker.kill()

    def end(self) -> None:
        """End every process."""
        self.crew.end()

    def _workers(self) -> list[WorkerProcess]:
        return [self.crew.judge, *(one for team in self.crew.teams for one in team.values())]

"""Progress on standard error: a bar on a terminal, a line per workload elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gradparity.harness.planning.plan import Workload
from gradparity.harness.terminal.console import console
from gradparity.results.records.record import Cell, Run


class Progress:
    """Who is told how far a run is; this one tells nobody."""

    def begin(self, run: Run, workloads: int) -> None:
        """The run starts."""

    def step(self, workload: Workload, text: str) -> None:
        """What is being done for this workload."""

    def done(self, workload: Workload, cells: Sequence[Cell]) -> None:
        """This workload is finished and stored."""

    def end(self) -> None:
        """The run is over, however it ended."""


class Lines(Progress):
    """One line when a workload is finished; for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.total = 0
        self.count = 0

    def begin(self, run: Run, workloads: int) -> None:
        """Name the run."""
        self.total = workloads
        self.console.print(
            f"run {run.id}: {run.suite}, {workloads} workload{'s' * (workloads != 1)}",
            soft_wrap=True,
        )

    def done(self, workload: Workload, cells: Sequence[Cell]) -> None:
        """Say what became of each subject."""
        self.count += 1
        told = ", ".join(f"{cell.label} {cell.status}" for cell in cells)
        self.console.print(
            f"[{self.count}/{self.total}] {workload.label}: {told}",
            soft_wrap=True,
        )


class LiveBar(Progress):
    """A bar with the workload and the step at hand; failures scroll by above it."""

    def __init__(self, console: Console) -> None:
        self.bar = Bar(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self.task = self.bar.add_task("start the workers", total=None)
        self.bar.start()

    def begin(self, run: Run, workloads: int) -> None:
        """Show how many there are."""
        self.bar.update(self.task, total=workloads)

    def step(self, workload: Workload, text: str) -> None:
        """Show the step."""
        self.bar.update(self.task, description=f"{workload.label}: {text}")

    def done(self, workload: Workload, cells: Sequence[Cell]) -> None:
        """Move on; leave a line for every cell that is not ok."""
        self.bar.advance(self.task)
        for cell in cells:
            if cell.status != "ok":
                self.bar.console.print(
                    f"{workload.label}, {cell.label}: {cell.status}: {cell.reason}"
                )

    def end(self) -> None:
        """Remove the bar."""
        self.bar.stop()


def to_stderr() -> Progress:
    """The progress that suits standard error."""
    screen = console(stderr=True)
    return LiveBar(screen) if screen.is_terminal else Lines(screen)

"""How far a race is, on standard error: a bar with the live loss on a terminal, lines elsewhere."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gradparity.harness.terminal.console import console
from gradparity.harness.training.plan import PlannedDescent
from gradparity.results.race_tables.endings import failure
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run
from gradparity.results.records.statuses import ENDED
from gradparity.results.words.wording import printable

BESIDE = 30
"""Columns that the bar, "130/130" and the time take."""


class RaceProgress:
    """Who is told how far a race is; this one tells nobody.

    Crews tell `step` from threads of their own.
    """

    def begin(self, run: Run, descents: int) -> None:
        """The race starts."""

    def step(self, planned: PlannedDescent, steps: int, loss: float) -> None:
        """This descent has made so many steps, 0 while it is prepared, and is at this loss."""

    def done(self, planned: PlannedDescent, descent: Descent) -> None:
        """This descent is finished and stored."""

    def end(self) -> None:
        """The race is over, however it ended."""


class RaceLines(RaceProgress):
    """One line when a descent is finished; for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.total = 0
        self.count = 0

    def begin(self, run: Run, descents: int) -> None:
        """Name the run."""
        self.total = descents
        self._say(f"run {run.id}: {run.suite}, {descents} descent{'s' * (descents != 1)}")

    def done(self, planned: PlannedDescent, descent: Descent) -> None:
        """Say how it ended."""
        self.count += 1
        self._say(f"[{self.count}/{self.total}] {planned.label}: {outcome(descent)}")

    def _say(self, text: str) -> None:
        self.console.print(printable(text), soft_wrap=True)


class RaceBar(RaceProgress):
    """A bar with the descent at hand, its step and its loss; failures scroll by above it."""

    def __init__(self, console: Console) -> None:
        self.bar = Bar(
            BarColumn(bar_width=10),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self.task = self.bar.add_task("start the workers", total=None)
        self.bar.start()

    def begin(self, run: Run, descents: int) -> None:
        """Show how many there are."""
        self.bar.update(self.task, total=descents)

    def step(self, planned: PlannedDescent, steps: int, loss: float) -> None:
        """Show the step and the loss first, then as much of the name as there is room for."""
        where = f"step {steps:,} loss {loss:.4g}" if steps else "prepare"
        told = printable(f"{where} · {planned.label}")
        room = max(self.bar.console.width - BESIDE, 20)
        shown = told if len(told) <= room else told[: room - 1] + "…"
        self.bar.update(self.task, description=shown)

    def done(self, planned: PlannedDescent, descent: Descent) -> None:
        """Move on; leave a line for every descent that diverged or failed."""
        self.bar.advance(self.task)
        if descent.status not in ENDED:
            text = printable(f"{planned.label}: {outcome(descent)}")
            self.bar.console.print(text)

    def end(self) -> None:
        """Remove the bar."""
        self.bar.stop()


def race_to_stderr() -> RaceProgress:
    """The progress that suits standard error."""
    screen = console(stderr=True)
    return RaceBar(screen) if screen.is_terminal else RaceLines(screen)


def outcome(descent: Descent) -> str:
    """How a descent ended, in words: "target after 154 steps, loss 9.6e-10"."""
    if descent.status not in ENDED:
        return failure(descent)
    loss = "" if descent.final_loss is None else f", loss {descent.final_loss:.3g}"
    return f"{descent.status} after {descent.steps:,} steps{loss}"

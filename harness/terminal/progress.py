"""Progress on standard error: a bar on a terminal, a line for each finished item elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gradparity.harness.terminal.console import console
from gradparity.results.records.record import Run
from gradparity.results.words.display import printable
from gradparity.results.words.screen import Screen

BESIDE = 30
"""Columns that the bar, "130/130" and the time take."""


class Progress:
    """Who is told how far a run is; this one tells nobody. `step` may be told by any thread."""

    def begin(self, run: Run, count: int, item: str) -> None:
        """The run of so many workloads or descents starts."""

    def step(self, text: str) -> None:
        """What is being done; what matters most comes first, since the end may be cut off."""

    def done(self, text: str, failures: Sequence[str] = ()) -> None:
        """An item is finished and stored. failures: a line for each that it had."""

    def end(self) -> None:
        """The run is over, however it ended."""


class ProgressLines(Progress):
    """One line when an item is finished; for logs and pipes."""

    def __init__(self, console: Screen) -> None:
        self.console = console
        self.total = self.count = 0

    def begin(self, run: Run, count: int, item: str) -> None:
        """Name the run."""
        self.total = count
        self._say(f"run {run.id}: {run.suite}, {count} {item}{'s' * (count != 1)}")

    def done(self, text: str, failures: Sequence[str] = ()) -> None:
        """Say what became of the item."""
        self.count += 1
        self._say(f"[{self.count}/{self.total}] {text}")

    def _say(self, text: str) -> None:
        self.console.say(text)


class ProgressBar(Progress):
    """A bar with what is being done; failures scroll by above it."""

    def __init__(self, console: Screen) -> None:
        self.console = console
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

    def begin(self, run: Run, count: int, item: str) -> None:
        """Show how many there are."""
        self.bar.update(self.task, total=count)

    def step(self, text: str) -> None:
        """Show as much of it as there is room for."""
        told = printable(text)
        room = max(self.bar.console.width - BESIDE, 20)
        shown = told if len(told) <= room else told[: room - 1] + "…"
        self.bar.update(self.task, description=shown)

    def done(self, text: str, failures: Sequence[str] = ()) -> None:
        """Move on; leave a line for every failure."""
        self.bar.advance(self.task)
        for failure in failures:
            self.console.say(printable(failure))

    def end(self) -> None:
        """Remove the bar."""
        self.bar.stop()


def to_stderr() -> Progress:
    """The progress that suits standard error."""
    screen = console(stderr=True)
    return ProgressBar(screen) if screen.is_terminal else ProgressLines(screen)

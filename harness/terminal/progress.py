"""Progress on standard error: a bar on a terminal, a line for each finished item elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gradparity.harness.processes.interruption import let_in
from gradparity.harness.terminal.console import console
from gradparity.results.records.record import Run
from gradparity.results.words.display import printable
from gradparity.results.words.screen import Screen

NOTHING = "interrupted before anything was finished: nothing is stored"

PACE_S = 20.0
"""Seconds between two lines that tell the pace."""

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

    def pace(self, text: str) -> None:
        """How fast it goes, and when it should end."""

    def say(self, text: str) -> None:
        """What is to stay on the screen."""

    def nothing(self) -> None:
        """It was interrupted before anything was finished."""

    def end(self) -> None:
        """The run is over, however it ended."""


@contextmanager
def starting(progress: Progress) -> Iterator[None]:
    """Let interrupts in while workers start; one that comes is told: nothing is stored yet."""
    try:
        with let_in():
            yield
    except KeyboardInterrupt:
        progress.nothing()
        raise


class ProgressLines(Progress):
    """One line when an item is finished; for logs and pipes."""

    def __init__(self, console: Screen) -> None:
        self.console = console
        self.total = self.count = 0
        self.told = monotonic()

    def begin(self, run: Run, count: int, item: str) -> None:
        """Name the run."""
        self.total = count
        self.say(f"run {run.id}: {run.suite}, {count} {item}{'s' * (count != 1)}")

    def done(self, text: str, failures: Sequence[str] = ()) -> None:
        """Say what became of the item."""
        self.count += 1
        self.say(f"[{self.count}/{self.total}] {text}")

    def pace(self, text: str) -> None:
        """Say it now and then."""
        if monotonic() - self.told > PACE_S:
            self.told = monotonic()
            self.say(text)

    def nothing(self) -> None:
        """Say it."""
        self.say(NOTHING)

    def say(self, text: str) -> None:
        """A line, or more."""
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

    def pace(self, text: str) -> None:
        """Show it where what is being done stands."""
        self.step(text)

    def say(self, text: str) -> None:
        """Leave it above the bar."""
        self.console.say(printable(text))

    def nothing(self) -> None:
        """Say it where the bar was."""
        self.bar.stop()
        self.console.say(NOTHING)

    def end(self) -> None:
        """Remove the bar."""
        self.bar.stop()


def to_stderr() -> Progress:
    """The progress that suits standard error."""
    screen = console(stderr=True)
    return ProgressBar(screen) if screen.is_terminal else ProgressLines(screen)

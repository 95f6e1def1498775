"""Progress in a notebook: one line under the cell, rewritten as the run goes on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from time import monotonic
from typing import Any

from gradparity.harness.terminal.progress import Progress
from gradparity.results.records.record import Run
from gradparity.results.words.display import printable

EVERY_S = 0.2
"""So often is it rewritten at most: each time is a message to the browser."""


class ProgressCell(Progress):
    """A bar, what is being done, and a line for every failure; afterwards the name of the run.

    shown: what `IPython.display.display(..., display_id=True)` gives: its `update` shows anew.
    """

    def __init__(self, shown: Any) -> None:
        self.shown = shown
        self.total = self.count = 0
        self.run = ""
        self.failures: list[str] = []
        self.last = 0.0

    def begin(self, run: Run, count: int, item: str) -> None:
        """Name the run."""
        self.total, self.run = count, f"run {run.id}: {run.suite}"
        self._show("start")

    def step(self, text: str) -> None:
        """Show it, unless something was shown just now."""
        if monotonic() - self.last > EVERY_S:
            self._show(text)

    def done(self, text: str, failures: Sequence[str] = ()) -> None:
        """Move on; keep the failures in sight."""
        self.count += 1
        self.failures += failures
        self._show(text)

    def end(self) -> None:
        """Leave the name of the run, how much of it is done, and the failures."""
        self._show("")

    def _show(self, text: str) -> None:
        self.last = monotonic()
        bar = (
            f'<progress value="{self.count}" max="{max(self.total, 1)}"></progress> '
            if text
            else ""
        )
        words = [f"{self.run}, {self.count}/{self.total}", *([text] if text else [])]
        lines = [" · ".join(words), *self.failures]
        told = "<br>".join(escape(printable(line)) for line in lines)
        self.shown.update(_Html(f"<div>{bar}{told}</div>", "\n".join(map(printable, lines))))


class _Html:
    """What a notebook shows, and what anything else prints."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def of_python() -> Progress:
    """The progress for who calls from Python: in a notebook a line, elsewhere nothing."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return Progress()
    from IPython.display import display

    return ProgressCell(display(_Html("", ""), display_id=True))  # type: ignore[no-untyped-call]

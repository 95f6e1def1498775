"""The table of a run for a person: grouped by problem and size, as wide as the reader's terminal.

Everything on one line per row where there is room. On a narrower terminal the problem and size move
to a line of their own above their rows, then columns are dropped, the least needed first. Nothing
is ever cut: piped, the table is complete.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from gradparity.results.records.record import Cell, Run
from gradparity.results.tables import wording
from gradparity.results.tables.columns import Group, Line, groups
from gradparity.results.tables.legend import interval_name, legend
from gradparity.results.times.row import frame, rows

__all__ = ["frame", "rows", "show", "table"]

GAP = "  "
WIDE = (
    *("problem", "size", "backend", "parameters", "error", "prepare", "first call"),
    *("median", "interval", "ratio", "ratio interval", "cpu/wall", "status"),
)
BLOCK = tuple(name for name in WIDE if name not in ("problem", "size", "parameters"))
DROPPED = (
    "status",
    "ratio interval",
    "interval",
    "prepare",
    "cpu/wall",
    "first call",
    "±",
    "error",
)
"""In this order; the interval leaves a column ± in its place."""
LEFT = ("problem", "size", "backend", "status")


def table(run: Run, cells: Sequence[Cell], ascii_only: bool = False) -> RenderableType:
    """Return the table with its legend, to be printed by a rich Console.

    Print it with `soft_wrap=True` where the console is not a terminal, as `show` does: otherwise
    rich cuts lines at 80 columns.
    """
    return _Table(groups(run, cells), interval_name(cells), legend(run, cells), ascii_only)


def show(
    run: Run, cells: Sequence[Cell], file: IO[str] | None = None, ascii_only: bool | None = None
) -> None:
    """Print the table to `file` (stdout): fitted to a terminal, complete and plain anywhere else.

    ascii_only: None looks at the encoding of `file`. NO_COLOR is honoured.
    """
    out = sys.stdout if file is None else file
    if ascii_only is None:
        encoding = (getattr(out, "encoding", None) or "utf-8").lower().replace("_", "-")
        ascii_only = not encoding.startswith("utf")
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    console.print(table(run, cells, ascii_only), soft_wrap=not console.is_terminal)


class _Table:
    """Chooses its columns when it is printed, since only then the width is known."""

    def __init__(
        self, found: list[Group], interval: str, notes: list[str], ascii_only: bool
    ) -> None:
        self.groups = found
        self.notes = notes
        self.ascii_only = ascii_only
        self.mark = False
        self.titles = {
            **{name: name for name in (*WIDE, "±")},
            **{"interval": interval, "ratio interval": interval},
        }

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        room = options.max_width if console.is_terminal else math.inf
        self.mark = not console.is_terminal  # where bold is lost, a star
        columns = self._columns(room)
        block = "problem" not in columns
        widths = {name: self._width(name) for name in columns}
        last = ""
        for group in self.groups:
            if group.setting != last:
                if last:
                    yield Text("")
                yield self._text(group.setting, "bold underline")
                yield self._row({name: self.titles[name] for name in columns}, widths, "dim")
                last = group.setting
            elif not block:
                rule = "-" if self.ascii_only else "─"
                yield Text(rule * (sum(widths.values()) + 2 * len(widths) - 2), "dim", no_wrap=True)
            if block:
                yield Text("")
                yield self._text(_heading(group), "italic")
            for number, line in enumerate(group.lines):
                # Piped, every line says all, for grep; on a screen repetition is noise.
                repeated = number > 0 and console.is_terminal
                yield self._line(line, widths, repeated)
        yield Text("")
        for note in _missing(columns) + self.notes:
            yield Text(self._words(note), no_wrap=not console.is_terminal)

    def _columns(self, room: float) -> list[str]:
        """Choose the columns that fit into `room`, or the fewest."""
        if self._total(WIDE) <= room:
            return list(WIDE)
        columns = list(BLOCK)
        for name in DROPPED:
            if self._total(columns) <= room:
                break
            if name == "status" and any(
                line.failed and line.words["median"] != line.words["status"]
                for group in self.groups
                for line in group.lines
            ):
                continue  # it was timed all the same, so that nothing else says how it failed
            if name == "interval":
                columns[columns.index(name)] = "±"
            elif name in columns:
                columns.remove(name)
        return columns

    def _total(self, columns: Sequence[str]) -> int:
        return sum(self._width(name) for name in columns) + len(GAP) * (len(columns) - 1)

    def _width(self, name: str) -> int:
        texts = [line.words[name] for group in self.groups for line in group.lines]
        mark = 2 if name == "median" and self.mark else 0
        return max(
            cell_len(self._words(self.titles[name])),
            max((cell_len(self._words(text)) for text in texts), default=0) + mark,
        )

    def _line(self, line: Line, widths: dict[str, int], repeated: bool) -> Text:
        words = dict(line.words)
        if repeated:
            words |= {"problem": "", "size": ""}
        if self.mark:
            words["median"] += " *" if line.best else "  "
        return self._row(words, widths, "bold" if line.best else "red" if line.failed else "")

    def _row(self, words: dict[str, str], widths: dict[str, int], style: str) -> Text:
        parts = []
        for name, width in widths.items():
            text = self._words(words[name])
            space = " " * (width - cell_len(text))
            parts.append(text + space if name in LEFT else space + text)
        return Text(GAP.join(parts).rstrip(), style, no_wrap=True, overflow="ignore")

    def _text(self, words: str, style: str) -> Text:
        return Text(self._words(words), style, no_wrap=True, overflow="ignore")

    def _words(self, text: str) -> str:
        return wording.to_ascii(text) if self.ascii_only else text


def _heading(group: Group) -> str:
    size = f" {group.size}" if group.size else ""
    plural = "parameter" if group.parameters == "1" else "parameters"
    return f"{group.problem}{size} · {group.parameters} {plural}"


def _missing(columns: Sequence[str]) -> list[str]:
    """Say what a narrow terminal hides; a status without a column stands in place of the median."""
    told = ["problem", "size", "parameters", "status", *columns]
    hidden = [name for name in BLOCK if name not in told]
    if "±" in columns:
        hidden.remove("interval")
    return [f"No room for: {', '.join(hidden)}. A pipe (| cat) shows all."] if hidden else []

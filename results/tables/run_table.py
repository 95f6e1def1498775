"""The table of a run for a person: grouped by problem and size, as wide as the reader's terminal.

Everything on one line per row where there is room. On a narrower terminal the problem and size move
to a line of their own above their rows, then columns are dropped, the least needed first. Nothing
is ever cut: piped, the table is complete.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.chosen import Chosen, chosen
from gradparity.results.tables.columns import Group, Line, groups
from gradparity.results.tables.legend import interval_name, legend, over
from gradparity.results.tables.page import Letters, print_page, total

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


def table(
    run: Run, cells: Sequence[Cell], ascii_only: bool = False, all_rows: bool = False
) -> RenderableType:
    """Return the table with its legend, to be printed by a rich Console.

    Of many rows it shows the groups that matter (`chosen.py`), unless all rows are asked for; what
    the legend says is of all.

    Print it with `soft_wrap=True` where the console is not a terminal, as `show` does: otherwise
    rich cuts lines at 80 columns.
    """
    titles = {"ratio": over(run, cells)}
    titles |= dict.fromkeys(("interval", "ratio interval"), interval_name(cells))
    shown = Chosen(list(cells), "") if all_rows else chosen(run, cells)
    notes = [shown.line] if shown.line else []
    return _RunTable(groups(run, shown.cells), titles, notes + legend(run, cells), ascii_only)


def show(
    run: Run,
    cells: Sequence[Cell],
    file: IO[str] | None = None,
    ascii_only: bool | None = None,
    all_rows: bool = False,
) -> None:
    """Print the table to `file`; see `print_page`."""
    print_page(lambda plain: table(run, cells, plain, all_rows), file, ascii_only)


class _RunTable:
    """Chooses its columns when it is printed, since only then the width is known."""

    def __init__(
        self, found: list[Group], titles: dict[str, str], notes: list[str], ascii_only: bool
    ) -> None:
        self.groups = found
        self.notes = notes
        self.letters = Letters(LEFT, ascii_only)
        self.mark = False
        self.titles = {name: name for name in (*WIDE, "±")} | titles
        self.ratio = titles["ratio"]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        room = options.max_width if console.is_terminal else math.inf
        self.mark = not console.is_terminal  # where bold is lost, a star
        columns = self._columns(room)
        # Beside the median "/ numpy's" says enough.
        self.titles["ratio"] = self.ratio[(len(columns) < len(WIDE)) * len("time ") :]
        block = "problem" not in columns
        widths = {name: self._width(name) for name in columns}
        last = ""
        for group in self.groups:
            if group.setting != last:
                if last:
                    yield Text("")
                yield self.letters.line(group.setting, "bold underline")
                yield self.letters.row({name: self.titles[name] for name in columns}, widths, "dim")
                last = group.setting
            elif not block:
                rule = "-" if self.letters.ascii_only else "─"
                yield Text(rule * (sum(widths.values()) + 2 * len(widths) - 2), "dim", no_wrap=True)
            if block:
                yield Text("")
                yield self.letters.line(_heading(group), "italic")
            for number, line in enumerate(group.lines):
                # Piped, every line says all, for grep; on a screen repetition is noise.
                repeated = number > 0 and console.is_terminal
                yield self._line(line, widths, repeated)
        yield Text("")
        for note in _missing(columns) + self.notes:
            yield self.letters.note(note, console)

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
        return total([self._width(name) for name in columns])

    def _width(self, name: str) -> int:
        texts = [line.words[name] for group in self.groups for line in group.lines]
        mark = 2 if name == "median" and self.mark else 0
        return max(self.letters.width([self.titles[name]]), self.letters.width(texts) + mark)

    def _line(self, line: Line, widths: dict[str, int], repeated: bool) -> Text:
        words = dict(line.words)
        if repeated:
            words |= {"problem": "", "size": ""}
        if self.mark:
            words["median"] += " *" if line.best else "  "
        return self.letters.row(
            words, widths, "bold" if line.best else "red" if line.failed else ""
        )


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

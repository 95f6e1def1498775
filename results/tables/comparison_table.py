"""A comparison for a person: fitted to a terminal, complete elsewhere, or as GitHub Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from gradparity.results.tables.comparison_words import LEFT, NAMES, groups, notes, titles
from gradparity.results.tables.page import Letters, print_page, total
from gradparity.results.times.comparison import Comparison
from gradparity.results.words.markdown import escaped, item, line

DROPPED = (("before interval",), ("after interval",), ("problem", "size"), ("ratio interval",))
"""What a narrow terminal does without; problem and size move to a line of their own."""

STYLES = {"slower": "red", "faster": "green", "tie": "dim"}


def show(
    comparison: Comparison, file: IO[str] | None = None, ascii_only: bool | None = None
) -> None:
    """Print the table to `file`; see `print_page`."""
    print_page(lambda plain: table(comparison, plain), file, ascii_only)


def table(comparison: Comparison, ascii_only: bool = False) -> RenderableType:
    """Return the table with its notes, to be printed by a rich Console."""
    return _ComparisonTable(comparison, ascii_only)


def to_markdown(comparison: Comparison) -> str:
    """Return one GitHub table per setting, and the notes as a list."""
    lines: list[str] = []
    heads = titles(comparison.rows)
    for setting, rows in groups(comparison.rows).items():
        lines += [f"**{escaped(setting)}**", "", line(list(heads.values()))]
        lines.append(line([":--" if name in LEFT else "--:" for name in NAMES]))
        lines += [line([escaped(row[name]) for name in NAMES]) for row in rows]
        lines.append("")
    lines += map(item, notes(comparison))
    return "\n".join(lines) + "\n"


class _ComparisonTable:
    """Chooses its columns when it is printed, since only then the width is known."""

    def __init__(self, comparison: Comparison, ascii_only: bool) -> None:
        self.titles = titles(comparison.rows)
        self.groups = groups(comparison.rows)
        self.notes = notes(comparison)
        self.letters = Letters(LEFT, ascii_only)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        room = options.max_width if console.is_terminal else math.inf
        columns = self._columns(room)
        widths = {name: self._width(name) for name in columns}
        for setting, rows in self.groups.items():
            yield self.letters.line(setting, "bold underline")
            yield self.letters.row(self.titles, widths, "dim")
            yield from self._rows(rows, widths)
            yield Text("")
        if len(columns) < len(NAMES):
            yield self.letters.line("No room for all intervals. A pipe (| cat) shows them.")
        for note in self.notes:
            yield self.letters.note(note, console)

    def _rows(self, rows: Sequence[dict[str, str]], widths: dict[str, int]) -> Iterator[Text]:
        last = None
        for row in rows:
            case = (row["problem"], row["size"])
            if "problem" not in widths and case != last:
                yield self.letters.line(" ".join(case), "italic")
            last = case
            yield self.letters.row(row, widths, STYLES.get(row["change"], ""))

    def _columns(self, room: float) -> list[str]:
        columns = list(NAMES)
        for names in DROPPED:
            if self._total(columns) <= room:
                break
            columns = [name for name in columns if name not in names]
        return columns

    def _total(self, columns: Sequence[str]) -> int:
        return total([self._width(name) for name in columns])

    def _width(self, name: str) -> int:
        texts = [self.titles[name], *(row[name] for rows in self.groups.values() for row in rows)]
        return self.letters.width(texts)

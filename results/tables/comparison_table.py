"""A comparison for a person: fitted to a terminal, complete elsewhere, or as GitHub Markdown."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from gradparity.results.tables import wording
from gradparity.results.tables.comparison_words import LEFT, NAMES, groups, notes, titles
from gradparity.results.tables.markdown import escaped, line
from gradparity.results.times.comparison import Comparison

GAP = "  "
DROPPED = (("before interval",), ("after interval",), ("problem", "size"), ("ratio interval",))
"""What a narrow terminal does without; problem and size move to a line of their own."""

STYLES = (("slower", "red"), ("faster", "green"), ("tie", "dim"))


def show(comparison: Comparison, file: IO[str] | None = None) -> None:
    """Print the table to `file` (stdout). NO_COLOR is honoured, and an encoding that is ASCII."""
    out = sys.stdout if file is None else file
    encoding = (getattr(out, "encoding", None) or "utf-8").lower()
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    table = _Table(comparison, ascii_only=not encoding.startswith("utf"))
    console.print(table, soft_wrap=not console.is_terminal)


def to_markdown(comparison: Comparison) -> str:
    """Return one GitHub table per setting, and the notes as a list."""
    lines: list[str] = []
    heads = titles(comparison.rows)
    for setting, rows in groups(comparison.rows).items():
        lines += [f"**{escaped(setting)}**", "", line(list(heads.values()))]
        lines.append(line([":--" if name in LEFT else "--:" for name in NAMES]))
        lines += [line([escaped(row[name]) for name in NAMES]) for row in rows]
        lines.append("")
    lines += [f"- {escaped(note)}" for note in notes(comparison)]
    return "\n".join(lines) + "\n"


class _Table:
    """Chooses its columns when it is printed, since only then the width is known."""

    def __init__(self, comparison: Comparison, ascii_only: bool) -> None:
        self.titles = titles(comparison.rows)
        self.groups = groups(comparison.rows)
        self.notes = notes(comparison)
        self.ascii_only = ascii_only

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        room = options.max_width if console.is_terminal else math.inf
        columns = self._columns(room)
        widths = {name: self._width(name) for name in columns}
        for setting, rows in self.groups.items():
            yield self._text(setting, "bold underline")
            yield self._row(self.titles, widths, "dim")
            yield from self._rows(rows, widths)
            yield Text("")
        if len(columns) < len(NAMES):
            yield self._text("No room for all intervals. A pipe (| cat) shows them.")
        for note in self.notes:
            yield Text(self._words(note), no_wrap=not console.is_terminal)

    def _rows(self, rows: Sequence[dict[str, str]], widths: dict[str, int]) -> Iterator[Text]:
        last = None
        for row in rows:
            case = (row["problem"], row["size"])
            if "problem" not in widths and case != last:
                yield self._text(" ".join(case), "italic")
            last = case
            style = next((style for word, style in STYLES if word in row["ratio"]), "")
            yield self._row(row, widths, style)

    def _columns(self, room: float) -> list[str]:
        columns = list(NAMES)
        for names in DROPPED:
            if self._total(columns) <= room:
                break
            columns = [name for name in columns if name not in names]
        return columns

    def _total(self, columns: Sequence[str]) -> int:
        return sum(self._width(name) for name in columns) + len(GAP) * (len(columns) - 1)

    def _width(self, name: str) -> int:
        texts = [self.titles[name], *(row[name] for rows in self.groups.values() for row in rows)]
        return max(cell_len(self._words(text)) for text in texts)

    def _row(self, words: dict[str, str], widths: dict[str, int], style: str) -> Text:
        parts = []
        for name, width in widths.items():
            text = self._words(words[name])
            space = " " * (width - cell_len(text))
            parts.append(text + space if name in LEFT else space + text)
        return Text(GAP.join(parts).rstrip(), style, no_wrap=True, overflow="ignore")

    def _text(self, words: str, style: str = "") -> Text:
        return Text(self._words(words), style, no_wrap=True, overflow="ignore")

    def _words(self, text: str) -> str:
        return wording.to_ascii(text) if self.ascii_only else text

"""The tables of a race for a person, as wide as the reader's terminal.

Where there is no room the quartiles go first, then columns, the least needed first; of a grid of
rates a terminal shows the targets at the best rates alone. Nothing is ever cut, and what is hidden
is said: piped, the tables are complete.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from gradparity.results.race_tables.legend import legend
from gradparity.results.race_tables.words import DROPPED, LEFT, Sheet, goal, heading, sheets
from gradparity.results.races.race import Contest, contests
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run
from gradparity.results.tables import wording

GAP = "  "


def show_race(
    run: Run,
    descents: Sequence[Descent],
    file: IO[str] | None = None,
    ascii_only: bool | None = None,
) -> None:
    """Print the tables to `file` (stdout): fitted to a terminal, complete and plain elsewhere.

    ascii_only: None looks at the encoding of `file`. NO_COLOR is honoured.
    """
    out = sys.stdout if file is None else file
    if ascii_only is None:
        encoding = (getattr(out, "encoding", None) or "utf-8").lower().replace("_", "-")
        ascii_only = not encoding.startswith("utf")
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    found = contests(descents)
    page = _Page(found, legend(run, descents, found), ascii_only)
    console.print(page, soft_wrap=not console.is_terminal)


class _Page:
    """Chooses its columns when it is printed, since only then the width is known."""

    def __init__(self, found: list[Contest], notes: list[str], ascii_only: bool) -> None:
        self.contests = found
        self.notes = notes
        self.ascii_only = ascii_only
        self.hidden: dict[str, None] = {}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        terminal = console.is_terminal
        room = options.max_width if terminal else math.inf
        for contest in self.contests:
            yield self._text(heading(contest), "bold underline")
            yield self._text(goal(contest), "dim")
            for sheet in sheets(contest):
                yield from self._sheet(sheet, room, terminal)
            yield Text("")
        for note in [*self._missing(), *self.notes]:
            yield Text(self._words(note), no_wrap=not terminal)

    def _sheet(self, sheet: Sheet, room: float, terminal: bool) -> Iterator[Text]:
        lines = list(zip(sheet.lines, sheet.best, strict=True))
        if terminal and "ended" not in sheet.columns and not all(sheet.best):
            lines = [line for line in lines if line[1]]
            self.hidden["other rates"] = None
        columns = list(sheet.columns)
        words = [{name: self._words(cells[name].full) for name in columns} for cells, _ in lines]
        if _width(columns, words) > room:
            words = [{name: self._words(c[name].short) for name in columns} for c, _ in lines]
            self.hidden["quartiles"] = None
        for name in DROPPED:
            if name in columns and _width(columns, words) > room:
                columns.remove(name)
                self.hidden[name] = None
        marked = not all(best for _, best in lines)
        widths = {name: _widest(name, words) for name in columns}
        yield Text("")
        if sheet.title:
            yield self._text(sheet.title, "italic")
        yield self._row({name: name for name in columns}, widths, "dim")
        for told, (_, best) in zip(words, lines, strict=True):
            yield self._row(told, widths, "bold" if best and marked else "")

    def _row(self, words: dict[str, str], widths: dict[str, int], style: str) -> Text:
        parts = []
        for name, width in widths.items():
            space = " " * (width - cell_len(words[name]))
            parts.append(words[name] + space if name in LEFT else space + words[name])
        return Text(GAP.join(parts).rstrip(), style, no_wrap=True, overflow="ignore")

    def _missing(self) -> list[str]:
        if not self.hidden:
            return []
        return [f"No room for: {', '.join(self.hidden)}. A pipe (| cat) shows all."]

    def _text(self, words: str, style: str) -> Text:
        return Text(self._words(words), style)

    def _words(self, text: str) -> str:
        if self.ascii_only:
            text = wording.to_ascii(text.replace("τ", "tau"))
        return text


def _widest(name: str, words: Sequence[dict[str, str]]) -> int:
    return max(cell_len(name), *(cell_len(told[name]) for told in words))


def _width(columns: Sequence[str], words: Sequence[dict[str, str]]) -> int:
    return sum(_widest(name, words) for name in columns) + len(GAP) * (len(columns) - 1)

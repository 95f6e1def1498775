"""The tables of a race for a person, as wide as the reader's terminal.

Where there is no room the quartiles go first, then columns, the least needed first; of a grid of
rates a terminal shows the targets at the best rates alone. Nothing is ever cut, and what is hidden
is said: piped, the tables are complete.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from gradparity.results.race_tables.differences import Ranking, rankings, sentences
from gradparity.results.race_tables.legend import legend
from gradparity.results.race_tables.words import DROPPED, LEFT, Sheet, goal, heading, sheets
from gradparity.results.races.race import Contest, contests
from gradparity.results.races.tuning import raced, tuned
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run
from gradparity.results.tables.page import Letters, print_page, total


def show_race(
    run: Run,
    descents: Sequence[Descent],
    file: IO[str] | None = None,
    ascii_only: bool | None = None,
    all_rates: bool = False,
) -> None:
    """Print the tables to `file`; see `print_page`. all_rates: see `sheets`."""
    print_page(lambda plain: tables(run, descents, plain, all_rates), file, ascii_only)


def tables(
    run: Run, descents: Sequence[Descent], ascii_only: bool = False, all_rates: bool = False
) -> RenderableType:
    """Return the tables with their legend, to be printed by a rich Console."""
    descents, trials = raced(run, descents), tuned(run, descents)
    found = contests(descents, trials)
    notes = legend(run, descents, found, all_rates)
    pages = [(contest, sheets(contest, all_rates)) for contest in found]
    return _RaceTables(pages, rankings(descents), notes, ascii_only)


class _RaceTables:
    """Chooses its columns when it is printed, since only then the width is known."""

    def __init__(
        self,
        found: list[tuple[Contest, list[Sheet]]],
        ranked: list[Ranking],
        notes: list[str],
        ascii_only: bool,
    ) -> None:
        self.contests = found
        self.rankings = ranked
        self.notes = notes
        self.letters = Letters(LEFT, ascii_only)
        self.hidden: dict[str, None] = {}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        terminal = console.is_terminal
        room = options.max_width if terminal else math.inf
        for contest, its in self.contests:
            yield self._text(heading(contest), "bold underline")
            yield self._text(goal(contest), "dim")
            for sheet in its:
                yield from self._sheet(sheet, room, terminal)
            yield Text("")
        for ranking in self.rankings:
            yield self._text(ranking.title, "italic")
            yield from (self._text(line) for line in sentences(ranking))
            yield Text("")
        for note in [*self._missing(), *self.notes]:
            yield self.letters.note(note, console)

    def _sheet(self, sheet: Sheet, room: float, terminal: bool) -> Iterator[Text]:
        lines = list(zip(sheet.lines, sheet.best, strict=True))
        if terminal and "ended" not in sheet.columns and not all(sheet.best):
            lines = [line for line in lines if line[1]]
            self.hidden["other rates"] = None
        columns = list(sheet.columns)
        words = [{name: cells[name].full for name in columns} for cells, _ in lines]
        if self._total(columns, words) > room:
            words = [{name: cells[name].short for name in columns} for cells, _ in lines]
            self.hidden["quartiles"] = None
        for name in DROPPED:
            if name in columns and self._total(columns, words) > room:
                columns.remove(name)
                self.hidden[name] = None
        marked = not all(best for _, best in lines)
        widths = self._widths(columns, words)
        yield Text("")
        if sheet.title:
            yield self._text(sheet.title, "italic")
        yield self.letters.row({name: name for name in columns}, widths, "dim")
        for told, (_, best) in zip(words, lines, strict=True):
            yield self.letters.row(told, widths, "bold" if best and marked else "")

    def _missing(self) -> list[str]:
        if not self.hidden:
            return []
        return [f"No room for: {', '.join(self.hidden)}. A pipe (| cat) shows all."]

    def _text(self, words: str, style: str = "") -> Text:
        return Text(self.letters.words(words), style)

    def _total(self, columns: Sequence[str], words: Sequence[dict[str, str]]) -> int:
        return total(self._widths(columns, words).values())

    def _widths(self, columns: Sequence[str], words: Sequence[dict[str, str]]) -> dict[str, int]:
        return {
            name: self.letters.width([name, *(told[name] for told in words)]) for name in columns
        }

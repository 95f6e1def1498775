"""A table of words, none of which is broken: on a narrow terminal a row is a paragraph.

Rich measures, wraps and pads every cell by itself, 1 ms a row. Of a table in which every cell is
text without a style, and one line, Rich writes the first row, and all others are padded alike. What
is written is the same to the letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from gradparity.results.words.screen import ascii_only

BEFORE = 4
"""Lines to the first row: the edge, the head, the line below it, and the row."""


class WordTable(Table):
    """Columns where every word of every row has room, otherwise `title: text` lines, row by row."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"box": box.ASCII2 if ascii_only() else box.SIMPLE_HEAD} | more)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        titles = [str(column.header) for column in self.columns]
        texts = self._plain(console) if len(self.rows) > 1 else None
        if texts is not None:
            widths = [max(map(cell_len, column)) for column in zip(titles, *texts, strict=True)]
            if sum(widths) + 3 * len(widths) + 1 <= options.max_width:
                yield from self._padded(console, options, texts, widths)
                return
        whole = options.update_width(10 * options.max_width + 1000)
        if Measurement.get(console, whole, self).minimum <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        if self.title:
            yield Text(str(self.title), "bold")
        cells = zip(*(column.cells for column in self.columns), strict=True)
        for row, words in zip(self.rows, cells, strict=True):
            yield Text("")
            for title, word in zip(titles, words, strict=True):
                shown = word if isinstance(word, Text) else console.render_str(str(word))
                line = Text(f"{title}: ", str(row.style or ""), overflow="fold")
                yield line.append_text(shown)
        yield Text("")

    def _plain(self, console: Console) -> list[list[str]] | None:
        """The texts of the rows as they are shown; None where one has a style, or several lines."""
        alike = all(
            column.style == "" and column.justify in ("left", "right") and not column.footer
            for column in self.columns
        )
        if not alike or self.title or self.caption or any(row.style for row in self.rows):
            return None
        cells = [list(column.cells) for column in self.columns]
        if not all(isinstance(cell, str) for column in cells for cell in column):
            return None
        texts = [[console.render_str(str(cell)).plain for cell in column] for column in cells]
        titles = [str(column.header) for column in self.columns]
        if not all(
            text.isprintable() and text == text.strip() for one in (titles, *texts) for text in one
        ):
            return None
        return [list(row) for row in zip(*texts, strict=True)]

    def _padded(
        self,
        console: Console,
        options: ConsoleOptions,
        texts: Sequence[Sequence[str]],
        widths: Sequence[int],
    ) -> Iterator[Any]:
        """The head and the first row by Rich, the other rows as one text, and Rich's last lines."""
        first = Table(box=self.box)
        for column, width in zip(self.columns, widths, strict=True):
            first.add_column(column.header, justify=column.justify, min_width=width)
        first.add_row(*map(Text, texts[0]))
        lines = list(Segment.split_lines(console.render(first, options)))
        edges = self.box or box.SIMPLE_HEAD
        rows = (
            edges.mid_left
            + edges.mid_vertical.join(
                f" {_aligned(text, width, column.justify)} "
                for text, width, column in zip(row, widths, self.columns, strict=True)
            )
            + edges.mid_right
            for row in texts[1:]
        )
        for line in lines[:BEFORE]:
            yield from (*line, Segment.line())
        yield Segment("".join(f"{row}\n" for row in rows))
        for line in lines[BEFORE:]:
            yield from (*line, Segment.line())


def _aligned(text: str, width: int, justify: str) -> str:
    space = " " * (width - cell_len(text))
    return space + text if justify == "right" else text + space

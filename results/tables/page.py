"""How tables are printed: fitted to a terminal, complete and plain anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import IO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.text import Text

from gradparity.results.words.display import to_ascii, visible
from gradparity.results.words.screen import Screen, wrapped
from gradparity.results.words.screen import ascii_only as lacks_letters

GAP = "  "
"""Between two columns."""


def print_page(
    page: Callable[[bool], RenderableType], file: IO[str] | None, ascii_only: bool | None
) -> None:
    """Print `page(ascii_only)` to `file` (stdout).

    ascii_only: None looks at the encoding of `file`. NO_COLOR is honoured.
    """
    screen = Screen(file)
    plain = lacks_letters(screen.file) if ascii_only is None else ascii_only
    screen.print(page(plain), soft_wrap=not screen.is_terminal, crop=False)


@dataclass(frozen=True, slots=True)
class Letters:
    """How the words of a table are set. left: the columns that begin at their left edge."""

    left: Collection[str]
    ascii_only: bool

    def words(self, text: str) -> str:
        """Return `text` in the letters that there are, all of them visible."""
        return to_ascii(visible(text)) if self.ascii_only else visible(text)

    def width(self, texts: Iterable[str]) -> int:
        """Return how many places the widest of the texts takes; 0 without one."""
        return max((cell_len(self.words(text)) for text in texts), default=0)

    def line(self, words: str, style: str = "") -> Text:
        """Return a line that is never cut."""
        return Text(self.words(words), style, no_wrap=True, overflow="ignore")

    def note(self, words: str, console: Console) -> Text:
        """Return a line under a table; see `wrapped`."""
        return wrapped(self.words(words), console)

    def row(self, words: Mapping[str, str], widths: Mapping[str, int], style: str) -> Text:
        """Return a row: the words of every column in `widths`, filled up to its width."""
        parts = []
        for name, width in widths.items():
            text = self.words(words[name])
            space = " " * (width - cell_len(text))
            parts.append(text + space if name in self.left else space + text)
        return Text(GAP.join(parts).rstrip(), style, no_wrap=True, overflow="ignore")


def total(widths: Collection[int]) -> int:
    """Return how wide columns of these widths are together."""
    return sum(widths) + len(GAP) * (len(widths) - 1)

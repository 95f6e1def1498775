"""Where text is printed for a person: as it stands, nothing hidden, and a command never broken."""

from __future__ import annotations

import re
import sys
from typing import IO, Any

from rich.console import Console
from rich.text import Text

from gradparity.results.words.display import to_ascii, visible

PIPE_WIDTH = 10_000
"""Columns of a "terminal" that is none: rich then never truncates."""

LEAST_WIDTH = 20
"""Columns that a terminal is taken to have at least; it breaks what is longer by itself."""

_TYPED = re.compile(r"\b(?:pip install|gradparity [a-z]+|git [a-z]+|python -m|sudo) \S|--[a-z]")


class Screen(Console):
    """A console without markup and emoji, on which every letter is `visible`.

    file: standard output if None. One that is no terminal is as wide as its longest line.
    """

    def __init__(self, file: IO[str] | None = None, stderr: bool = False) -> None:
        super().__init__(file=file, stderr=stderr, highlight=False, markup=False, emoji=False)
        if not self.file.isatty():  # FORCE_COLOR makes a "terminal" of a pipe
            self.width = PIPE_WIDTH
        elif self.width < LEAST_WIDTH:
            self.width = LEAST_WIDTH

    def render_str(self, text: str, **asked: Any) -> Text:
        """Return `text` as it stands; rich would read markup."""
        kept = {name: asked[name] for name in ("style", "justify", "overflow") if name in asked}
        return Text(as_shown(text, self.file), **kept)

    def say(self, line: str, style: str = "") -> None:
        """Print one line; see `wrapped`."""
        told = wrapped(as_shown(line, self.file), self, style)
        self.print(told, soft_wrap=told.no_wrap, crop=False)


def as_shown(text: str, file: IO[str] | None = None) -> str:
    """Return `text` all visible, in the letters that `file` (standard output) has."""
    shown = visible(text)
    return to_ascii(shown) if ascii_only(file) else shown


def has_command(text: str) -> bool:
    """Whether there is something to type in `text`."""
    return _TYPED.search(text) is not None


def wrapped(line: str, screen: Console, style: str = "") -> Text:
    """Return a line that a terminal breaks at spaces, but for one with a command in it.

    That one goes on into the next row, so that it is copied as one line.
    """
    whole = not screen.is_terminal or has_command(line)
    return Text(line, style, no_wrap=whole, overflow="ignore" if whole else "fold")


def ascii_only(file: IO[str] | None = None) -> bool:
    """Whether `file` (standard output) cannot take letters beyond ASCII."""
    encoding = getattr(sys.stdout if file is None else file, "encoding", None) or "utf-8"
    try:
        "µ×–█".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return True
    return False

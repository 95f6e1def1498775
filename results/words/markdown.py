"""GitHub's Markdown: a line of a table, and text that is taken as it stands."""

from __future__ import annotations

from collections.abc import Sequence


def line(words: Sequence[str]) -> str:
    """Return one line of a table: "| a | b |"."""
    return f"| {' | '.join(words)} |"


def escaped(text: str) -> str:
    """Return `text` on one line, with the signs that Markdown would read disarmed."""
    for sign in "\\`*_|<>~":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())

"""GitHub's Markdown: a line of a table, and text that is taken as it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradparity.results.words.display import printable

_SIGNS = re.compile(
    r"[\\`*|<>~$]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)"  # code, emphasis, HTML, mathematics
    r"|\](?=[(\[:])|\[(?=\^)|:(?=//)|(?<=\bwww)\."  # links and footnotes
    r"|(?<!\w)[@#](?=\w)"  # people and issues
)
"""What GitHub's Markdown reads in the middle of a line."""


def line(words: Sequence[str]) -> str:
    """Return one line of a table: "| a | b |"."""
    return f"| {' | '.join(words)} |"


def escaped(text: str) -> str:
    """Return `text` on one line, printable, with the signs that Markdown would read disarmed."""
    return _SIGNS.sub(lambda found: "\\" + found[0], printable(text))


def item(text: str) -> str:
    """Return `text` as an item of a list, with what would begin a heading or a list disarmed."""
    return "- " + re.sub(r"^(\d*)(?=[-+#=.)\[])", r"\1\\", escaped(text))

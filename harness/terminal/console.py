"""Where things are printed: the width, the letters, and rows on a pipe."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

PIPE_WIDTH = 10_000
"""Columns of a "terminal" that is none: rich then never truncates."""


def console(stderr: bool = False) -> Console:
    """Standard output or error, text as it is; wide enough for everything where no one looks.

    `[plots]` in a text is no markup, and `:smile:` no emoji.
    """
    width = None if stderr or sys.stdout.isatty() else PIPE_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


def ascii_only() -> bool:
    """Whether standard output cannot take letters beyond ASCII."""
    try:
        "µ×–█".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def write_rows(rows: Sequence[dict[str, str]], form: str) -> None:
    """Plain rows of text, all with the same keys."""
    keys = list(rows[0]) if rows else []
    if form == "json":
        json.dump(list(rows), sys.stdout, indent=2)
        sys.stdout.write("\n")
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, keys, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    elif form == "markdown":
        lines = [keys, ["---"] * len(keys), *([row[key] for key in keys] for row in rows)]
        for line in lines:
            print("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |")
    else:
        shown = Table(box=box.ASCII2 if ascii_only() else box.SIMPLE_HEAD)
        for key in keys:
            shown.add_column(key, overflow="fold")
        for row in rows:
            shown.add_row(*row.values())
        console().print(shown)

"""How things are printed: a line, a document, rows in one of the formats of the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from gradparity.harness.terminal.word_table import WordTable
from gradparity.results.exports.github_annotations import Annotation, commands
from gradparity.results.words.csv_cells import to_csv
from gradparity.results.words.json_values import to_json
from gradparity.results.words.markdown import escaped, line
from gradparity.results.words.screen import Screen, as_shown, ascii_only

__all__ = [
    "ascii_only",
    "console",
    "say",
    "write_commands",
    "write_json",
    "write_rows",
    "write_text",
]


def console(stderr: bool = False) -> Screen:
    """Standard output or error, text as it is; wide enough for everything where no one looks."""
    return Screen(stderr=stderr)


def say(text: str = "", stderr: bool = False, style: str = "") -> None:
    """Print one line, every letter visible; a command in it is never broken."""
    (console(stderr=True) if stderr else console()).say(text, style)


def write_commands(annotations: Sequence[Annotation]) -> None:
    """Print what GitHub obeys: a command per annotation, a line each."""
    for told in commands(annotations):
        sys.stdout.write(f"{told}\n")


def write_json(value: Any) -> None:
    """Print `value` as JSON; where standard output has ASCII alone, in ASCII."""
    sys.stdout.write(to_json(value, ascii_only()))


def write_text(document: str) -> None:
    """Print a document of several lines, whose texts are escaped as its format wants them."""
    sys.stdout.write(
        "".join(f"{as_shown(part)}\n" for part in document.removesuffix("\n").split("\n"))
    )


def write_rows(rows: Sequence[dict[str, str]], form: str) -> None:
    """Plain rows of text, all with the same keys."""
    keys = list(rows[0]) if rows else []
    if form == "json":
        write_json(list(rows))
    elif form == "csv":
        write_text(to_csv(keys, [[row[key] for key in keys] for row in rows]))
    elif form == "markdown":
        told = [keys, ["---"] * len(keys), *([escaped(row[key]) for key in keys] for row in rows)]
        write_text("\n".join(map(line, told)))
    else:
        shown = WordTable()
        for key in keys:
            shown.add_column(key, overflow="fold")
        for row in rows:
            shown.add_row(*row.values())
        console().print(shown)

"""Rows as CSV (RFC 4180, but lines end in a newline alone), safe to open in a spreadsheet.

Source: OWASP, "CSV Injection": a cell that begins with =, +, -, @, a tab or a carriage return is a
formula for a spreadsheet, unless a single quote stands before it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from gradparity.results.words.display import visible

FORMULA = tuple("=+-@\t\r＝＋－＠")
"""What a formula begins with; spreadsheets take the full-width signs too."""

_FIGURE = re.compile(r"-?(?:inf|\d+(?:\.\d*)?(?:e[-+]?\d+)?)")


def to_csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return the rows under their header; None is an empty cell, a figure has all its digits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: Any) -> Any:
    """Return what stands in a cell: figures as they are, text visible and never a formula.

    Text may have several lines, which the quotes hold together.
    """
    if not isinstance(value, str) or _FIGURE.fullmatch(value):
        return value
    shown = "\n".join(map(visible, value.removesuffix("\n").split("\n")))
    return f"'{shown}" if value.startswith(FORMULA) or shown.startswith(FORMULA) else shown

"""Tables from CSV as any country writes it: comma, semicolon or tab; decimal point or comma.

In a file whose first line separates by semicolons or tabs a decimal comma is read as one, and then
points stand between thousands. What could be read in two ways is refused.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING

from gradparity.problems.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t")

_COMMA = re.compile(r"\s*[-+]?(\d+|\d{1,3}(\.\d{3})+),\d+\s*")
"""A number with a decimal comma; points only between thousands."""
_POINT = re.compile(r"\s*[-+]?\d*\.\d+\s*")
_THOUSANDS = re.compile(r"\s*[-+]?\d{1,3}(\.\d{3})+\s*")


def read_csv(file: str) -> pd.DataFrame:
    """The texts of a file of CSV by their column's name; the index holds the numbers of the lines.

    Raises InputError, one line, for a row longer than the first line, two columns of one name, and
    numbers of which some have a decimal comma and some a decimal point; OSError as `open` does.
    """
    import pandas as pd

    text = _text(file)
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    by = max(SEPARATORS, key=first.count)
    names: list[str] = []
    rows: dict[int, list[str]] = {}
    reader = csv.reader(text.splitlines(keepends=True), delimiter=by)
    try:
        for row in reader:
            if not names:
                names = [name.strip() for name in row]
            elif row:
                rows[reader.line_num] = row
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num}: it cannot be read: {error}") from None
    for number, row in rows.items():
        if len(row) > len(names):
            hint = "; with decimal commas, separate the columns by ;" if by == "," else ""
            told = f"{len(row)} entries, and the first line has {len(names)}{hint}"
            raise InputError(f"{file}, line {number}: {told}")
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise InputError(f"{file}: two columns are called {twice[0]!r}; rename one")
    full = {number: row + [""] * (len(names) - len(row)) for number, row in rows.items()}
    table = pd.DataFrame.from_dict(full, orient="index", columns=names, dtype=str)
    return table if by == "," else _with_points(file, table)


def _text(file: str) -> str:
    """The text of a file: UTF-8, and else as Windows writes it in the west."""
    with open(file, "rb") as opened:
        found = opened.read()
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError:
        return found.decode("cp1252")


def _with_points(file: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table with decimal points, where it has decimal commas."""
    entries = [str(entry) for name in table.columns for entry in table[name]]
    if not any(map(_COMMA.fullmatch, entries)):
        return table
    for entry in entries:
        if _POINT.fullmatch(entry) and not _THOUSANDS.fullmatch(entry):
            raise InputError(f"{file}: decimal commas, and {entry.strip()!r}; write one of the two")

    def turned(entry: str) -> str:
        fits = _COMMA.fullmatch(entry) or _THOUSANDS.fullmatch(entry)
        return entry.replace(".", "").replace(",", ".") if fits else entry

    return table.map(turned)

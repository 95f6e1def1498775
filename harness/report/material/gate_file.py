"""What a gate found, from the file that `gate --format json` wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradparity.problems import InputError
from gradparity.problems.user_files import read_text

NAMED = ("problem", "size", "operator", "dtype", "backend", "variant", "status", "reason")
CHANGED = ("ratio", "low", "high", "pairs")


def read_gate(path: Path) -> tuple[str, Sequence[dict[str, Any]]]:
    """Return what was compared against, and the rows. Raises InputError if it is no such file."""
    text = read_text(path)
    try:
        document = json.loads(text)
        against, rows = document["against"], document["rows"]
        complete = isinstance(against, str) and all(_is_row(row) for row in rows)
    except (ValueError, KeyError, TypeError, RecursionError):
        complete = False
    if not complete:
        raise InputError(f"{path} is no gate's outcome; `gradparity gate --format json` writes one")
    return against, rows


def _is_row(row: Any) -> bool:
    if not all(isinstance(row[name], str) for name in NAMED):
        return False
    if not isinstance(row["margin"], int | float):
        return False
    change = row["change"]
    return change is None or all(isinstance(change[name], int | float) for name in CHANGED)

"""`gradparity export`: a stored run in a format of another program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from problems.errors import InputError, unknown
from results.errors import ExportError
from results.exports.catalogue import BINARY, FORMATS, export
from results.record import Cell, Run


def check(form: str, out: str | None) -> None:
    """Refuse, before anything is read, what cannot be written. Raises InputError."""
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if form in BINARY and out is None and sys.stdout.isatty():
        raise InputError(f"{form} is not for a terminal; name a file: --out run.{form}")


def write(run: Run, cells: Sequence[Cell], form: str, out: str | None) -> None:
    """Write a run to the file `out`, or to standard output. Raises InputError."""
    check(form, out)
    try:
        data = export(form, run, cells)
    except ExportError as error:
        raise InputError(str(error)) from error
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(out).write_bytes(data)
    except OSError as error:
        raise InputError(f"{out}: {error.strerror}") from error

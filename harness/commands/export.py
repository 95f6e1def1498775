"""`gradparity export`: a stored run in a format of another program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gradparity.problems.errors import InputError, unknown
from gradparity.results.exports.catalogue import BINARY, FORMATS, export, export_training
from gradparity.results.records.errors import ExportError

if TYPE_CHECKING:
    from gradparity.results.store.store import Store


def check(form: str, out: str | None) -> None:
    """Refuse, before anything is read, what cannot be written. Raises InputError."""
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if form in BINARY and out is None and sys.stdout.isatty():
        raise InputError(f"{form} is not for a terminal; name a file: --out run.{form}")


def write(store: Store, run_id: str | None, form: str, out: str | None) -> None:
    """Write a stored run to the file `out`, or to standard output.

    Raises InputError for what cannot be written, StoreError for a run that is not there.
    """
    check(form, out)
    try:
        run = store.find(run_id)
        if run.kind == "train":
            data = export_training(form, run, store.descents(run.id))
        else:
            data = export(form, *store.load(run.id))
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

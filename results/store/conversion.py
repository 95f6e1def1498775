"""Stores of earlier versions: all that can be read of one goes into a new file in its place.

The new file is filled beside the old one while nobody else may write into that, and takes its name
in one step of the file system: whoever looks, and whatever ends the process, finds the old store
or the new one, whole. The old one stays beside it, as results.db.version-3.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from gradparity.results.records.claim import ClaimFinding
from gradparity.results.records.descent import Descent
from gradparity.results.records.environment import Environment
from gradparity.results.records.errors import StoreError
from gradparity.results.records.record import Cell, Run, Sample
from gradparity.results.store import rows, sqlite_file
from gradparity.results.store.faults import explained
from gradparity.results.store.histories import unpacked_history
from gradparity.results.store.schema import CELLS, DESCENTS, FINDINGS
from gradparity.results.store.writing import insert_run, replace_rows

BUSY_S = 30.0
UNREADABLE = (
    *(ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError),
    *(BadZipFile, rows.Altered),
)
"""What reading a damaged row may raise."""


def brought_up_to_date(path: Path) -> str:
    """Convert a store of an earlier version; what was done, in a line, or "" of any other file.

    A file that may not be written, or lies in a folder that may not, stays as it is.
    Raises StoreError if another process has it open; then nothing was changed.
    """
    version = sqlite_file.version_of(path)
    if version not in READERS or not sqlite_file.replaceable(path):
        return ""
    try:
        return _converted(path, version)
    except sqlite3.Error as error:
        raise explained(DBAPIError(None, None, error), str(path)) from error
    except OSError as error:
        raise StoreError(f"cannot convert {path}: {error.strerror}") from error


def _converted(path: Path, version: int) -> str:
    before = path.stat()
    with closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as old:
        old.row_factory = sqlite3.Row
        old.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        # Folds a log into the file; refused while any other process has the store open.
        old.execute("PRAGMA journal_mode = DELETE")
        old.execute("BEGIN EXCLUSIVE")
        if not os.path.samestat(before, path.stat()):
            return ""  # another process has just done it
        new = path.with_name(f"{path.name}.converting")
        _remove(new)  # what a killed process has left
        try:
            runs, kept, left = _copied(old, READERS[version], new)
        except BaseException:
            _remove(new)
            raise
        copy = _free(path.with_name(f"{path.name}.version-{version}"))
        try:
            os.link(path, copy)
        except OSError:  # a file system without links: for a moment there is no store
            os.replace(path, copy)
        os.replace(new, path)
    told = (
        f"{path} was a store of version {version}: {_counted(runs, 'run')} with "
        f"{_counted(kept, 'row')} are converted, the old file is {copy.name}"
    )
    doubtful = "is" if left == 1 else "are"
    more = f", with {_counted(left, 'row')} that {doubtful} stored twice or cannot be read"
    return told + more if left else told


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        sqlite_file.beside(path, ending).unlink(missing_ok=True)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _copied(old: sqlite3.Connection, reader: Reader, new: Path) -> tuple[int, int, int]:
    """How many runs and rows went over, and how many rows did not."""
    runs = kept = left = 0
    engine = sqlite_file.open_file(new, read_only=False)
    try:
        for row in old.execute("SELECT * FROM runs ORDER BY started, id").fetchall():
            try:
                run = rows.run_of(rows.run_row(reader.run(row)))
            except UNREADABLE:
                left += 1
                continue
            with engine.begin() as connection:
                insert_run(connection, run)
                kinds = ((CELLS, reader.cell), (DESCENTS, reader.descent))
                for table, read in (*kinds, *[(FINDINGS, _finding)] * reader.has_findings):
                    found, others = _rows(old, table, read, run.id)
                    replace_rows(connection, table, list(found.values()))
                    kept, left = kept + len(found), left + others
            runs += 1
    finally:
        engine.dispose()
    return runs, kept, left


def _rows(
    old: sqlite3.Connection, table: Table, read: Callable[..., Any], run_id: str
) -> tuple[dict[str, dict[str, Any]], int]:
    """The new rows of a run by their identity; how many old ones have none, or one of another."""
    found: dict[str, dict[str, Any]] = {}
    asked = f"SELECT * FROM {table.name} WHERE run_id = ? ORDER BY id"
    olds = old.execute(asked, (run_id,)).fetchall()
    for row in olds:
        try:
            _, made = rows.row_of(run_id, read(old, row))
            AGAIN[table.name]({"id": 1, **made})  # it can be read again
        except UNREADABLE:
            continue
        found.setdefault(made["identity"], made)
    return found, len(olds) - len(found)


def _free(path: Path) -> Path:
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


@dataclass(frozen=True, slots=True)
class Reader:
    """How rows of one version are read; each raises what a damaged row makes Python raise."""

    run: Callable[[sqlite3.Row], Run]
    cell: Callable[[sqlite3.Connection, sqlite3.Row], Cell]
    descent: Callable[[sqlite3.Connection, sqlite3.Row], Descent]
    has_findings: bool = False


def _plain(row: sqlite3.Row, kind: type, *parsed: str) -> dict[str, Any]:
    """The fields that a row has by name; those of `parsed` are JSON."""
    names = {field.name for field in fields(kind)} & set(row.keys())
    return {name: json.loads(row[name]) if name in parsed else row[name] for name in names}


def _run_3(row: sqlite3.Row) -> Run:
    found = _plain(row, Run, "options", "environment")
    return Run(**found | {"environment": Environment.of(found["environment"])})


def _cell_3(old: sqlite3.Connection, row: sqlite3.Row) -> Cell:
    """A cell with its samples, which had a table of their own."""
    taken: dict[bool, list[Sample]] = {False: [], True: []}
    asked = "SELECT * FROM samples WHERE cell_id = ? ORDER BY number"
    for one in old.execute(asked, (row["id"],)).fetchall():
        taken[bool(one["control"])].append(Sample(**_plain(one, Sample)))
    samples = {"samples": tuple(taken[False]), "control": tuple(taken[True])}
    return Cell(**_plain(row, Cell, "counters") | samples)


def _descent_3(old: sqlite3.Connection, row: sqlite3.Row) -> Descent:
    found = _plain(row, Descent, "options")
    packed = found.pop("history")
    return Descent(**found, history=None if packed is None else unpacked_history(packed))


def _finding(old: sqlite3.Connection, row: sqlite3.Row) -> ClaimFinding:
    return rows.finding_of(dict(row))


AGAIN: dict[str, Callable[[Any], Any]] = {
    "cells": rows.cell_of,
    "descents": rows.descent_of,
    "findings": rows.finding_of,
}
"""By table, what reads a row."""

_AS_NOW = Reader(
    lambda row: rows.run_of(dict(row)),
    lambda old, row: rows.cell_of({"machine": None, **dict(row)}),
    lambda old, row: rows.descent_of(dict(row)),
)

READERS: dict[int, Reader] = {3: Reader(_run_3, _cell_3, _descent_3), 4: _AS_NOW, 5: _AS_NOW}
READERS[6] = replace(_AS_NOW, has_findings=True)
"""By version. 4 had no ledger, 5 no findings, 6 no machines; other rows are as they are now."""

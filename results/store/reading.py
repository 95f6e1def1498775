"""Rows out of a database, as many of them as can be read: one that is damaged hides only itself."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select
from sqlalchemy.exc import DBAPIError

from gradparity.results.records.damage import Damage
from gradparity.results.store.rows import Altered
from gradparity.results.store.schema import LEDGER
from gradparity.results.words.display import printable

Record = TypeVar("Record")
Row = dict[str, Any]
"""Column -> value."""

_LONE = re.compile("[\ud800-\udfff]")
"""What Python makes of bytes that are no UTF-8."""


def read(
    connection: Connection, table: Table, run_id: str | None, record_of: Callable[[Row], Record]
) -> Iterator[Record | Damage]:
    """Yield the records of a table in the order stored, and what is wrong with a row in its place.

    run_id: whose; None for the table of runs itself. record_of: see `rows.py`.
    """
    key = table.columns["id"]
    mine = None if run_id is None else table.columns["run_id"] == run_id
    for row in _rows(connection, table, key, mine):
        if isinstance(row, _Unreadable) and row.key is None:
            yield Damage(run_id or "", all_of(table), printable(row.what))
            continue
        if isinstance(row, _Unreadable):
            yield _damage(run_id, {"id": row.key}, row.what)
            continue
        try:
            yield record_of(row)
        except Altered as error:
            yield _damage(run_id, row, str(error))
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
            yield _damage(run_id, row, f"it cannot be read ({type(error).__name__})")


def all_of(table: Table) -> str:
    """What is damaged where it cannot be said which rows."""
    return f"its {table.name}"


def listed(connection: Connection, table: Table, run_id: str) -> int | None:
    """How many rows of this table the ledger lists of a run; None where it cannot be read."""
    mine = (
        LEDGER.c.run_id == run_id,
        LEDGER.c.told.startswith(f"{table.name.removesuffix('s')} ("),
    )
    try:
        return int(connection.execute(select(func.count()).where(*mine)).scalar() or 0)
    except DBAPIError as error:
        if not damaged(error):
            raise
        return None


class _Unreadable:
    """A row on a damaged page; without a key, all that belongs to a run."""

    def __init__(self, key: object, what: str) -> None:
        self.key, self.what = key, what


def _rows(
    connection: Connection, table: Table, key: Column[Any], mine: ColumnElement[bool] | None
) -> Iterator[Row | _Unreadable]:
    """All rows at once; one by one where a page of the file is damaged."""
    wanted = select(table).order_by(key)
    wanted = wanted if mine is None else wanted.where(mine)
    given = 0
    try:
        found = connection.execute(wanted)
        names = tuple(found.keys())
        for values in found:
            given += 1
            yield dict(zip(names, values, strict=True))
        return
    except DBAPIError as error:
        if not damaged(error):
            raise
    try:
        known = _keys(connection, key, mine)
    except DBAPIError as error:
        if mine is None or not damaged(error):
            raise
        yield _Unreadable(None, f"no page of the file leads to them ({error.orig})")
        return
    for one in known[given:]:
        if not is_text(one):
            yield _Unreadable(one, "its id is no text")
            continue
        asked = select(table).where(key == one)
        try:
            one_row = connection.execute(asked if mine is None else asked.where(mine))
            yield from map(dict, one_row.mappings().all())
        except DBAPIError as error:
            if not damaged(error):
                raise
            yield _Unreadable(one, f"its page of the file is damaged ({error.orig})")


def _keys(connection: Connection, key: Column[Any], mine: ColumnElement[bool] | None) -> list[Any]:
    """The keys of all rows, from an index, which lies on other pages; else every number."""
    try:
        wanted = select(key).order_by(key)
        return list(connection.execute(wanted if mine is None else wanted.where(mine)).scalars())
    except DBAPIError as error:
        if mine is None or not damaged(error):
            raise
    return list(range(1, 1 + (connection.execute(select(func.max(key))).scalar() or 0)))


def damaged(error: DBAPIError) -> bool:
    """Say whether a database's complaint is about the file's content, not about reaching it."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    # What was added to a page of the schema, or lost from it, is a plain SQLITE_ERROR.
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_text(value: object) -> bool:
    """Whether a database can be asked for this value: bytes that are no UTF-8 it cannot be."""
    return not isinstance(value, str) or value.isascii() or not _LONE.search(value)


def _damage(run_id: str | None, row: Row, what: str) -> Damage:
    what = printable(what)
    if run_id is None:
        return Damage(told(row["id"]), "", what)
    kind = "finding" if "verdict" in row else "descent" if "optimizer" in row else "cell"
    names = ("problem", "size", "backend", "optimizer")
    known = [told(row[name]) for name in names if isinstance(row.get(name), str)]
    return Damage(run_id, f"{kind} {row['id']}" + (f" ({' '.join(known)})" if known else ""), what)


def told(value: object) -> str:
    """A text that may be anything, short and in letters that can be printed."""
    text = printable(value if isinstance(value, str) else repr(value))
    return text if len(text) <= 60 else f"{text[:57]}..."

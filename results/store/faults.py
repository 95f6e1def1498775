"""A database's complaint, told in one line with what to do next."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import SQLAlchemyError

from gradparity.results.records.errors import StoreError, StoreFull
from gradparity.results.words.display import printable

LACKING = ("no such table", "no such column", "has no column")
FULL = ("disk is full", "disk full", "no space left", "disk i/o error", "could not extend file")


COMPLAINTS = (SQLAlchemyError, UnicodeDecodeError)
"""What a database raises; the latter where a name in SQLite's own tables is no text."""


def explained(error: SQLAlchemyError | UnicodeDecodeError, where: str) -> StoreError:
    """Say what `error` means: a StoreError, a StoreFull for a full or failing disk."""
    original = getattr(error, "orig", None) or error
    if isinstance(original, UnicodeDecodeError):
        return StoreError(f"{where} is damaged: a name in its list of tables is no text")
    text = printable(" ".join(str(original).split())) or type(original).__name__
    # The lower byte is the primary code: 3338, SQLITE_IOERR_WRITE's kin, are all 10.
    code = (getattr(original, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) or any(
        words in text.lower() for words in FULL
    ):
        return StoreFull(
            f"could not store in {where}: {text}; what was stored before stays readable, "
            "free some space or name another store"
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreError(f"{where} is read-only; name another file with --store")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(f"{where} is in use by another process that does not let go; try again")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or any(
        words in text for words in LACKING
    ):
        return StoreError(
            f"{where} is damaged: {text}; `gradparity store check` says what is, and "
            "`gradparity store merge` puts into another file what is not"
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(f"cannot open {where}: {text}")
    return StoreError(f"the store {where} failed: {text}")

"""A database's complaint, told in one line with what to do next."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from gradparity.results.records.errors import StoreDamaged, StoreError, StoreFull, StoreLost
from gradparity.results.words.display import printable

LACKING = ("no such table", "no such column", "has no column")
FULL_CODES = ("53100", "58030")
"""PostgreSQL's disk_full and io_error."""

WAITED = ("55P03", "40P01", "40001")
"""lock_not_available, deadlock_detected, serialization_failure."""

UNREACHED = ("08", "28", "3D", "53", "57P")
"""How codes begin that end a connection, or keep it from being made."""

NO_PASSWORD = ("password authentication failed", "no password supplied")
FULL = ("disk is full", "disk full", "no space left", "disk i/o error", "could not extend file")


COMPLAINTS = (SQLAlchemyError, UnicodeDecodeError)
"""What a database raises; the latter where a name in SQLite's own tables is no text."""


def explained(error: SQLAlchemyError | UnicodeDecodeError, where: str) -> StoreError:
    """Say what `error` means: a StoreError, a StoreFull for a full or failing disk, a StoreLost."""
    original = getattr(error, "orig", None) or error
    if isinstance(original, UnicodeDecodeError):
        return StoreError(f"{where} is damaged: a name in its list of tables is no text")
    text = printable(" ".join(_said(original).split())) or type(original).__name__
    if told := _of_a_server(error, original, text, where):
        return told
    # The lower byte is the primary code: 3338, SQLITE_IOERR_WRITE's kin, are all 10.
    code = (getattr(original, "sqlite_errorcode", None) or 0) & 0xFF
    full = getattr(original, "sqlstate", None) in FULL_CODES
    if (
        full
        or code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
        or any(words in text.lower() for words in FULL)
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
        return StoreDamaged(f"{where} is damaged: {text}")
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(f"cannot open {where}: {text}")
    return StoreError(f"the store {where} failed: {text}")


def _said(original: object) -> str:
    """A complaint's words; of a server's the first line, without the statement that it shows."""
    words = str(original)
    return words.partition("\n")[0] if hasattr(original, "sqlstate") else words


def _of_a_server(error: Exception, original: object, text: str, where: str) -> StoreError | None:
    """What PostgreSQL complains of, by its code; None for what has none that is known here.

    Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    code = getattr(original, "sqlstate", None)
    if code in FULL_CODES:
        return None  # `explained` knows by the words
    if code == "42501":
        return StoreError(
            f"{where}: {text}; this role may not do that, the database's owner can GRANT it"
        )
    if code == "25006":
        return StoreError(f"{where} takes no writes: {text}; name another store")
    if code in WAITED:
        return StoreError(f"{where} is in use by another process that does not let go; try again")
    if code == "3F000":
        return StoreError(f"{where}: {text}; make the schema that its search_path names")
    reached = code is not None and not code.startswith(UNREACHED)
    if reached or not isinstance(error, OperationalError) or not hasattr(original, "sqlstate"):
        return None
    if any(words in text for words in NO_PASSWORD):
        return StoreError(
            f"the server refuses {where}: {text}; the password is read from ~/.pgpass or PGPASSWORD"
        )
    if error.connection_invalidated:
        return StoreLost(f"the server of {where} is gone: {text}; what was stored is there")
    return StoreLost(f"cannot reach {where}: {text}")

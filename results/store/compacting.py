"""A SQLite file without the room of what was deleted from it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from gradparity.results.records.errors import StoreDamaged
from gradparity.results.store.faults import explained
from gradparity.results.words.display import printable


def compact(path: Path, engine: Engine) -> tuple[int, int]:
    """Write the file anew without what was deleted from it; its bytes before and after.

    SQLite does it all or not at all. Raises StoreError; of a damaged file, before anything is done:
    written anew, it would look sound.
    """
    before = path.stat().st_size
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA quick_check(1)")
        for (found,) in cursor.fetchall():
            if found != "ok":
                raise StoreDamaged(f"{path} is damaged: {printable(str(found))}")
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            cursor.execute(statement)
    except sqlite3.Error as error:
        raise explained(DBAPIError(None, None, error), str(path)) from error
    finally:
        connection.close()
    return before, path.stat().st_size

"""A store in one SQLite file: looked at before it is touched.

SQLite itself would happily add tables to somebody else's database, and leaves -wal and -shm files
beside one that it opened only to read. So the 100 bytes of the header are read first, as bytes:
whose file it is (byte 68) and which version (byte 60). Both are written in the transaction that
makes the tables, before write-ahead logging is switched on, hence never in the log alone.
Source: https://www.sqlite.org/fileformat2.html, section 1.3.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from gradparity.results.records.errors import StoreError
from gradparity.results.store.faults import explained
from gradparity.results.store.schema import APPLICATION_ID, GRADPARITY, METADATA, OURS, VERSION
from gradparity.results.words.display import printable

BUSY_S = 30.0
CONVERTED = (3, 4, 5, 6)
"""Versions that `conversion.py` reads."""

MAGIC = b"SQLite format 3\x00"


def open_file(path: Path, read_only: bool) -> Engine:
    """Open the store in `path`; it and its folder are made if missing, unless `read_only`.

    Raises: StoreError, before anything was touched, for whatever is not a store of ours.
    """
    new = _look(path, read_only)
    if read_only:
        return _engine(path, _reading_mode(path), read_only=True)
    if new:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder {path.parent}: {error.strerror}") from error
        _create(path)
    engine = _engine(path, "rw", read_only=False)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT id FROM runs LIMIT 1")
    except BaseException:
        engine.dispose()
        raise
    return engine


def _look(path: Path, read_only: bool) -> bool:
    """Say whether `path` is free for a new store; False if it holds ours, StoreError if neither."""
    try:
        if path.is_dir():
            raise StoreError(
                f"{path} is a folder; name a file in it, such as {path / 'results.db'}"
            )
        exists = path.exists()
    except OSError as error:
        raise StoreError(f"cannot look at {path}: {error.strerror}") from error
    if not exists:
        _refuse_broken_links(path, read_only)
        if read_only:
            raise StoreError(f"there is no store at {path}; `gradparity run` makes one")
        _writable_folder(path)
        return True
    if not path.is_file():
        raise StoreError(f"{path} is not a regular file; name another one")
    if not os.access(path, os.R_OK):
        raise StoreError(f"cannot read {path}: permission denied")
    if not read_only and not os.access(path, os.W_OK):
        raise StoreError(f"{path} is read-only; name another file with --store")
    if not read_only:
        _writable_folder(path)
    return _look_inside(path, read_only)


def _refuse_broken_links(path: Path, read_only: bool) -> None:
    """Raise StoreError where a link on the way leads nowhere, unless a store can be made there."""
    for link in (path.absolute(), *path.absolute().parents):
        if not link.is_symlink() or link.exists():
            continue
        try:
            link.stat()
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise StoreError(f"{link} is a symbolic link that leads back to itself") from error
        there = Path(os.path.realpath(link))
        if read_only or link != path.absolute() or not there.parent.is_dir():
            raise StoreError(f"{link} is a symbolic link to {str(there)!r}, which does not exist")


def _writable_folder(path: Path) -> None:
    # The log lies beside the file, so that a writable file in a read-only folder is of no use.
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise StoreError(f"{folder} is not a folder, so that {path} cannot be made")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(f"the folder {folder} is read-only; name another file with --store")


def _look_inside(path: Path, read_only: bool) -> bool:
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    if not header:
        if read_only:
            raise StoreError(f"the store {path} is empty; `gradparity run` fills it")
        return True
    if len(header) < 100 or not header.startswith(MAGIC):
        raise StoreError(f"{path} is not a database; it was left as it is, name another file")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StoreError(
            f"{path} is the SQLite database of another program; it was left as it is, "
            "name another file"
        )
    version = int.from_bytes(header[60:64], "big")
    if version != VERSION:
        other = "a newer" if version > VERSION else "an older"
        raise StoreError(
            f"{path} was written by {other} gradparity (store version {version}, this one reads "
            f"{VERSION}{_convertible(path, version)}); it was left as it is, name another file "
            "with --store"
        )
    if beside(path, "-journal").exists():
        # Killed while the tables were made: SQLite undoes it on opening, and we begin again.
        return not read_only
    if not _logged(path):
        _whole(path, read_only)
    return False


def version_of(path: Path) -> int | None:
    """Return the version of the store in a file; None if it is no store of ours, or unreadable."""
    try:
        if not path.is_file():  # to open a pipe is to wait for whoever writes into it
            return None
        with path.open("rb") as file:
            header = file.read(100)
    except OSError:
        return None
    ours = header.startswith(MAGIC) and header[68:72] == APPLICATION_ID.to_bytes(4, "big")
    return int.from_bytes(header[60:64], "big") if ours else None


def replaceable(path: Path) -> bool:
    """Whether another file may take this one's place."""
    return os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK | os.X_OK)


def _convertible(path: Path, version: int) -> str:
    old = version in CONVERTED
    return "; a copy that may be written is converted" if old and not replaceable(path) else ""


def _logged(path: Path) -> bool:
    """Say whether a log lies beside the file: another process is at work, or one was killed.

    The log is then the truth. The file alone may look torn: a full disk, or a kill, interrupts
    the copying of the log into it, and SQLite completes that from the log later.
    """
    log = beside(path, "-wal")
    return log.exists() and log.stat().st_size > 0


def _whole(path: Path, read_only: bool) -> None:
    """Raise StoreError unless our tables can be found, with nothing locked or written.

    Where one lacks, what is in the others can still be read.
    """
    try:
        connection = sqlite3.connect(_uri(path, "ro&immutable=1"), uri=True)
        try:
            asked = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c"
            found = set(connection.execute(asked))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path} is damaged: {printable(str(error))}") from error
    except UnicodeDecodeError as error:
        raise explained(error, str(path)) from error
    told = lacking(found)
    if told and not (read_only and {table for table, _ in found} & OURS):
        raise StoreError(f"{path} is damaged: it lacks {told[0]}")


def lacking(found: Collection[tuple[str, str]]) -> list[str]:
    """Say which of our tables or columns are not among those found, as (table, column)."""
    tables = {table for table, _ in found}
    gone = [name for name in sorted(OURS) if name not in tables]
    columns = [
        f"the column {table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if table.name in tables and (table.name, column.name) not in found
    ]
    return [f"the table {name!r}" for name in gone] + columns


def _create(path: Path) -> None:
    """Make the tables and our marks in one transaction, while the file is still without a log."""
    existed = path.exists()
    engine = _engine(path, "rwc", read_only=False, log=False)
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
            if connection.execute(GRADPARITY.select()).first() is None:
                connection.execute(GRADPARITY.insert().values(version=VERSION))
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        engine.dispose()
        if not existed and path.exists() and path.stat().st_size == 0:
            path.unlink()
        raise
    engine.dispose()


def beside(path: Path, ending: str) -> Path:
    """SQLite's companion of `path`, such as results.db-wal."""
    return path.with_name(path.name + ending)


def _reading_mode(path: Path) -> str:
    """How to open for reading so that nothing is left behind and a log of a killed run is read.

    With a log: `ro`, which reads it and leaves it. Without one: a connection that might write
    cleans up after itself; where it cannot write, `immutable` needs no files beside it.
    """
    if _logged(path):
        return "ro"
    if replaceable(path):
        return "rw"
    return "ro&immutable=1"


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def _engine(path: Path, mode: str, read_only: bool, log: bool = True) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            _uri(path, mode), uri=True, timeout=BUSY_S, check_same_thread=False
        )
        # Python's own transactions begin late and not before a SELECT or a CREATE.
        connection.isolation_level = None
        # Bytes that are no UTF-8 are damage to one row, not the end of reading.
        connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            if read_only:
                connection.execute("PRAGMA query_only = ON")
            else:
                if log:
                    connection.execute("PRAGMA journal_mode = WAL")
                # One fsync per cell, so that even a power cut loses the running cell only.
                connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=1, max_overflow=2
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # Immediate: a deferred writer that finds another one at work fails without waiting.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine

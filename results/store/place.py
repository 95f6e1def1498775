"""Where a store is: a path, or a SQLAlchemy URL, and an engine for it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from gradparity.results.records.errors import StoreError
from gradparity.results.store.schema import GRADPARITY, METADATA, OURS, VERSION


def prepare_elsewhere(engine: Engine, where: str, read_only: bool) -> None:
    """Make our tables in a database that is no SQLite file; look first whose it is.

    Raises: StoreError for tables of ours that are somebody else's, or of a newer version.
    """
    found = set(inspect(engine).get_table_names())
    if GRADPARITY.name not in found:
        if taken := sorted(OURS & found):
            raise StoreError(f"{where} has a table {taken[0]!r} of another program; name another")
        if read_only:
            raise StoreError(f"the store {where} is empty; `gradparity run` fills it")
        with engine.begin() as connection:
            METADATA.create_all(connection)
            connection.execute(GRADPARITY.insert().values(version=VERSION))
        return
    with engine.begin() as connection:
        version = connection.execute(select(GRADPARITY.c.version)).scalar_one()
    if version != VERSION:
        other = "a newer" if version > VERSION else "an older"
        raise StoreError(
            f"{where} was written by {other} gradparity (store version {version}, this one reads "
            f"{VERSION}); it was left as it is, name another file with --store"
        )


def place(where: str | Path) -> Path | URL:
    """Read a path for anything that is a SQLite file, otherwise a URL; StoreError if neither."""
    if isinstance(where, Path):
        return where
    if "://" not in where:
        if re.match(r"[A-Za-z][A-Za-z0-9+]+:/", where):
            raise StoreError(f"{where!r} is neither a path nor a URL such as sqlite:///results.db")
        return make_url("sqlite://") if where == ":memory:" else Path(where)
    try:
        url = make_url(where)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise StoreError("the store's URL cannot be read; one is sqlite:///results.db") from error
    if backend != "sqlite":
        return url
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or url.query:
        raise StoreError("for SQLite give a path, or sqlite:///PATH without options")
    if url.host:
        raise StoreError(f"a path follows sqlite:/// with three slashes: sqlite:///{url.host}")
    if url.database in (None, "", ":memory:"):
        return make_url("sqlite://")
    return Path(str(url.database))


def connect(url: URL) -> Engine:
    """Make an engine for `url`, not yet connected; StoreError for a missing driver."""
    try:
        if url.get_backend_name() == "sqlite":
            return create_engine(url, poolclass=StaticPool)
        return create_engine(url)
    except NoSuchModuleError as error:
        raise StoreError(
            f"unknown database {url.drivername!r}; known: sqlite, postgresql, mysql, mariadb, "
            "oracle, mssql"
        ) from error
    except ImportError as error:
        missing = error.name or url.get_driver_name()
        raise StoreError(
            f"{url.drivername} needs the Python package {missing!r}; "
            f"install it with: pip install {missing}"
        ) from error
    except (ArgumentError, TypeError, ValueError) as error:
        raise StoreError(f"the store's URL cannot be used: {error}") from error

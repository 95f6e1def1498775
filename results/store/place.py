"""Where a store is: a path, or a SQLAlchemy URL."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from gradparity.results.records.errors import StoreError


def place(where: str | Path) -> Path | URL:
    """Read a path for anything that is a SQLite file, otherwise a URL; StoreError if neither."""
    if "\0" in str(where):
        raise StoreError(f"{str(where)!r} is no path: there is a null byte in it")
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
        return _without_password(url)
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or url.query:
        raise StoreError("for SQLite give a path, or sqlite:///PATH without options")
    if url.host:
        raise StoreError(f"a path follows sqlite:/// with three slashes: sqlite:///{url.host}")
    if url.database in (None, "", ":memory:"):
        return make_url("sqlite://")
    return Path(str(url.database))


def _without_password(url: URL) -> URL:
    """The URL, if it has no password; others would see one, and it would be stored."""
    if url.password is not None or any("password" in name for name in url.query):
        raise StoreError(
            "a password does not belong into the store's URL, where others see it; "
            "put it into ~/.pgpass or PGPASSWORD"
        )
    return url

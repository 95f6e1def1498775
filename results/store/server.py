"""A store in a database server: looked at before it is touched, and asked for what is needed alone.

PostgreSQL by psycopg is what is tested. Its driver finds a password where every program of
PostgreSQL does, in PGPASSWORD or ~/.pgpass; a URL with one in it is refused (`place.py`), so that
none is ever stored with a command, printed, or seen in the list of processes.
"""

from __future__ import annotations

import shlex
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from gradparity.results.records.errors import StoreError
from gradparity.results.store.schema import APPLICATION_ID, GRADPARITY, METADATA, OURS, VERSION

BUSY_S = 30
"""So long a transaction waits for a lock of another one; as with SQLite."""

POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "gradparity",
    # A network that parts is noticed within a minute or two, not after the two hours of TCP.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""What libpq is told where the URL does not say it; seconds, tcp_user_timeout in milliseconds."""


def open_server(url: URL, where: str, read_only: bool) -> Engine:
    """Open the store at `url`, whose tables are made if there are none, unless `read_only`.

    read_only: the role needs to read the tables, and nothing more.
    Raises: StoreError; then nothing was changed. What the database raises goes through.
    """
    engine = connect(url, read_only)
    try:
        prepare(engine, where, read_only)
    except BaseException:
        engine.dispose()
        raise
    return engine


def connect(url: URL, read_only: bool = False) -> Engine:
    """Make an engine for `url`, not yet connected; StoreError for a missing driver."""
    try:
        if url.get_backend_name() == "sqlite":  # in memory
            return create_engine(url, poolclass=StaticPool)
        if url.get_backend_name() != "postgresql":
            return create_engine(url)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        return _postgresql(url, read_only)
    except NoSuchModuleError as error:
        raise StoreError(
            f"unknown database {url.drivername!r}; known: sqlite, postgresql, mysql, mariadb, "
            "oracle, mssql"
        ) from error
    except ImportError as error:
        missing = error.name or url.get_driver_name()
        ours = url.get_driver_name() == "psycopg"
        line = "'gradparity[postgresql]'" if ours else missing
        raise StoreError(
            f"{url.drivername} needs the Python package {missing!r}; "
            f"install it with: pip install {line}"
        ) from error
    except (ArgumentError, TypeError, ValueError) as error:
        raise StoreError(f"the store's URL cannot be used: {error}") from error


def _postgresql(url: URL, read_only: bool) -> Engine:
    given = {}
    if url.get_driver_name() == "psycopg":
        given = {name: value for name, value in POSTGRESQL.items() if name not in url.query}
    # Before every transaction it is asked whether the server is still there, so that one that was
    # started again between two cells costs nothing.
    engine = create_engine(
        url,
        connect_args=given,
        pool_pre_ping=True,
        pool_size=2,
        execution_options={"postgresql_readonly": read_only},
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{BUSY_S}s'")
        connection.commit()

    return engine


def prepare(engine: Engine, where: str, read_only: bool) -> None:
    """Make our tables in a database that is no SQLite file; look first whose it is.

    Raises: StoreError for tables of ours that are somebody else's, or of another version.
    """
    with engine.connect() as connection:
        version = version_of(connection, where)
    if version is None:
        if read_only:
            raise StoreError(f"the store {where} is empty; `gradparity run` fills it")
        with engine.begin() as connection:
            alone(connection)
            version = version_of(connection, where)  # another process may just have made them
            if version is None:
                METADATA.create_all(connection)
                connection.execute(GRADPARITY.insert().values(version=VERSION))
                version = VERSION
    if version > VERSION:
        raise StoreError(
            f"{where} was written by a newer gradparity (store version {version}, this one reads "
            f"{VERSION}); it was left as it is, name another file with --store, or update "
            "gradparity"
        )
    if version < VERSION:
        raise StoreError(
            f"{where} was written by an older gradparity (store version {version}, this one reads "
            f"{VERSION}); it was left as it is: gradparity store migrate --store "
            f"{shlex.quote(where)}"
        )


def version_of(connection: Connection, where: str) -> int | None:
    """Return the version of our tables; None where there are none of ours.

    Raises: StoreError for a table that is somebody else's.
    """
    found = set(inspect(connection).get_table_names())
    if GRADPARITY.name not in found:
        if taken := sorted(OURS & found):
            raise StoreError(f"{where} has a table {taken[0]!r} of another program; name another")
        return None
    return int(connection.execute(select(GRADPARITY.c.version)).scalar_one())


def alone(connection: Connection) -> None:
    """Wait until no other gradparity makes or alters tables here; until the transaction's end."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:ours)"), {"ours": APPLICATION_ID})

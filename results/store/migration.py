"""A server's tables from one version to the next, where somebody asks for it.

A step says what was added or altered then, in Alembic's operations and in columns of its own: the
tables of today (`schema.py`) may change once more. PostgreSQL alters tables in a transaction, so
that all steps are done or none, whatever happens. A SQLite file needs none of this: it is read into
records and written anew (`conversion.py`), which also rescues what is right in a damaged one.

Alembic's own files of revisions and its table are not used: the version stands in our table
already, where earlier gradparities look for it, and two counts of one thing can differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gradparity.results.records.errors import StoreError
from gradparity.results.store.faults import COMPLAINTS, explained
from gradparity.results.store.owners import clock, owner_of
from gradparity.results.store.schema import GRADPARITY, OWNERS, VERSION
from gradparity.results.store.server import alone, connect, version_of

if TYPE_CHECKING:
    from alembic.operations import Operations


def migrate(url: sa.URL, where: str) -> int:
    """Bring the tables at `url` to this version, and return the one that they were of.

    Raises: StoreError, for an empty database, a version that no step begins at, a run at work;
    then nothing was changed.
    """
    engine = connect(url)
    try:
        with engine.begin() as connection:
            alone(connection)
            before = version_of(connection, where)
            if before is None:
                raise StoreError(f"the store {where} is empty; there is nothing to migrate")
            if before > VERSION:
                raise StoreError(
                    f"{where} was written by a newer gradparity (store version {before}, this one "
                    f"makes {VERSION}); there is no way back"
                )
            if before != VERSION:
                _undisturbed(connection, where)
                _step_by_step(connection, where, before)
        return before
    except COMPLAINTS as error:
        raise explained(error, where) from error
    finally:
        engine.dispose()


def _step_by_step(connection: sa.Connection, where: str, before: int) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    operations = Operations(MigrationContext.configure(connection))
    for version in range(before, VERSION):
        if version not in STEPS:
            raise StoreError(f"{where} is of store version {before}, which cannot be migrated")
        STEPS[version](operations)
    connection.execute(GRADPARITY.update().values(version=VERSION))


def _undisturbed(connection: sa.Connection, where: str) -> None:
    """Raise StoreError if a process is at work, as it would go on writing what it knows."""
    now = clock(connection)
    for run_id in connection.execute(sa.select(OWNERS.c.run_id)).scalars():
        owner = owner_of(connection, run_id)
        if owner is not None and owner.alive(now):
            raise StoreError(
                f"run {run_id} of {where} is at work: {owner.line()}; wait for it, or end that "
                "process"
            )


def _findings(operations: Operations) -> None:
    """Version 6: what was found of claims."""
    operations.create_table(
        "findings",
        sa.Column("id", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("run_id", _NAME, nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("chapter", sa.Text(), nullable=False),
        sa.Column("quick", sa.Integer(), nullable=False),
        sa.Column("status", _NAME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verdict", _NAME, nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("figures", _LONG, nullable=False),
        sa.Column("seconds", sa.Double()),
        sa.Column("left_out", _LONG, nullable=False),
        sa.Column("chart", _LONG, nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.UniqueConstraint("run_id", "identity"),
    )


def _machines(operations: Operations) -> None:
    """Version 7: on which machine of a cluster a cell was timed."""
    operations.add_column("cells", sa.Column("machine", sa.Text()))


_NAME = sa.String(200).with_variant(sa.Text(), "postgresql")
_LONG = sa.Text(2**31 - 1).with_variant(sa.Text(), "postgresql")

STEPS: dict[int, Callable[[Operations], None]] = {5: _findings, 6: _machines}
"""From which version a step leads to the next."""

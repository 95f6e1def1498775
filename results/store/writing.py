"""Records into the tables, each with its line in the ledger, in a transaction of the caller's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table

from gradparity.results.records.record import Run
from gradparity.results.store import rows
from gradparity.results.store.schema import LEDGER, RUNS

MOST = 500
"""Rows of one statement."""


def insert_run(connection: Connection, run: Run) -> None:
    """Insert a run. Raises IntegrityError if there is one of its id."""
    connection.execute(RUNS.insert().values(**rows.run_row(run)))
    told = {"run_id": run.id, "identity": rows.ITSELF, "told": "its record"}
    connection.execute(LEDGER.insert().values(**told))


def replace_rows(connection: Connection, table: Table, made: list[dict[str, Any]]) -> None:
    """Insert rows that belong to one run in place of those of the same identity."""
    for start in range(0, len(made), MOST):
        some = made[start : start + MOST]
        for one in (table, LEDGER):
            same = one.c.identity.in_([row["identity"] for row in some])
            connection.execute(one.delete().where(one.c.run_id == some[0]["run_id"], same))
        connection.execute(table.insert(), some)
        listed = [{name: row[name] for name in ("run_id", "identity")} for row in some]
        told = [line | {"told": rows.called(row)} for line, row in zip(listed, some, strict=True)]
        connection.execute(LEDGER.insert(), told)

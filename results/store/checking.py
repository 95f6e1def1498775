"""Everything that is wrong with a store: of the file, of the rows, and of what belongs together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, inspect, not_, or_, select

from gradparity.results.records.damage import Damage
from gradparity.results.records.errors import StoreDamaged, StoreError
from gradparity.results.store import rows
from gradparity.results.store.reading import Row, is_text, read, told
from gradparity.results.store.schema import CELLS, DESCENTS, FINDINGS, LEDGER, RUNS
from gradparity.results.store.sqlite_file import lacking
from gradparity.results.store.store import Store

MOST = 100
"""Of the file's own faults, so many are told at most."""

FOREIGN = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"
"""What changes rows behind our back, or passes for one of our tables."""

AGREE = 1e-9
"""Relative difference of a stored figure from the one derived again: both are float64."""


def examine(store: Store) -> tuple[int, int, list[Damage]]:
    """Return how many runs and rows there are that are right, and all that is not."""
    damage = list(_of_the_file(store))
    runs = _count(store, damage, RUNS, lambda row: rows.run_of(row).id)
    right = 0
    for table, belongs in ((CELLS, _cell), (DESCENTS, _descent), (FINDINGS, _finding)):
        right += len(_count(store, damage, table, belongs))
        _strays(store, damage, table)
    _against_ledger(store, damage)
    return len(runs), right, damage


def _of_the_file(store: Store) -> Iterator[Damage]:
    """What the database itself, and its list of tables, have to say."""
    try:
        with store.snapshot() as connection:
            there = inspect(connection)
            found = [
                (table, column["name"])
                for table in there.get_table_names()
                for column in there.get_columns(table)
            ]
            yield from (Damage("", "", f"it lacks {one}") for one in lacking(found))
            if connection.dialect.name == "sqlite":
                asked = connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})")
                lines = [line for (text,) in asked for line in str(text).splitlines()]
                faults = [one for one in lines if one != "ok" and not one.startswith("***")]
                yield from (Damage("", "", f"the file: {one}") for one in faults)
                for kind, name in connection.exec_driver_sql(FOREIGN):
                    yield Damage("", "", f"it has a {kind} that is not ours, {told(name)}")
    except StoreError as error:
        yield Damage("", "", _found(error))


def _found(error: StoreError) -> str:
    """What a database complains of, without the advice to look here."""
    return error.found if isinstance(error, StoreDamaged) else str(error)


def _count(
    store: Store, damage: list[Damage], table: Table, record_of: Callable[[Row], Any]
) -> list[Any]:
    """The records of a table that are right; what is wrong with the others goes into `damage`."""
    found: list[Any] = []
    try:
        with store.snapshot() as connection:
            for run_id in _whose(connection, table):
                for one in read(connection, table, run_id, record_of):
                    (damage if isinstance(one, Damage) else found).append(one)
    except StoreError as error:
        damage.append(Damage("", f"table {table.name}", _found(error)))
    return found


def _whose(connection: Connection, table: Table) -> list[str | None]:
    if table is RUNS:
        return [None]
    asked = select(table.c.run_id).distinct().order_by(table.c.run_id)
    # An id that is no text has no record; `_strays` tells of it.
    return [one for one in connection.execute(asked).scalars() if is_text(one)]


def _against_ledger(store: Store, damage: list[Damage]) -> None:
    """What the ledger lists and is gone, and what is there and was never stored."""
    by_table = {table: _listed(table) for table in (CELLS, DESCENTS, FINDINGS)}
    itself = and_(LEDGER.c.identity == rows.ITSELF, LEDGER.c.run_id.in_(select(RUNS.c.id)))
    gone = select(LEDGER).where(not_(or_(*by_table.values(), itself))).order_by(*LEDGER.primary_key)
    try:
        with store.snapshot() as connection:
            for line in connection.execute(gone).mappings():
                what = f"{told(line['told'])} is gone, though it was stored"
                damage.append(Damage(told(line["run_id"]), "", what))
            for table, listed in by_table.items():
                for row in connection.execute(select(table).where(not_(listed))).mappings():
                    what = f"{told(rows.called(row))} is there, though it was never stored"
                    damage.append(Damage(told(row["run_id"]), "", what))
    except StoreError:
        return  # what keeps it from being read is told already


def _listed(table: Table) -> ColumnElement[bool]:
    """That a row of the table and a line of the ledger are about the same."""
    same = [table.c[name] == LEDGER.c[name] for name in ("run_id", "identity")]
    return exists().where(*same)


def _strays(store: Store, damage: list[Damage], table: Table) -> None:
    """Rows of runs that are not there."""
    try:
        with store.snapshot() as connection:
            asked = (
                select(table.c.run_id).distinct().where(table.c.run_id.not_in(select(RUNS.c.id)))
            )
            for run_id in connection.execute(asked).scalars():
                damage.append(Damage(told(run_id), "", f"it has {table.name}, but no record"))
    except StoreError:
        return  # what keeps it from being read is told already


def _cell(row: Row) -> None:
    cell = rows.cell_of(row)
    _identified(row, cell)
    for name, value in rows.derived(cell).items():
        stored = row[name]
        if (stored is None) != (value is None) or (
            value is not None and not math.isclose(stored, value, rel_tol=AGREE)
        ):
            raise rows.Altered(f"{name} is {stored}, and {value} by its samples")


def _descent(row: Row) -> None:
    _identified(row, rows.descent_of(row))


def _finding(row: Row) -> None:
    finding = rows.finding_of(row)
    _identified(row, finding)
    if row["verdict"] != finding.verdict:
        raise rows.Altered(f"its verdict is {row['verdict']!r}, and {finding.verdict!r} by figures")


def _identified(row: Row, record: Any) -> None:
    if rows.identity(record) != row["identity"]:
        raise rows.Altered("its identity is not that of its figures")

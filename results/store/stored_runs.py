"""What is in a store: its runs, newest first, and what belongs to each, in the order stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, Table

from gradparity.results.records.claim import ClaimFinding
from gradparity.results.records.damage import Damage
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import StoreError
from gradparity.results.records.record import Cell, Run
from gradparity.results.store import rows
from gradparity.results.store.faults import COMPLAINTS, explained
from gradparity.results.store.meant import meant
from gradparity.results.store.reading import Row, all_of, listed, read
from gradparity.results.store.schema import CELLS, DESCENTS, FINDINGS, RUNS

Record = TypeVar("Record")


class StoredRuns:
    """The reader's side of a store. Every method raises StoreError, with one line of text.

    where: the store's path or URL, as it is shown. damage: what reading had to leave out so far.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.where = where
        self.damage: list[Damage] = []
        self._engine = engine

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        with self.snapshot() as connection:
            found = self._read(connection, RUNS, None, rows.run_of)
        return sorted(found, key=lambda run: (run.started, run.id), reverse=True)

    def find(self, wanted: str | None = None) -> Run:
        """The run with this id, or with an id that starts so; None: the latest.

        Raises: StoreError for an empty store, an unknown id, one that several ids start with, or
        one whose record is damaged.
        """
        before = len(self.damage)
        runs = self.runs()
        if wanted is not None:
            found = meant(wanted, runs, self.damage[before:], self.where)
            del self.damage[before:]  # of other runs, which nobody asked for
            return found
        if not runs:
            broken = "".join(f"; {one.line()}" for one in self.damage[before:][:3])
            empty = "has no run that can be read" if broken else "is empty"
            advice = broken or "; `gradparity run` fills it"
            raise StoreError(f"the store {self.where} {empty}{advice}")
        return runs[0]

    def descents(self, run_id: str) -> list[Descent]:
        """The descents of the run with this id, in the order stored."""
        with self.snapshot() as connection:
            return self._read(connection, DESCENTS, run_id, rows.descent_of)

    def cells(self, run_id: str) -> list[Cell]:
        """The cells of the run with this id, in the order stored."""
        with self.snapshot() as connection:
            return self._read(connection, CELLS, run_id, rows.cell_of)

    def findings(self, run_id: str) -> list[ClaimFinding]:
        """What the run with this id has found of claims, in the order stored."""
        with self.snapshot() as connection:
            return self._read(connection, FINDINGS, run_id, rows.finding_of)

    def belonging(self, run_id: str) -> list[rows.Belonging]:
        """All that belongs to the run with this id."""
        return [*self.cells(run_id), *self.descents(run_id), *self.findings(run_id)]

    def load(self, run: str | None = None) -> tuple[Run, list[Cell]]:
        """Load a run and its cells, in the order stored; `find` says which, and what it raises."""
        chosen = self.find(run)
        return chosen, self.cells(chosen.id)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The store at one moment, for reading; a database's complaints as StoreError.

        Nothing is committed: of what has met a damaged page SQLite refuses even that.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except COMPLAINTS as error:
            raise explained(error, self.where) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing of what is done with the connection; its complaints as StoreError."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except COMPLAINTS as error:
            raise explained(error, self.where) from error

    def _read(
        self,
        connection: Connection,
        table: Table,
        run_id: str | None,
        record_of: Callable[[Row], Record],
    ) -> list[Record]:
        before = None if run_id is None else listed(connection, table, run_id)
        found: list[Record] = []
        damage: list[Damage] = []
        for one in read(connection, table, run_id, record_of):
            if isinstance(one, Damage):
                damage.append(one)
            else:
                found.append(one)
        if run_id is not None and not any(one.row == all_of(table) for one in damage):
            # A run at work stores more of them meanwhile, and never fewer.
            there, after = len(found) + len(damage), listed(connection, table, run_id)
            if before is None or after is None:
                damage.append(Damage(run_id, "", f"the list of its {table.name} cannot be read"))
            elif not before <= there <= after:
                what = f"{before} {table.name} were stored, and {there} can be found"
                damage.append(Damage(run_id, "", what))
        self.damage += damage
        return found

"""The store: runs with their cells and samples, or their descents, committed as they are finished.

    with open_store(None) as store:
        store.begin(run)
        store.add(run.id, *cells_of_a_workload)
        store.finish(run.id, "finished", now)
        run, cells = store.load()

Laws. A cell for which `add` returned, and a descent for which `add_descent` did, is there for every
later reader, whatever happens to the process: an exception, a full disk or kill -9 loses at most
those that were being added. Nothing goes before what replaces it is there, in one transaction. What
is stored has an identity, and a run has each once. One process at a time writes into a run.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from gradparity.results.records.damage import Damage
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import StoreError, StoreFull
from gradparity.results.records.record import Cell, Run
from gradparity.results.store import rows, sqlite_file
from gradparity.results.store.conversion import brought_up_to_date
from gradparity.results.store.faults import COMPLAINTS, explained
from gradparity.results.store.owners import Heartbeat, Owner, this_process
from gradparity.results.store.place import connect, place, prepare_elsewhere
from gradparity.results.store.reading import Row, read
from gradparity.results.store.schema import CELLS, DESCENTS, OWNERS, RUNS
from gradparity.results.store.writing import insert_run, replace_rows
from gradparity.results.words.screen import Screen

__all__ = ["DEFAULT", "Store", "StoreError", "StoreFull", "open_store"]

DEFAULT = Path(".gradparity/results.db")

Record = TypeVar("Record")


class Store:
    """An open store; see `open_store`. Every method raises StoreError, with one line of text.

    damage: what reading had to leave out so far.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.where = where
        self.damage: list[Damage] = []
        self._engine = engine
        self._held: dict[str, str] = {}
        self._heartbeat: Heartbeat | None = None

    def begin(self, run: Run) -> None:
        """Store a new run, without cells, and hold it: see `take_up`."""
        me = this_process()
        with self.transaction() as connection:
            self._insert(connection, run)
            connection.execute(OWNERS.insert().values(run_id=run.id, **asdict(me)))
        self._hold(run.id, me)

    def put(self, run: Run, cells: list[Cell], descents: list[Descent]) -> None:
        """Store a run that is over, with all that belongs to it, in one transaction."""
        with self.transaction() as connection:
            self._insert(connection, run)
            replace_rows(connection, CELLS, [rows.cell_row(run.id, one) for one in cells])
            replace_rows(connection, DESCENTS, [rows.descent_row(run.id, x) for x in descents])

    def take_up(self, run_id: str) -> None:
        """Hold a stored run: nobody else can write into it, until `finish`, `let_go` or `close`.

        Raises StoreError if another process holds it, and lives (`owners.py`).
        """
        if run_id in self._held:
            return
        me = this_process()
        with self.transaction() as connection:
            if connection.execute(select(RUNS.c.id).where(RUNS.c.id == run_id)).first() is None:
                raise StoreError(f"{self.where} has no run {run_id}")
            owner = self._owner(connection, run_id)
            if owner is not None and owner.alive:
                raise StoreError(
                    f"run {run_id} is at work: {owner.line()}; wait for it, or end that process"
                )
            connection.execute(OWNERS.delete().where(OWNERS.c.run_id == run_id))
            try:
                connection.execute(OWNERS.insert().values(run_id=run_id, **asdict(me)))
            except IntegrityError as error:
                raise StoreError(f"run {run_id} was just taken up by another process") from error
        self._hold(run_id, me)

    def owner(self, run_id: str) -> Owner | None:
        """Return the process that is at work on a run; None if none is, or it is dead."""
        with self.transaction() as connection:
            found = self._owner(connection, run_id)
        return found if found is not None and found.alive else None

    def let_go(self, run_id: str) -> None:
        """Hold a run no longer."""
        token = self._held.pop(run_id, None)
        if token is None:
            return
        with self.transaction() as connection:
            connection.execute(OWNERS.delete().where(OWNERS.c.token == token))

    def add(self, run_id: str, *cells: Cell) -> None:
        """Store cells with their samples, all or none, on disk when this returns.

        They replace those of the same identity. Raises StoreError if the run is not held.
        """
        self._add(run_id, CELLS, [rows.cell_row(run_id, cell) for cell in cells])

    def add_descent(self, run_id: str, descent: Descent) -> None:
        """Store a descent with its history, in the same way."""
        self._add(run_id, DESCENTS, [rows.descent_row(run_id, descent)])

    def go_on(self, run_id: str) -> Run:
        """Store that a run that is held is running again, and return it."""
        return self._change(run_id, "running", None)

    def finish(self, run_id: str, status: str, finished: str | None) -> Run:
        """Store how a run ended, and when (UTC, ISO 8601); let go of it, and return it."""
        run = self._change(run_id, status, finished)
        self.let_go(run_id)
        return run

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        with self.transaction() as connection:
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
            found = self._meant(wanted, runs, self.damage[before:])
            del self.damage[before:]  # of other runs, which nobody asked for
            return found
        if not runs:
            broken = "".join(f"; {one.line()}" for one in self.damage[before:][:3])
            empty = "has no run that can be read" if broken else "is empty"
            advice = broken or "; `gradparity run` fills it"
            raise StoreError(f"the store {self.where} {empty}{advice}")
        return runs[0]

    def _meant(self, wanted: str, runs: list[Run], damage: list[Damage]) -> Run:
        if exact := [run for run in runs if run.id == wanted]:
            return exact[0]
        starts = [run for run in runs if run.id.startswith(wanted)]
        broken = [one for one in damage if one.run.startswith(wanted)]
        if len(starts) == 1 and not broken:
            return starts[0]
        if len(broken) == 1 and not starts:
            raise StoreError(f"{self.where}: {broken[0].line()}")
        if starts or broken:
            ids = [*(run.id for run in starts), *(one.run for one in broken)]
            raise StoreError(f"several runs start with {wanted!r}: {_listed(ids)}")
        known = [run.id for run in runs]
        inside = [name for name in known if wanted in name]
        near = inside or difflib.get_close_matches(wanted, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ";"
        raise StoreError(f"{self.where} has no run {wanted!r}{hint} known: {_listed(known)}")

    def descents(self, run_id: str) -> list[Descent]:
        """The descents of the run with this id, in the order stored."""
        with self.transaction() as connection:
            return self._read(connection, DESCENTS, run_id, rows.descent_of)

    def cells(self, run_id: str) -> list[Cell]:
        """The cells of the run with this id, in the order stored."""
        with self.transaction() as connection:
            return self._read(connection, CELLS, run_id, rows.cell_of)

    def load(self, run: str | None = None) -> tuple[Run, list[Cell]]:
        """Load a run and its cells, in the order stored; `find` says which, and what it raises."""
        chosen = self.find(run)
        return chosen, self.cells(chosen.id)

    def close(self) -> None:
        """Let go of all runs and of the database; SQLite then folds its log into the one file."""
        if self._heartbeat is not None:
            self._heartbeat.stop()
            self._heartbeat = None
        for run_id in list(self._held):
            with suppress(StoreError):
                self.let_go(run_id)
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

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
        found: list[Record] = []
        for one in read(connection, table, run_id, record_of):
            if isinstance(one, Damage):
                self.damage.append(one)
            else:
                found.append(one)
        return found

    def _insert(self, connection: Connection, run: Run) -> None:
        try:
            insert_run(connection, run)
        except IntegrityError as error:
            raise StoreError(f"{self.where} already has a run {run.id}") from error

    def _add(self, run_id: str, table: Table, made: list[dict[str, Any]]) -> None:
        with self.transaction() as connection:
            self._mine(connection, run_id)
            replace_rows(connection, table, made)

    def _change(self, run_id: str, status: str, finished: str | None) -> Run:
        with self.transaction() as connection:
            self._mine(connection, run_id)
            found = connection.execute(select(RUNS).where(RUNS.c.id == run_id)).mappings().one()
            try:
                run = replace(rows.run_of(found), status=status, finished=finished)
            except rows.Altered as error:
                raise StoreError(
                    f"{self.where}: {Damage(run_id, '', str(error)).line()}"
                ) from error
            connection.execute(RUNS.update().where(RUNS.c.id == run_id).values(rows.run_row(run)))
        return run

    def _hold(self, run_id: str, me: Owner) -> None:
        self._held[run_id] = me.token
        # Nobody else sees a database in memory.
        if self._heartbeat is None and not isinstance(self._engine.pool, StaticPool):
            self._heartbeat = Heartbeat(self._engine, self._held.values())

    def _mine(self, connection: Connection, run_id: str) -> None:
        """Raise StoreError unless this process holds the run; nobody can take it meanwhile."""
        token = self._held.get(run_id)
        if token is None:
            raise StoreError(f"{self.where}: run {run_id!r} is not held; begin it first")
        owner = self._owner(connection, run_id)
        if owner is None or owner.token != token:
            who = "another process" if owner is None else owner.line()
            raise StoreError(
                f"run {run_id} was taken up by {who}, as this process gave no sign of life; it "
                "stores nothing more"
            )

    @staticmethod
    def _owner(connection: Connection, run_id: str) -> Owner | None:
        asked = select(OWNERS).where(OWNERS.c.run_id == run_id).with_for_update()
        row = connection.execute(asked).mappings().first()
        if row is None:
            return None
        figures = dict(row)
        del figures["run_id"]
        return Owner(**figures)


def open_store(where: str | Path | None = None, *, read_only: bool = False) -> Store:
    """Open the store at a path or SQLAlchemy URL; by default `DEFAULT`, made if it is missing.

    read_only: for verbs that only show; makes nothing, and works on a read-only file.
    A file of an earlier version is converted, which is said on standard error (`conversion.py`).
    Raises: StoreError; then nothing was changed and no file made.
    """
    target = DEFAULT if where is None or where == "" else where
    there = place(target)
    shown = there.render_as_string(hide_password=True) if isinstance(there, URL) else str(there)
    engine: Engine | None = None
    try:
        if isinstance(there, Path):
            if told := brought_up_to_date(there):
                Screen(stderr=True).say(told)
            engine = sqlite_file.open_file(there, read_only)
        else:
            engine = connect(there)
            prepare_elsewhere(engine, shown, read_only)
    except COMPLAINTS as error:
        if engine is not None:
            engine.dispose()
        raise explained(error, shown) from error
    except StoreError:
        if engine is not None:
            engine.dispose()
        raise
    return Store(engine, shown)


def _listed(ids: list[str]) -> str:
    more = f" and {len(ids) - 8} more" if len(ids) > 8 else ""
    return ", ".join(ids[:8]) + more

"""The store: runs with their cells, descents or findings, committed as they are finished.

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

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from gradparity.results.records.claim import ClaimFinding
from gradparity.results.records.damage import Damage
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import StoreError, StoreFull, StoreLost
from gradparity.results.records.record import Cell, Run
from gradparity.results.store import rows, sqlite_file
from gradparity.results.store.conversion import brought_up_to_date
from gradparity.results.store.faults import COMPLAINTS, explained
from gradparity.results.store.owners import Heartbeat, Owner, clock, owner_of, take, this_process
from gradparity.results.store.place import place
from gradparity.results.store.schema import CELLS, DESCENTS, FINDINGS, OWNERS, RUNS
from gradparity.results.store.server import open_server
from gradparity.results.store.stored_runs import StoredRuns
from gradparity.results.store.writing import insert_run, replace_rows
from gradparity.results.words.screen import Screen

__all__ = ["DEFAULT", "Store", "StoreError", "StoreFull", "open_store"]

DEFAULT = Path(".gradparity/results.db")

PATIENCE_S = 30.0
"""So long a write waits for a server that is gone: it may just be started again."""
RETRY_S = 0.5

Done = TypeVar("Done")


class Store(StoredRuns):
    """An open store; see `open_store`. Every method raises StoreError, with one line of text."""

    def __init__(self, engine: Engine, where: str) -> None:
        super().__init__(engine, where)
        self._held: dict[str, str] = {}
        self._patience_s = PATIENCE_S
        self._heartbeat: Heartbeat | None = None

    def begin(self, run: Run) -> None:
        """Store a new run, without cells, and hold it: see `take_up`."""
        with self.transaction() as connection:
            me = this_process(clock(connection))
            self._insert(connection, run)
            connection.execute(OWNERS.insert().values(run_id=run.id, **asdict(me)))
        self._hold(run.id, me)

    def put(self, run: Run, records: Sequence[rows.Belonging]) -> None:
        """Store a run that is over, with all that belongs to it, in one transaction."""
        made = [rows.row_of(run.id, one) for one in records]
        with self.transaction() as connection:
            self._insert(connection, run)
            for table in (CELLS, DESCENTS, FINDINGS):
                replace_rows(connection, table, [row for where, row in made if where is table])

    def take_up(self, run_id: str) -> None:
        """Hold a stored run: nobody else can write into it, until `finish`, `let_go` or `close`.

        Raises StoreError if another process holds it, and lives (`owners.py`).
        """
        if run_id in self._held:
            return
        with self.transaction() as connection:
            if connection.execute(select(RUNS.c.id).where(RUNS.c.id == run_id)).first() is None:
                raise StoreError(f"{self.where} has no run {run_id}")
            me = this_process(clock(connection))
            take(connection, run_id, me)
        self._hold(run_id, me)

    def owner(self, run_id: str) -> Owner | None:
        """Return the process that is at work on a run; None if none is, or it is dead."""
        with self.snapshot() as connection:
            found = owner_of(connection, run_id)
            now = clock(connection)
        return found if found is not None and found.alive(now) else None

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
        made = [rows.cell_row(run_id, cell) for cell in cells]
        self._lasting(lambda: self._add(run_id, CELLS, made))

    def add_descent(self, run_id: str, descent: Descent) -> None:
        """Store a descent with its history, in the same way."""
        made = [rows.descent_row(run_id, descent)]
        self._lasting(lambda: self._add(run_id, DESCENTS, made))

    def add_finding(self, run_id: str, finding: ClaimFinding) -> None:
        """Store what was found of a claim, in the same way."""
        made = [rows.finding_row(run_id, finding)]
        self._lasting(lambda: self._add(run_id, FINDINGS, made))

    def go_on(self, run_id: str) -> Run:
        """Store that a run that is held is running again, and return it."""
        return self._change(run_id, "running", None)

    def finish(self, run_id: str, status: str, finished: str | None) -> Run:
        """Store how a run ended, and when (UTC, ISO 8601); let go of it, and return it."""
        run = self._lasting(lambda: self._change(run_id, status, finished))
        self.let_go(run_id)
        return run

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

    def _insert(self, connection: Connection, run: Run) -> None:
        try:
            insert_run(connection, run)
        except IntegrityError as error:
            raise StoreError(f"{self.where} already has a run {run.id}") from error

    def _lasting(self, write: Callable[[], Done]) -> Done:
        """Call `write` until the server is there, `PATIENCE_S` at most.

        It may have been done without our learning of it, so it must be one that can be done twice.
        """
        end = monotonic() + self._patience_s
        while True:
            try:
                return write()
            except StoreLost as error:
                if monotonic() > end:
                    self._patience_s = 0.0  # what is still to be done does not wait again
                    raise StoreLost(f"{error}; --resume finishes the run") from error
                sleep(RETRY_S)

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
        owner = owner_of(connection, run_id, kept=True)
        if owner is None or owner.token != token:
            who = "another process" if owner is None else owner.line()
            raise StoreError(
                f"run {run_id} was taken up by {who}, as this process gave no sign of life; it "
                "stores nothing more"
            )


def open_store(where: str | Path | None = None, *, read_only: bool = False) -> Store:
    """Open the store at a path or SQLAlchemy URL; by default `DEFAULT`, made if it is missing.

    read_only: for verbs that only show; makes nothing, and works on a read-only file.
    A file of an earlier version is converted, which is said on standard error (`conversion.py`).
    Raises: StoreError; then nothing was changed and no file made.
    """
    target = DEFAULT if where is None or where == "" else where
    there = place(target)
    shown = there.render_as_string(hide_password=True) if isinstance(there, URL) else str(there)
    try:
        if isinstance(there, Path):
            if told := brought_up_to_date(there):
                Screen(stderr=True).say(told)
            return Store(sqlite_file.open_file(there, read_only), shown)
        return Store(open_server(there, shown, read_only), shown)
    except COMPLAINTS as error:
        why = explained(error, shown)
        # Nothing was begun that could be finished later.
        raise StoreError(str(why)) if isinstance(why, StoreLost) else why from error

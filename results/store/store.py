"""The store: runs with their cells and samples, or their descents, committed one by one.

    with open_store(None) as store:
        store.begin(run)
        store.add(run.id, cell)
        store.finish(run.id, "finished", now)
        run, cells = store.load()

Law: a cell for which `add` returned, and a descent for which `add_descent` did, is there for every
later reader, whatever happens to the process: an exception, a full disk or kill -9 loses at most
the one that was being added.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gradparity.results.records.descent import Descent
from gradparity.results.records.environment import Environment
from gradparity.results.records.errors import StoreError, StoreFull
from gradparity.results.records.record import Cell, Run, Sample
from gradparity.results.store import sqlite_file
from gradparity.results.store.faults import explained
from gradparity.results.store.histories import packed_history, unpacked_history
from gradparity.results.store.place import connect, place, prepare_elsewhere
from gradparity.results.store.schema import CELLS, DESCENTS, RUNS, SAMPLES

__all__ = ["DEFAULT", "Store", "StoreError", "StoreFull", "open_store"]

DEFAULT = Path(".gradparity/results.db")


class Store:
    """An open store; see `open_store`. Every method raises StoreError, with one line of text."""

    def __init__(self, engine: Engine, where: str) -> None:
        self.where = where
        self._engine = engine

    def begin(self, run: Run) -> None:
        """Store a new run, without cells."""
        with self._transaction() as connection:
            try:
                connection.execute(RUNS.insert().values(**asdict(run)))
            except IntegrityError as error:
                raise StoreError(f"{self.where} already has a run {run.id}") from error

    def add(self, run_id: str, cell: Cell) -> None:
        """Store a cell with its samples, all or nothing, on disk when this returns."""
        row = {field.name: getattr(cell, field.name) for field in fields(Cell)}
        taken = {control: row.pop(name) for control, name in _KINDS.items()}
        samples = [
            {"control": control, **asdict(sample)}
            for control, found in taken.items()
            for sample in found
        ]
        with self._transaction() as connection:
            self._known(connection, run_id)
            result = connection.execute(CELLS.insert().values(run_id=run_id, **row))
            key = result.inserted_primary_key
            assert key is not None
            if samples:
                connection.execute(
                    SAMPLES.insert(),
                    [
                        {"cell_id": key[0], "number": number, **sample}
                        for number, sample in enumerate(samples)
                    ],
                )

    def add_descent(self, run_id: str, descent: Descent) -> None:
        """Store a descent with its history, all or nothing, on disk when this returns."""
        row = {field.name: getattr(descent, field.name) for field in fields(Descent)}
        history = row.pop("history")
        packed = None if history is None else packed_history(history)
        with self._transaction() as connection:
            self._known(connection, run_id)
            connection.execute(DESCENTS.insert().values(run_id=run_id, history=packed, **row))

    def finish(self, run_id: str, status: str, finished: str | None) -> None:
        """Store how a run ended, and when (UTC, ISO 8601)."""
        with self._transaction() as connection:
            self._known(connection, run_id)
            change = RUNS.update().where(RUNS.c.id == run_id)
            connection.execute(change.values(status=status, finished=finished))

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        with self._transaction() as connection:
            found = connection.execute(
                select(RUNS).order_by(RUNS.c.started.desc(), RUNS.c.id.desc())
            )
            return [_run(row) for row in found]

    def find(self, wanted: str | None = None) -> Run:
        """The run with this id, or with an id that starts so; None: the latest.

        Raises: StoreError for an empty store, an unknown id, or a start that several ids share.
        """
        runs = self.runs()
        if not runs:
            raise StoreError(f"the store {self.where} is empty; `gradparity run` fills it")
        if wanted is None:
            return runs[0]
        if exact := [run for run in runs if run.id == wanted]:
            return exact[0]
        starts = [run for run in runs if run.id.startswith(wanted)]
        if len(starts) == 1:
            return starts[0]
        if starts:
            raise StoreError(f"several runs start with {wanted!r}: {_listed(starts)}")
        inside = [run.id for run in runs if wanted in run.id]
        near = inside or difflib.get_close_matches(wanted, [run.id for run in runs], n=1)
        hint = f"; did you mean {near[0]}?" if near else ";"
        raise StoreError(f"{self.where} has no run {wanted!r}{hint} known: {_listed(runs)}")

    def descents(self, run_id: str) -> list[Descent]:
        """The descents of the run with this id, in the order stored."""
        with self._transaction() as connection:
            found = connection.execute(
                select(DESCENTS).where(DESCENTS.c.run_id == run_id).order_by(DESCENTS.c.id)
            ).all()
        return [_descent(row) for row in found]

    def load(self, run: str | None = None) -> tuple[Run, list[Cell]]:
        """Load a run and its cells, in the order stored; `find` says which, and what it raises."""
        chosen = self.find(run)
        with self._transaction() as connection:
            cells = connection.execute(
                select(CELLS).where(CELLS.c.run_id == chosen.id).order_by(CELLS.c.id)
            ).all()
            samples = connection.execute(
                select(SAMPLES)
                .join(CELLS, SAMPLES.c.cell_id == CELLS.c.id)
                .where(CELLS.c.run_id == chosen.id)
                .order_by(SAMPLES.c.cell_id, SAMPLES.c.number)
            )
            taken: dict[tuple[int, str], list[Sample]] = defaultdict(list)
            for row in samples:
                taken[row.cell_id, _KINDS[bool(row.control)]].append(_sample(row))
        return chosen, [
            _cell(row, {name: tuple(taken[row.id, name]) for name in _KINDS.values()})
            for row in cells
        ]

    def forget(self, run_id: str, cells: Sequence[Cell]) -> None:
        """Remove these cells of a run, with their samples: they are about to be made again."""
        with self._transaction() as connection:
            for cell in cells:
                asked = {name: getattr(cell, name) for name in _IDENTITY}
                same = [CELLS.c[name] == value for name, value in asked.items()]
                keys = select(CELLS.c.id).where(CELLS.c.run_id == run_id, *same)
                connection.execute(SAMPLES.delete().where(SAMPLES.c.cell_id.in_(keys)))
                connection.execute(CELLS.delete().where(CELLS.c.run_id == run_id, *same))

    def close(self) -> None:
        """Let go of the database; SQLite then folds its log into the one file."""
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
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise explained(error, self.where) from error

    def _known(self, connection: Connection, run_id: str) -> None:
        if connection.execute(select(RUNS.c.id).where(RUNS.c.id == run_id)).first() is None:
            raise StoreError(f"{self.where} has no run {run_id!r}; begin it first")


def open_store(where: str | Path | None = None, *, read_only: bool = False) -> Store:
    """Open the store at a path or SQLAlchemy URL; by default `DEFAULT`, made if it is missing.

    read_only: for verbs that only show; makes nothing, and works on a read-only file.
    Raises: StoreError; then nothing was changed and no file made.
    """
    target = DEFAULT if where is None or where == "" else where
    there = place(target)
    shown = there.render_as_string(hide_password=True) if isinstance(there, URL) else str(there)
    engine: Engine | None = None
    try:
        if isinstance(there, Path):
            engine = sqlite_file.open_file(there, read_only)
        else:
            engine = connect(there)
            prepare_elsewhere(engine, shown, read_only)
    except SQLAlchemyError as error:
        if engine is not None:
            engine.dispose()
        raise explained(error, shown) from error
    except StoreError:
        if engine is not None:
            engine.dispose()
        raise
    return Store(engine, shown)


def _listed(runs: list[Run]) -> str:
    more = f" and {len(runs) - 8} more" if len(runs) > 8 else ""
    return ", ".join(run.id for run in runs[:8]) + more


def _fields(row: Row[Any], kind: type, without: tuple[str, ...] = ()) -> dict[str, Any]:
    names = (field.name for field in fields(kind) if field.name not in without)
    return {name: row._mapping[name] for name in names}


def _run(row: Row[Any]) -> Run:
    figures = _fields(row, Run)
    return Run(**figures | {"environment": Environment.of(figures["environment"])})


def _sample(row: Row[Any]) -> Sample:
    return Sample(**_fields(row, Sample))


def _descent(row: Row[Any]) -> Descent:
    packed: bytes | None = row.history
    history = None if packed is None else unpacked_history(packed)
    return Descent(**_fields(row, Descent, ("history",)), history=history)


def _cell(row: Row[Any], samples: dict[str, tuple[Sample, ...]]) -> Cell:
    figures: dict[str, Any] = _fields(row, Cell, tuple(samples))
    return Cell(**figures | samples)


_KINDS = {False: "samples", True: "control"}
_IDENTITY = ("problem", "size", "backend", "variant", "operator", "dtype", "device", "threads")

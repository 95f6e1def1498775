"""From a record to the row of its table, and back; what comes back is what was stored, or damage.

SQLite takes text where numbers belong, and disks flip bits. So a row carries a checksum of itself:
it is either read whole and right, or it is told what is wrong with it.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from functools import cache
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Double, Integer, LargeBinary, Table

from gradparity.results.records.claim import ClaimFinding, Figure
from gradparity.results.records.descent import Descent
from gradparity.results.records.environment import Environment
from gradparity.results.records.record import Cell, Run
from gradparity.results.records.samples import PackedSamples, packed_samples
from gradparity.results.store.histories import packed_history, unpacked_history
from gradparity.results.store.schema import CELLS, DESCENTS, FINDINGS, RUNS

Record = TypeVar("Record", Run, Cell, Descent, ClaimFinding)

Belonging: TypeAlias = Cell | Descent | ClaimFinding
"""What belongs to a run."""

STATISTICS = ("median_s", "low_s", "high_s")
"""Columns of a cell that follow from its samples."""


ITSELF = "run"
"""In the ledger, of a run itself; those of cells and descents have 32 letters."""

_OF_THE_STORE = {"run_id", "identity", "checksum", *STATISTICS}
"""Columns that no record has."""


class Altered(Exception):
    """A row is not what was stored; the text says what is wrong with it."""


def run_row(run: Run) -> dict[str, Any]:
    """Return the row of a run."""
    return _sealed(RUNS, _columns(RUNS, run))


def cell_row(run_id: str, cell: Cell) -> dict[str, Any]:
    """Return the row of a cell, without its number."""
    packed = {"samples": packed_samples(cell.samples), "control": packed_samples(cell.control)}
    of_run = {"run_id": run_id, "identity": identity(cell)}
    return _sealed(CELLS, _columns(CELLS, cell) | packed | of_run | derived(cell))


def descent_row(run_id: str, descent: Descent) -> dict[str, Any]:
    """Return the row of a descent, without its number."""
    packed = None if descent.history is None else packed_history(descent.history)
    of_run = {"run_id": run_id, "identity": identity(descent)}
    return _sealed(DESCENTS, _columns(DESCENTS, descent) | {"history": packed} | of_run)


def finding_row(run_id: str, finding: ClaimFinding) -> dict[str, Any]:
    """Return the row of a finding, without its number."""
    of_run = {"run_id": run_id, "identity": identity(finding)}
    return _sealed(FINDINGS, _columns(FINDINGS, finding) | of_run)


def row_of(run_id: str, record: Belonging) -> tuple[Table, dict[str, Any]]:
    """Return the table of a record, and its row there."""
    if isinstance(record, Cell):
        return CELLS, cell_row(run_id, record)
    if isinstance(record, Descent):
        return DESCENTS, descent_row(run_id, record)
    return FINDINGS, finding_row(run_id, record)


def derived(cell: Cell) -> dict[str, float | None]:
    """Return the figures of `STATISTICS`, seconds; None of a cell without a time."""
    if not cell.samples:
        return dict.fromkeys(STATISTICS)
    from gradparity.results.times import statistics  # imports numpy, which is slow

    time = statistics.time(cell.samples)
    assert time is not None
    return dict(zip(STATISTICS, (time.estimate, time.low, time.high), strict=True))


def called(row: Mapping[Any, Any]) -> str:
    """Return what a row of what belongs to a run is called: "cell (booth tiny numpy)"."""
    kind = "finding" if "verdict" in row else "descent" if "optimizer" in row else "cell"
    names = ("number", "problem", "size", "backend", "optimizer")
    return f"{kind} ({' '.join(str(row[name]) for name in names if row.get(name))})"


def identity(record: Belonging) -> str:
    """Return what is unique in a run, in 32 letters: a digest of `record.identity`."""
    told = json.dumps([_storable(part) for part in record.identity], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def run_of(row: Mapping[Any, Any]) -> Run:
    """Return the run in a row. Raises Altered."""
    figures = _figures(RUNS, row, Run)
    return Run(**figures | {"environment": Environment.of(figures["environment"])})


def cell_of(row: Mapping[Any, Any]) -> Cell:
    """Return the cell in a row. Raises Altered."""
    figures = _figures(CELLS, row, Cell)
    for name in ("samples", "control"):
        figures[name] = PackedSamples(figures[name])
    return Cell(**figures)


def descent_of(row: Mapping[Any, Any]) -> Descent:
    """Return the descent in a row. Raises Altered."""
    figures = _figures(DESCENTS, row, Descent)
    packed = figures.pop("history")
    return Descent(**figures, history=None if packed is None else unpacked_history(packed))


def finding_of(row: Mapping[Any, Any]) -> ClaimFinding:
    """Return the finding in a row. Raises Altered."""
    figures = _figures(FINDINGS, row, ClaimFinding)
    figures["quick"] = bool(figures["quick"])
    figures["figures"] = tuple(Figure.of(one) for one in figures["figures"])
    return ClaimFinding(**figures)


def checksum(table: Table, row: Mapping[Any, Any]) -> int:
    """Return the CRC-32 of all columns but the row's number and the checksum itself.

    One that came later counts where it says something, so that rows of before are what they were.
    """
    plain, blobs = _sealed_columns(table)
    told = [row[name] for name, later in plain if not (later and row[name] is None)]
    found = zlib.crc32(ascii(told).encode())
    for name in blobs:
        found = zlib.crc32(row[name] or b"", found)
    return found


def _sealed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    # SQLite keeps -0.0 as 0, and a sum with 0.0 is never the former.
    kept = {name: x + 0.0 if isinstance(x, float) else x for name, x in row.items()}
    return kept | {"checksum": checksum(table, kept)}


@cache
def _sealed_columns(table: Table) -> tuple[list[tuple[str, bool]], list[str]]:
    """The names of the columns that are no bytes, whether one came later, and the others'."""
    named = [c for c in table.columns if c.name != "checksum" and not _is_number_of_row(table, c)]
    blobs = [c.name for c in named if isinstance(c.type, LargeBinary)]
    plain = [(c.name, bool(c.info.get("later"))) for c in named if c.name not in blobs]
    return plain, blobs


def _is_number_of_row(table: Table, column: Any) -> bool:
    return column.primary_key and table is not RUNS


def _columns(table: Table, record: Run | Belonging) -> dict[str, Any]:
    """What goes into the columns that a record has by name."""
    row = {}
    for name, write in _writers(table):
        value = getattr(record, name)
        row[name] = None if value is None else write(value)
    return row


@cache
def _writers(table: Table) -> list[tuple[str, Callable[[Any], Any]]]:
    found: list[tuple[str, Callable[[Any], Any]]] = []
    for column in table.columns:
        if column.name in _OF_THE_STORE or _is_number_of_row(table, column):
            continue
        if column.info.get("json"):
            found.append((column.name, _to_json))
        elif isinstance(column.type, Double):
            found.append((column.name, _distance))
        elif isinstance(column.type, Integer):
            found.append((column.name, int))
        elif not isinstance(column.type, LargeBinary):
            found.append((column.name, _storable))
    return found


def _to_json(value: Any) -> str:
    return json.dumps(value, default=asdict)


def _distance(value: float) -> float:
    """NaN, which SQL confuses with NULL, is stored as infinity: no figure is as bad as either."""
    return math.inf if math.isnan(value) else float(value)


def _storable(value: Any) -> Any:
    # A command line may hold bytes that are no UTF-8 (lone surrogates), a crash's output a NUL;
    # no database takes the former and PostgreSQL refuses the latter.
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def _figures(table: Table, row: Mapping[Any, Any], kind: type) -> dict[str, Any]:
    """The figures of a record of this kind. Raises Altered."""
    values = dict(row)
    for name, allowed, said in _allowed(table):
        value = values[name]
        if type(value) not in allowed:
            if allowed[0] is bytes and isinstance(value, memoryview | bytearray):
                values[name] = bytes(value)  # as some databases' drivers return them
                continue
            raise Altered(f"{name} is {_kind(value)} where {said} belongs")
    if checksum(table, values) != values["checksum"]:
        raise Altered("it is not as it was stored (its checksum is another)")
    return {
        name: json.loads(values[name]) if parsed else values[name]
        for name, parsed in _fields(table, kind)
    }


@cache
def _fields(table: Table, kind: type) -> list[tuple[str, bool]]:
    """The fields of a record, and whether its column holds JSON."""
    names = (field.name for field in fields(kind))
    return [(name, bool(table.columns[name].info.get("json"))) for name in names]


@cache
def _allowed(table: Table) -> list[tuple[str, tuple[type, ...], str]]:
    """Every column's name, the types that its values may have, and what they are called."""
    found: list[tuple[str, tuple[type, ...], str]] = []
    for column in table.columns:
        known: type
        if isinstance(column.type, Double):
            known, said = float, "a number"
        elif isinstance(column.type, Integer):
            known, said = int, "a whole number"
        elif isinstance(column.type, LargeBinary):
            known, said = bytes, "an array"
        else:
            known, said = str, "text"
        either: tuple[type, ...] = (known, type(None)) if column.nullable else (known,)
        found.append((column.name, either, said))
    return found


def _kind(value: object) -> str:
    named = {str: "text", bytes: "bytes", type(None): "missing", float: "a fraction", int: "whole"}
    return named.get(type(value), type(value).__name__)

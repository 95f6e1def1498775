"""A store into another, of whatever kind, and the proof that it is there: by counts and hashes.

What is copied is read again from both databases, row by row as it lies there; every row is held
against its own checksum on the way, and both sides are counted and hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gradparity.results.records.damage import Damage
from gradparity.results.records.errors import StoreError
from gradparity.results.store import rows
from gradparity.results.store.merging import Merged, merge
from gradparity.results.store.reading import Row, read
from gradparity.results.store.schema import CELLS, DESCENTS, FINDINGS, RUNS
from gradparity.results.store.store import Store

KINDS: tuple[tuple[Any, Callable[[Row], Any]], ...] = (
    (CELLS, rows.cell_of),
    (DESCENTS, rows.descent_of),
    (FINDINGS, rows.finding_of),
)


@dataclass(frozen=True, slots=True)
class Contents:
    """How many of some runs a store has, with how many rows, and the SHA-256 of them all."""

    runs: int
    rows: int
    digest: str


def copy(source: Store, target: Store) -> tuple[Merged, Contents]:
    """Add the runs of `source` to `target`, and return what became of them and what is in both.

    Runs that are there already are known, so that a copy that was interrupted goes on. What cannot
    be read in `source`, or is refused, is told as `merge` does. Raises: StoreError if what is in
    `target` then is not what is in `source`.
    """
    merged = merge(target, source)
    ids = [*merged.known, *merged.added]
    here, there = contents(source, ids), contents(target, ids)
    if here != there:
        raise StoreError(
            f"{target.where} has {there.runs} runs with {there.rows} rows (SHA-256 {there.digest}) "
            f"of the {here.runs} with {here.rows} ({here.digest}) in {source.where}; copy again"
        )
    return merged, here


def contents(store: Store, ids: Iterable[str]) -> Contents:
    """Return what a store has of runs, as far as it can be read."""
    counted, told = 0, hashlib.sha256()
    wanted = sorted(ids)
    with store.snapshot() as connection:
        known = {
            one[0]: one[1]
            for one in read(
                connection, RUNS, None, lambda row: (row["id"], _hash(rows.run_of, row))
            )
            if not isinstance(one, Damage)
        }
        for run_id in wanted:
            told.update(f"{run_id} {known.get(run_id)}\n".encode())
            for table, record_of in KINDS:
                hashes = read(connection, table, run_id, partial(_hash, record_of))
                found = sorted(one for one in hashes if isinstance(one, str))
                counted += len(found)
                told.update("".join(f"{table.name} {one}\n" for one in found).encode())
    return Contents(len(known.keys() & set(wanted)), counted, told.hexdigest())


def _hash(record_of: Callable[[Row], Any], row: Row) -> str:
    """The SHA-256 of all columns of a row but its number. Raises what `record_of` does."""
    record_of(row)
    told = hashlib.sha256()
    for name in sorted(row.keys() - ({"id"} if "run_id" in row else set())):
        value = row[name]
        told.update(name.encode())
        told.update(
            bytes(value) if isinstance(value, bytes | memoryview) else ascii(value).encode()
        )
    return told.hexdigest()

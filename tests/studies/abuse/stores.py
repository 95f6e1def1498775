"""Stores, damaged; what is shown of the rest, and whether the damage is told."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path

from gradparity.results.store.store import StoreError, open_store
from tests.harness.terminal.hostile import HOSTILE
from tests.results import descents, synthetic
from tests.studies.abuse.commands import called
from tests.studies.abuse.faults import Fault

FIRST, SECOND = (f"2026112{n}-000000-aaaa" for n in (1, 2))
RACE = "20261123-000000-aaaa"
VERBS = (
    *(("show",), ("show", "--all"), ("show", FIRST), ("show", RACE), ("show", "--scaling")),
    *(("show", "-f", "json"), ("show", RACE, "-f", "csv"), ("compare", FIRST, SECOND)),
    *(("export", FIRST), ("export", SECOND, "-f", "junit"), ("export", "-f", "latex")),
    *(("store", "vacuum"), ("run", "--resume", FIRST), ("train", "--resume", RACE)),
    ("store", "merge", "sound.db"),
)
"""Each trial calls three of them, and `store check`."""


@cache
def sound(folder: Path) -> Path:
    """A store of two runs and a race, closed."""
    path = folder / "sound.db"
    cells = synthetic.cells(rounds=5)[:8]
    with open_store(path) as store:
        for name in (FIRST, SECOND):
            store.put(synthetic.run(id=name, started=f"{name[:4]}-11-{name[6:8]}"), cells)
        races = [descents.descent(0.05), descents.descent(0.1, seed=1), descents.failed("adam")]
        store.put(synthetic.run(id=RACE, kind="train", started="2026-11-23"), races)
    return path


def held_in(path: Path):
    """Everything that can be read of a store; None if that is refused or incomplete."""
    try:
        with open_store(path, read_only=True) as store:
            runs = store.runs()
            rows = [(run, store.cells(run.id), len(store.descents(run.id))) for run in runs]
            return None if store.damage else rows
    except StoreError:
        return None


def flipped(path: Path, rng: random.Random) -> None:
    """Bits, one to fifty."""
    found = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 5, 50))):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    path.write_bytes(found)


def cut(path: Path, rng: random.Random) -> None:
    """The end is missing, or something stands after it."""
    found = path.read_bytes()
    more = rng.randbytes(rng.randrange(9000))
    path.write_bytes(found + more if rng.random() < 0.3 else found[: rng.randrange(len(found))])


def overwritten(path: Path, rng: random.Random) -> None:
    """A stretch holds zeros, noise or another part of the file."""
    found = bytearray(path.read_bytes())
    size = rng.choice((16, 512, 4096))
    at, other = (rng.randrange(len(found) - size) for _ in range(2))
    piece = rng.choice((bytes(size), rng.randbytes(size), found[other : other + size]))
    found[at : at + size] = piece
    path.write_bytes(found)


def _tables(connection):
    names = connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
    return sorted(name for (name,) in names if not name.startswith("sqlite"))


def _columns(connection, table):
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def value(path: Path, rng: random.Random) -> None:
    """One field, or a whole column, holds a value of another kind."""
    connection = sqlite3.connect(path)
    table = rng.choice([*_tables(connection), "cells", "runs", "descents"])
    column = rng.choice(_columns(connection, table))
    texts = [text for text in HOSTILE if text.isprintable()]
    given = rng.choice(
        (
            *(None, 0, -1, 1.5, 2**62, float("inf"), "", "far", "[" * 3000, "{}", b"\xff\xfe"),
            *(b"", rng.choice(texts), rng.randbytes(40)),
        )
    )
    where = rng.choice(("", "WHERE rowid = 1", "WHERE rowid = 2"))
    try:
        connection.execute(f'UPDATE {table} SET "{column}" = ? {where}', (given,))
        connection.commit()
    except sqlite3.Error:  # the schema refuses it
        connection.rollback()
    connection.close()


def schema(path: Path, rng: random.Random) -> None:
    """A column or a table is missing, renamed or new; a trigger; another version."""
    connection = sqlite3.connect(path)
    table = rng.choice(_tables(connection))
    column = rng.choice(_columns(connection, table))
    statement = rng.choice(
        (
            f'ALTER TABLE {table} DROP COLUMN "{column}"',
            f"DROP TABLE {table}",
            f'ALTER TABLE {table} RENAME COLUMN "{column}" TO other',
            f"ALTER TABLE {table} RENAME TO other",
            f"ALTER TABLE {table} ADD COLUMN other TEXT NOT NULL DEFAULT 'x'",
            f"CREATE TRIGGER t BEFORE INSERT ON {table} BEGIN SELECT RAISE(FAIL, '::error::'); END",
            f"PRAGMA user_version = {rng.choice((0, 1, 99, -5))}",
            "PRAGMA application_id = 77",
        )
    )
    try:
        connection.execute(statement)
        connection.commit()
    except sqlite3.Error:
        connection.rollback()
    connection.close()


def foreign(path: Path, rng: random.Random) -> None:
    """Another file in its place: another program's database, text, nothing, a folder."""
    path.unlink()
    kind = rng.randrange(5)
    if kind == 0:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE runs (id INTEGER, song TEXT)")
        connection.execute("INSERT INTO runs VALUES (1, 'x')")
        connection.commit()
        connection.close()
    elif kind == 1:
        path.write_bytes(rng.randbytes(rng.randrange(5000)))
    elif kind == 2:
        path.write_bytes(b"SQLite format 3\x00" + rng.randbytes(200))
    elif kind == 3:
        path.write_text("problem,seconds\n" * rng.randrange(9))
    else:
        path.mkdir()


def journal(path: Path, rng: random.Random) -> None:
    """A write-ahead log or a journal beside it that belongs to nothing."""
    for end in rng.sample(("-wal", "-shm", "-journal"), rng.randint(1, 3)):
        path.with_name(path.name + end).write_bytes(rng.randbytes(rng.choice((0, 32, 9000))))


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (
    *(flipped, flipped, cut, overwritten, overwritten),
    *(value, value, value, schema, foreign, journal),
)


def store(number: int, rng: random.Random, folder: Path) -> tuple[int, list[Fault]]:
    """One store, damaged in one way; `store check` is silent only if everything is there."""
    place = folder / f"store-{number}"
    place.mkdir()
    path = place / "r.db"
    shutil.copy(sound(folder), path)
    shutil.copy(sound(folder), place / "sound.db")
    damage = rng.choice(DAMAGES)
    damage(path, rng)
    tried = f"store {number}, {damage.__name__}"
    ended, faults = called(place, "store", "check", "--store", "r.db")
    if ended.code == 0 and held_in(path) != held_in(sound(folder)):
        faults.append(Fault("lost", f"store check: {ended.out}", tried))
    for words in rng.sample(VERBS, 3):
        if path.is_dir():
            words = VERBS[0]
        faults += called(place, *words, "--store", "r.db", allowed={0, 2, 4})[1]
    if not faults:
        shutil.rmtree(place)
    return 1, [Fault(one.kind, one.told, f"{tried}: {one.tried}") for one in faults]

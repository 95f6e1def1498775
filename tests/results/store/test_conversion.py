"""Stores of earlier versions, as their own code wrote them, become stores of this one."""

from __future__ import annotations

import math
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gradparity.results.records.errors import StoreError
from gradparity.results.store import conversion, sqlite_file
from gradparity.results.store.checking import examine
from gradparity.results.store.schema import VERSION
from gradparity.results.store.store import open_store
from tests.results import descents, synthetic
from tests.studies.abuse.faults import at_most

RUN, RACE = "20261120-120000-aaaa", "20261121-120000-bbbb"
SQL = Path(__file__).with_name("version_3.sql").read_text()
"""Dumped from a store that version 3 wrote; of its four cells one is stored twice."""


@pytest.fixture
def third(tmp_path):
    """A store of version 3."""
    path = tmp_path / "r.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SQL)
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def test_every_row_of_version_3_is_there_bit_for_bit(third, capsys):
    with open_store(third, read_only=True) as store:
        run, cells = store.load(RUN)
        (descent,) = store.descents(RACE)
        assert examine(store) == (2, 4, [])
    told = capsys.readouterr().err
    assert "2 runs with 4 rows are converted, the old file is r.db.version-3" in told
    assert "1 row that is" in told
    assert (run.command, run.options["targets"]) == ("gradparity run booth", ["booth"])
    assert run.environment.cpu == "Drawn CPU"
    assert [cell.backend for cell in cells] == ["numpy", "tape", "torch"]
    numpy, tape, torch = cells
    assert [one.seconds for one in numpy.samples] == [1e-5 * (1 + r) + 1e-12 / 3 for r in range(3)]
    assert [(one.round, one.process, one.seconds) for one in numpy.control] == [
        (0, 0, 1.1e-5),
        (1, 0, 1.1e-5),
    ]
    assert (len(tape.samples), tape.control, tape.counters) == (3, (), {"numpy calls": 7})
    assert (torch.status, torch.reason, torch.max_error) == ("formula", "x is µ\n1", math.inf)
    assert (descent.options, descent.history.losses.tolist()) == ({"momentum": 0.5}, [4.0, 1.0])


def test_the_old_file_is_kept_and_nothing_else(third, capsys):
    old = third.read_bytes()
    open_store(third, read_only=True).close()
    assert capsys.readouterr().err.count("\n") == 1
    open_store(third).close()
    assert capsys.readouterr().err == ""
    kept = third.with_name("r.db.version-3")
    assert sorted(one.name for one in third.parent.iterdir()) == ["r.db", kept.name]
    assert sqlite_file.version_of(kept) == 3
    assert sqlite_file.version_of(third) == VERSION
    with closing(sqlite3.connect(kept)) as a, closing(sqlite3.connect(":memory:")) as b:
        b.executescript(SQL)
        assert [*a.iterdump()] == [*b.iterdump()]
    kept.write_bytes(old)  # an earlier copy is never written over
    third.write_bytes(old)
    open_store(third).close()
    assert third.with_name("r.db.version-3-2").exists()


def test_a_store_that_somebody_has_open_stays_as_it_is(third, monkeypatch):
    monkeypatch.setattr(conversion, "BUSY_S", 0.05)
    old = third.read_bytes()
    with closing(sqlite3.connect(third)) as other:
        other.execute("SELECT * FROM runs").fetchone()
        with pytest.raises(StoreError, match="in use by another process"):
            open_store(third)
    assert sqlite_file.version_of(third) == 3
    assert [one.name for one in third.parent.iterdir()] == ["r.db"]
    assert third.read_bytes() == old


def test_what_fails_in_the_middle_leaves_the_old_store(third, monkeypatch):
    def full(*given):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(conversion, "replace_rows", full)
    with pytest.raises(StoreError, match="full"):
        open_store(third)
    assert [one.name for one in third.parent.iterdir()] == ["r.db"]
    monkeypatch.undo()
    with open_store(third) as store:
        assert len(store.load(RUN)[1]) == 3


def test_what_a_killed_conversion_has_left_is_cleared(third):
    third.with_name("r.db.converting").write_bytes(b"half a store")
    open_store(third).close()
    assert sorted(one.name for one in third.parent.iterdir()) == ["r.db", "r.db.version-3"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "r.db")
    with at_most(60), pytest.raises(StoreError, match="not a regular file"):
        open_store(tmp_path / "r.db")


def test_rows_that_cannot_be_read_stay_in_the_old_file(third, capsys):
    with closing(sqlite3.connect(third)) as connection:
        connection.execute("UPDATE cells SET threads = 'many' WHERE backend = 'numpy'")
        connection.execute("UPDATE descents SET history = x'504b0304'")
        connection.commit()
    with open_store(third) as store:
        assert [cell.backend for cell in store.load(RUN)[1]] == ["tape", "torch"]
        assert store.descents(RACE) == []
        assert examine(store) == (2, 2, [])
    assert "3 rows that are stored twice or cannot be read" in capsys.readouterr().err


def test_version_4_gets_a_ledger(tmp_path, capsys):
    path = tmp_path / "r.db"
    run, cells = synthetic.run(), synthetic.cells()[:5]
    race = descents.descent(0.05)
    with open_store(path) as store:
        store.put(run, [*cells, race])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE ledger")
        connection.execute("PRAGMA user_version = 4")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open_store(path, read_only=True) as store:
        assert store.load() == (run, cells)
        assert examine(store) == (1, 6, [])
    assert "was a store of version 4: 1 run with 6 rows" in capsys.readouterr().err


def test_every_version_that_is_said_to_be_converted_is(tmp_path):
    assert set(sqlite_file.CONVERTED) == set(conversion.READERS)


GONE = [
    ("cells", "backend = 'tape'", f"run {RUN}: cell (booth tiny tape) is gone, though it was"),
    ("descents", "1", f"run {RACE}: descent (booth tiny numpy gd) is gone, though it was stored"),
    ("runs", f"id = '{RUN}'", f"run {RUN}: its record is gone, though it was stored"),
]


@pytest.mark.parametrize(("table", "which", "told"), GONE)
def test_a_row_that_was_deleted_by_sql_is_named(third, table, which, told):
    open_store(third).close()
    with closing(sqlite3.connect(third)) as connection:
        connection.execute(f"DELETE FROM {table} WHERE {which}")
        connection.commit()
    with open_store(third, read_only=True) as store:
        lines = [one.line() for one in examine(store)[2]]
    assert [line for line in lines if line.startswith(told)], lines
    with open_store(third) as store:  # the other runs can still be resumed, merged and shown
        assert store.runs()


def test_a_row_that_nobody_stored_is_named(third):
    open_store(third).close()
    with closing(sqlite3.connect(third)) as connection:
        connection.execute("UPDATE ledger SET identity = 'x' WHERE told LIKE '%tape%'")
        connection.commit()
    with open_store(third, read_only=True) as store:
        lines = [one.line() for one in examine(store)[2]]
    assert f"run {RUN}: cell (booth tiny tape) is gone, though it was stored" in lines
    assert f"run {RUN}: cell (booth tiny tape) is there, though it was never stored" in lines


def test_what_is_replaced_is_not_missed(tmp_path):
    cell = synthetic.cells()[0]
    with open_store(tmp_path / "r.db") as store:
        store.begin(synthetic.run())
        store.add(synthetic.run().id, cell)
        store.add(synthetic.run().id, cell)
        assert examine(store) == (1, 1, [])

"""A store copied into another kind and back is what it was, and what is not is noticed."""

import hashlib

import pytest

from gradparity.results.records.errors import StoreError
from gradparity.results.store import copying
from gradparity.results.store.checking import examine
from gradparity.results.store.copying import contents, copy
from gradparity.results.store.merging import Merged
from gradparity.results.store.store import open_store
from tests.harness.terminal.inside import gradparity
from tests.results import synthetic
from tests.results.descents import descent, failed
from tests.results.store.test_stored_findings import FOUND, LATE

pytestmark = pytest.mark.postgres
BENCH, RACE, CLAIMS = (
    synthetic.run(id=f"run {kind} größte", kind=kind) for kind in ("bench", "train", "claims")
)
CELLS = synthetic.cells()[:40]
DESCENTS = [descent(0.05), descent(0.1, seed=1), failed("adam", "crashed")]
IDS = [run.id for run in (BENCH, RACE, CLAIMS)]


@pytest.fixture
def file(tmp_path):
    with open_store(tmp_path / "one.db") as store:
        store.put(BENCH, CELLS)
        store.put(RACE, DESCENTS)
        store.put(CLAIMS, [FOUND, LATE])
    return str(tmp_path / "one.db")


def _rows(where):
    """By plain SQL, all that is stored but the rows' numbers: a second way to see that it is the same."""
    found = set()
    with open_store(where, read_only=True) as store, store.transaction() as connection:
        for table in ("runs", "cells", "descents", "findings", "ledger"):
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings():
                own = table in ("runs", "ledger")
                cells = {
                    name: hashlib.md5(value).hexdigest() if isinstance(value, bytes) else value
                    for name, value in row.items()
                    if own or name != "id"
                }
                found.add((table, *sorted((name, repr(value)) for name, value in cells.items())))
    return found


def test_there_and_back(file, team_store, tmp_path):
    back = str(tmp_path / "back.db")
    there = gradparity("store", "copy", file, team_store, cwd=tmp_path)
    assert there.code == 0, there.err
    assert "3 copied, 0 there before" in there.out
    assert f"{file} and {team_store} have the same 3 runs with 45 rows, SHA-256" in there.out
    again = gradparity("store", "copy", team_store, back, cwd=tmp_path)
    assert again.out.split()[-1] == there.out.split()[-1]
    assert _rows(file) == _rows(team_store) == _rows(back)
    with open_store(team_store, read_only=True) as store:
        assert examine(store) == (3, 45, [])
        assert store.cells(BENCH.id) == CELLS
        assert store.find(BENCH.id) == BENCH
    twice = gradparity("store", "copy", file, team_store, cwd=tmp_path)
    assert "0 copied, 3 there before" in twice.out


def test_a_copy_that_was_interrupted_goes_on(file, team_store, tmp_path):
    with open_store(team_store) as store:
        store.put(RACE, DESCENTS)
    done = gradparity("store", "copy", file, team_store, cwd=tmp_path)
    assert "2 copied, 1 there before" in done.out
    assert _rows(file) == _rows(team_store)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM cells WHERE id = (SELECT min(id) FROM cells)",
        "UPDATE cells SET samples = control WHERE id = (SELECT min(id) FROM cells)",
        "UPDATE descents SET seed = 7",
        "UPDATE runs SET suite = 'another' WHERE kind = 'bench'",
        "UPDATE findings SET checksum = 0",
    ],
)
def test_what_is_not_the_same_is_noticed(file, team_store, change, monkeypatch):
    with open_store(file, read_only=True) as one, open_store(team_store) as other:
        copy(one, other)
        before = contents(other, IDS)
        assert before == contents(one, IDS)
        with other.transaction() as connection:
            connection.exec_driver_sql(change)
        assert contents(other, IDS) != before
        monkeypatch.setattr(copying, "merge", lambda *_: Merged(known=IDS))
        with pytest.raises(StoreError, match="copy again"):
            copy(one, other)


def test_another_content_is_refused_and_a_store_is_not_copied_into_itself(
    file, team_store, tmp_path
):
    with open_store(team_store) as store:
        store.put(BENCH, CELLS[:3])
    done = gradparity("store", "copy", file, team_store, cwd=tmp_path)
    assert done.code == 2
    assert (
        f"run {BENCH.id} of {file} is refused: {team_store} has another run of this id" in done.err
    )
    assert "the same 2 runs" in done.out
    itself = gradparity("store", "copy", file, file, cwd=tmp_path)
    assert (itself.code, len(itself.err.splitlines())) == (2, 1)
    assert "copied into itself" in itself.err
    none = gradparity("store", "copy", "no.db", team_store, cwd=tmp_path)
    assert "there is no store at no.db" in none.err

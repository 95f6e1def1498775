"""What was found of claims, stored: bit for bit what it was, and none of it lost unnoticed."""

import math
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from gradparity.results.records.claim import Claimed, ClaimFinding, Figure, Theory
from gradparity.results.store.checking import examine
from gradparity.results.store.merging import merge
from gradparity.results.store.rows import identity
from gradparity.results.store.store import open_store
from tests.results import synthetic

RUN = synthetic.run(kind="claims")
FIGURES = (
    Figure(
        "largest slope of σ",
        *(0.25, 0.25, 0.25),
        claimed=Claimed("at most 0.25", high=0.25),
        theory=Theory(0.25, "max s (1 - s)"),
    ),
    Figure("one seed alone", 1.0, -math.inf, math.inf, seeds=1, unit="steps", slack=0.02),
)
FOUND = ClaimFinding(
    *(5, "σ′ is at most 0.25.", "Chain rule", False),
    sentence="It is.",
    figures=FIGURES,
    seconds=0.5,
    left_out={"torch": "it is not installed"},
    chart='{"name": "x"}',
)
LATE = ClaimFinding(6, "They vanish.", "Chain rule", False, status="timeout", reason="late")


@pytest.fixture
def path(where):
    with open_store(where) as store:
        store.put(RUN, [FOUND, LATE])
    return where


def _altered(path, statement):
    with open_store(path) as store, store.transaction() as connection:
        connection.exec_driver_sql(statement)


def test_what_comes_back_is_what_was_stored(path):
    with open_store(path, read_only=True) as store:
        assert store.findings(RUN.id) == [FOUND, LATE]
        assert store.cells(RUN.id) == []
        assert examine(store) == (1, 2, [])


def test_one_found_again_replaces_what_it_was(path):
    with open_store(path) as store:
        store.take_up(RUN.id)
        store.add_finding(RUN.id, replace(LATE, status="ok", reason="", figures=FIGURES))
        assert [one.verdict for one in store.findings(RUN.id)] == ["holds", "holds"]


def test_a_verdict_that_figures_do_not_give_is_damage(path):
    _altered(path, "UPDATE findings SET figures = '[]' WHERE number = 5")
    with open_store(path, read_only=True) as store:
        assert store.findings(RUN.id) == [LATE]
        assert "finding 1" in store.damage[0].line()


def test_one_that_is_gone_is_missed(path):
    _altered(path, "DELETE FROM findings WHERE number = 6")
    with open_store(path) as store:
        (damage,) = examine(store)[2]
    assert "finding (6) is gone, though it was stored" in damage.line()


def test_stores_are_united(path, tmp_path):
    with open_store(tmp_path / "other.db") as mine, open_store(path, read_only=True) as other:
        assert merge(mine, other).added == [RUN.id]
        assert mine.findings(RUN.id) == [FOUND, LATE]
        assert merge(mine, other).known == [RUN.id]


def test_version_6_had_no_machines(tmp_path, capsys):
    path = tmp_path / "r.db"
    run, cells = synthetic.run(), synthetic.cells()[:5]
    there = replace(cells[0], size="other", machine="node17 (EPYC)")
    with open_store(path) as store:
        store.put(run, [*cells, there, FOUND])
        assert store.cells(run.id) == [*cells, there]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM cells WHERE machine IS NOT NULL")
        connection.execute("DELETE FROM ledger WHERE identity = ?", (identity(there),))
        connection.execute("ALTER TABLE cells DROP COLUMN machine")
        connection.execute("PRAGMA user_version = 6")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open_store(path) as store:
        assert store.load() == (run, cells)
        assert store.findings(run.id) == [FOUND]
        assert examine(store) == (1, 6, [])
    assert "was a store of version 6: 1 run with 6 rows" in capsys.readouterr().err


def test_version_5_had_no_findings(tmp_path, capsys):
    path = tmp_path / "r.db"
    run, cells = synthetic.run(), synthetic.cells()[:5]
    with open_store(path) as store:
        store.put(run, cells)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE findings")
        connection.execute("PRAGMA user_version = 5")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open_store(path) as store:
        assert store.load() == (run, cells)
        assert store.findings(run.id) == []
        assert examine(store) == (1, 5, [])
    assert "was a store of version 5: 1 run with 5 rows" in capsys.readouterr().err

from __future__ import annotations

import itertools
import math
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradparity import results
from gradparity.results.records.environment import Environment
from gradparity.results.records.errors import StoreError, StoreFull
from gradparity.results.records.record import Cell, Sample
from gradparity.results.store.store import open_store
from tests.results import synthetic

ROOT = Path(results.__file__).parent.parent
CELLS = synthetic.cells()[:8]
IDENTIFYING = (
    *("file", "problem", "size", "backend", "variant"),
    *("operator", "dtype", "device", "threads"),
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
figures = st.floats(allow_nan=False)
optional = st.none() | figures
samples = st.builds(
    Sample,
    round=st.integers(0, 10**6),
    position=st.integers(0, 100),
    calls=st.integers(1, 2**62),
    seconds=st.floats(0, 1e6),
    cpu_seconds=st.floats(0, 1e6),
)
any_cell = st.builds(
    Cell,
    **dict.fromkeys(("problem", "size", "backend", "variant", "operator"), texts),
    **dict.fromkeys(("dtype", "device", "status", "reason", "oracle"), texts),
    **dict.fromkeys(("max_error", "bound", "prepare_s", "first_s"), optional),
    parameters=st.integers(0, 2**62),
    threads=st.integers(1, 1024),
    samples=st.lists(samples, max_size=5).map(tuple),
    control=st.lists(samples, max_size=5).map(tuple),
    peak_bytes=st.none() | st.integers(0, 2**62),
    counters=st.dictionaries(texts, st.integers(0, 2**53) | st.floats(0, 1e300), max_size=3),
)


def test_round_trip_of_a_run_with_unicode(where: str) -> None:
    run = synthetic.run(
        suite="größte 套件 ∇f",
        command="gradparity run 'my loss.py' 🙂",
        options={"seed": 0, "dtypes": ["float64"], "deep": {"β": 1.5, "no": None}},
        environment=Environment(cpu="Ünïcode®", cores=2, dirty=True, affinity=(0, 1), load=(0.5,)),
    )
    with open_store(where) as store:
        store.begin(run)
        for cell in CELLS:
            store.add(run.id, cell)
        store.finish(run.id, "interrupted", "2026-11-23T23:00:00+00:00")
    with open_store(where, read_only=True) as store:
        found, cells = store.load()
    assert found == replace(run, status="interrupted", finished="2026-11-23T23:00:00+00:00")
    assert cells == CELLS


def test_any_cell_comes_back_as_it_was(where: str) -> None:
    numbers = itertools.count()
    with open_store(where) as store:

        @given(st.lists(any_cell, max_size=4))
        @settings(max_examples=40, deadline=None)
        def comes_back(cells: list[Cell]) -> None:
            run = synthetic.run(id=f"run {next(numbers)}")
            store.begin(run)
            last = {cell.identity: cell for cell in cells}
            store.add(run.id, *last.values())
            assert store.load(run.id)[1] == list(last.values())
            assert store.damage == []
            store.finish(run.id, "finished", None)

        comes_back()


def test_a_cell_that_is_made_again_replaces_the_one_before(where: str) -> None:
    with open_store(where) as store:
        for run in (synthetic.run(), synthetic.run(id="other")):
            store.begin(run)
            store.add(run.id, *CELLS[:3])
        again = [replace(cell, status="timeout", samples=()) for cell in CELLS[1:3]]
        store.add("other", *again)
        assert store.load("other")[1] == [CELLS[0], *again]
        assert store.load(synthetic.run().id)[1] == CELLS[:3]


@pytest.mark.parametrize("name", IDENTIFYING)
def test_what_identifies_a_cell_keeps_it_apart(name: str, where: str) -> None:
    value = getattr(CELLS[0], name)
    other = {"file": "a.py", "threads": 2}.get(name, f"other {value}")
    with open_store(where) as store:
        store.begin(synthetic.run())
        both = [CELLS[0], replace(CELLS[0], **{name: other})]
        store.add(synthetic.run().id, *both)
        assert store.load()[1] == both


def test_cells_that_cannot_all_be_stored_leave_what_they_replace(where: str) -> None:
    with open_store(where) as store:
        store.begin(synthetic.run())
        store.add(synthetic.run().id, *CELLS[:2])
        twice = replace(CELLS[0], reason="again")
        with pytest.raises(StoreError, match=r"(?i)unique"):
            store.add(synthetic.run().id, twice, CELLS[1], twice)
        assert store.load()[1] == CELLS[:2]


def test_what_no_database_holds_is_written_with_a_backslash(where: str) -> None:
    with open_store(where) as store:
        store.begin(synthetic.run(command="run \udcff"))
        store.add(synthetic.run().id, replace(CELLS[0], reason="a\x00b", max_error=math.nan))
        run, (cell,) = store.load()
    assert run.command == "run \\udcff"
    assert cell.reason == "a\\x00b"
    assert cell.max_error == math.inf


def _filled(path: Path, ids: tuple[str, ...] = ("20261123-223145-3fa9",)) -> bytes:
    with open_store(path) as store:
        for number, name in enumerate(ids):
            store.begin(synthetic.run(id=name, started=f"2026-11-23T22:31:{number:02}+00:00"))
            store.add(name, replace(CELLS[0], reason=name))
    assert list(path.parent.iterdir()) == [path]
    return path.read_bytes()


def test_runs_are_newest_first_and_found_by_the_start_of_their_id(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    before = _filled(path, ("20261123-1111-aaaa", "20261123-2222-bbbb", "20261123-2222-cccc"))
    with open_store(path, read_only=True) as store:
        assert [run.id[-4:] for run in store.runs()] == ["cccc", "bbbb", "aaaa"]
        assert store.load()[0].id == "20261123-2222-cccc"
        run, cells = store.load("20261123-1")
        assert run.id == cells[0].reason == "20261123-1111-aaaa"
        assert store.load("20261123-2222-bbbb")[0].id == "20261123-2222-bbbb"
        with pytest.raises(StoreError, match=r"several runs start with '20261123-2': .*cccc.*bbbb"):
            store.load("20261123-2")
        with pytest.raises(StoreError, match="did you mean 20261123-2222-bbbb"):
            store.load("bbbb")
        with pytest.raises(StoreError, match=r"no run '%'; known: 20261123-2222-cccc"):
            store.load("%")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_is_begun_once_and_before_its_cells(where: str) -> None:
    with open_store(where) as store:
        with pytest.raises(StoreError, match="run 'x' is not held; begin it first"):
            store.add("x", CELLS[0])
        with pytest.raises(StoreError, match="has no run x"):
            store.take_up("x")
        store.begin(synthetic.run())
        with pytest.raises(StoreError, match="already has a run"):
            store.begin(synthetic.run())
        assert len(store.runs()) == 1


WRITER = """
import sys
sys.path.insert(0, {root!r})
from gradparity.results.store.store import open_store
from tests.results import synthetic
store = open_store({path!r})
store.begin(synthetic.run(status="running", finished=None))
cells = synthetic.many()
for number, cell in enumerate(cells):
    store.add(synthetic.run().id, cell)
    print(number, flush=True)
"""


def test_kill_9_loses_no_cell_that_was_added(where: str) -> None:
    code = WRITER.format(root=str(ROOT), path=where)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        while child.stdout.readline().strip() != "25":
            assert child.poll() is None
        os.kill(child.pid, signal.SIGKILL)
        whole_lines = child.stdout.read().split("\n")[:-1]
    expected = synthetic.many()[: int(whole_lines[-1] if whole_lines else 25) + 1]
    with open_store(where, read_only=True) as store:
        run, cells = store.load()
    assert run.status == "running"
    assert all(one == other for one, other in zip(cells, expected, strict=False))
    assert len(cells) >= len(expected)
    assert len(cells) <= len(expected) + 1
    with open_store(where) as store:  # and it can be written again
        store.take_up(run.id)
        store.finish(run.id, "interrupted", None)


def test_a_full_database_stops_and_stays_readable(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    added = 0
    with open_store(path) as store:
        store.begin(synthetic.run())
        with store._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 40")
        told = ""
        for cell in synthetic.many():
            try:
                store.add(synthetic.run().id, cell)
            except StoreFull as error:
                told = str(error)
                break
            added += 1
        assert "disk is full" in told
        assert "stays readable" in told
        assert len(store.load()[1]) == added
    with open_store(path, read_only=True) as store:
        assert store.load()[1] == synthetic.many()[:added]
    assert added > 0


LIMITED = """
import resource, sys
sys.path.insert(0, {root!r})
from gradparity.results.records.errors import StoreFull
from gradparity.results.store.store import open_store
from tests.results import synthetic
store = open_store({path!r})
store.begin(synthetic.run())
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
added = 0
try:
    for cell in synthetic.many():
        store.add(synthetic.run().id, cell)
        added += 1
except StoreFull as error:
    print(added)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no file size limits here")
def test_a_failing_write_loses_only_its_own_cell(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    code = LIMITED.format(root=str(ROOT), path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    added = int(done.stdout)
    with open_store(path, read_only=True) as store:
        assert store.load()[1] == synthetic.many()[:added]
    assert added > 5

"""Damage is named, hides only itself, and never ends in anything but one line."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradparity.results.records.errors import StoreError
from gradparity.results.store import sqlite_file
from gradparity.results.store.checking import examine
from gradparity.results.store.compacting import compact
from gradparity.results.store.merging import merge
from gradparity.results.store.store import open_store
from tests.results import synthetic
from tests.results.descents import descent, failed

CELLS = synthetic.cells()[:12]
BENCH, OTHER = (synthetic.run(id=f"20261123-22314{n}-3fa9") for n in (5, 6))
RACE = synthetic.run(id="20261123-223147-3fa9", kind="train", reference="")
DESCENTS = [descent(0.05), descent(0.1, seed=1), failed("adam", "crashed")]


def _store(path: Path) -> Path:
    with open_store(path) as store:
        for run in (BENCH, OTHER):
            store.put(run, CELLS)
        store.put(RACE, DESCENTS)
    return path


def _edit(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for one in statements:
        connection.execute(one)
    connection.commit()
    connection.close()


ALTERED = {
    "max_error = 'far'": "max_error is text where a number belongs",
    "parameters = 'many'": "parameters is text where a whole number belongs",
    "parameters = 1.5": "parameters is a fraction where a whole number belongs",
    "threads = x'00'": "threads is bytes where a whole number belongs",
    "status = CAST(x'fffe' AS TEXT)": "checksum",
    "status = x'6f6b'": "status is bytes where text belongs",
    "samples = substr(samples, 2)": "checksum",
    "samples = 'a,b'": "samples is text where an array belongs",
    "counters = '{'": "checksum",
    "counters = '[[[['": "checksum",
    "median_s = median_s * 2": "checksum",
    "problem = 'another'": "checksum",
    "identity = 'another'": "checksum",
    "checksum = 0": "checksum",
    "checksum = 'x'": "checksum is text",
    "backend = char(27) || '[31m'": "checksum",
}


@pytest.mark.parametrize("change", ALTERED)
def test_a_damaged_cell_is_named_and_hides_only_itself(tmp_path: Path, change: str) -> None:
    path = _store(tmp_path / "r.db")
    _edit(path, f"UPDATE cells SET {change} WHERE id = 3")
    with open_store(path, read_only=True) as store:
        assert store.load(BENCH.id) == (BENCH, [*CELLS[:2], *CELLS[3:]])
        (damage,) = store.damage
        assert damage.run == BENCH.id
        assert damage.row.startswith("cell 3")
        assert ALTERED[change] in damage.what
        assert damage.line().isprintable()
        assert store.load(OTHER.id) == (OTHER, CELLS)
        assert len(store.runs()) == 3
        runs, rows, found = examine(store)
        assert (runs, rows) == (3, 2 * len(CELLS) - 1 + len(DESCENTS))
        assert damage in found


@pytest.mark.parametrize("change", ["history = x'00'", "steps = 'x'", "seed = 7", "options = ''"])
def test_a_damaged_descent_is_named_and_hides_only_itself(tmp_path: Path, change: str) -> None:
    path = _store(tmp_path / "r.db")
    _edit(path, f"UPDATE descents SET {change} WHERE id = 1")
    with open_store(path, read_only=True) as store:
        assert [one.seed for one in store.descents(RACE.id)] == [1, 0]
        (damage,) = store.damage
        assert damage.row == "descent 1 (bowl tiny numpy gd)"
        assert damage in examine(store)[2]


@pytest.mark.parametrize("change", ["environment = '{'", "started = 5.5", "kind = x'ff'"])
def test_a_damaged_run_is_named_and_hides_only_itself(tmp_path: Path, change: str) -> None:
    path = _store(tmp_path / "r.db")
    _edit(path, f"UPDATE runs SET {change} WHERE id = '{OTHER.id}'")
    with open_store(path, read_only=True) as store:
        assert store.runs() == [RACE, BENCH]
        assert [one.run for one in store.damage] == [OTHER.id]
        assert store.load(BENCH.id) == (BENCH, CELLS)
        with pytest.raises(StoreError, match=f"run {OTHER.id}: "):
            store.find(OTHER.id)
        with pytest.raises(StoreError, match="several runs start with"):
            store.find(OTHER.id[:8])
    with open_store(path) as store:
        store.take_up(OTHER.id)
        with pytest.raises(StoreError, match=f"run {OTHER.id}: "):
            store.go_on(OTHER.id)


def test_what_was_derived_is_held_against_the_samples(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with open_store(path) as store:
        wrong = pytest.MonkeyPatch()
        figures = {"median_s": 1.0, "low_s": 0.5, "high_s": 2.0}
        wrong.setattr("gradparity.results.store.rows.derived", lambda _: figures)
        store.put(BENCH, CELLS[:1])
        wrong.undo()
        assert store.load()[1] == CELLS[:1]  # the samples are what is shown, and they are right
        (damage,) = examine(store)[2]
    assert "median_s is 1.0, and" in damage.what
    assert "by its samples" in damage.what


def test_rows_without_a_run_are_told(tmp_path: Path) -> None:
    path = _store(tmp_path / "r.db")
    _edit(path, f"DELETE FROM runs WHERE id = '{BENCH.id}'")
    with open_store(path, read_only=True) as store:
        assert any("no record" in one.what for one in examine(store)[2])
        assert store.load(OTHER.id) == (OTHER, CELLS)


def _page(path: Path, table: str) -> range:
    """Where the first page of a table lies in the file; ours fit into one each, or a few."""
    connection = sqlite3.connect(path)
    (root,) = connection.execute(f"SELECT rootpage FROM sqlite_master WHERE name = '{table}'")
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    return range((root[0] - 1) * size, root[0] * size)


@pytest.mark.parametrize("table", ["runs", "cells", "descents", "sqlite_autoindex_cells_1"])
@pytest.mark.parametrize("filling", [b"\x00", b"\xff", b"\x0d"])
def test_a_torn_page_costs_what_lies_on_it(tmp_path: Path, table: str, filling: bytes) -> None:
    path = _store(tmp_path / "r.db")
    place = _page(path, table)
    content = bytearray(path.read_bytes())
    content[place.start : place.stop] = filling * len(place)
    path.write_bytes(content)
    told = _everything(path)
    assert told
    assert all("\n" not in line for line in told)


def test_rows_that_are_gone_are_counted_where_the_others_are_shown(tmp_path: Path) -> None:
    """Deleted behind our back, or on a page that another one's content lies on: no row says it."""
    path = _store(tmp_path / "r.db")
    _edit(path, f"DELETE FROM cells WHERE run_id = '{BENCH.id}' AND backend = '{CELLS[0].backend}'")
    with open_store(path, read_only=True) as store:
        there = store.cells(BENCH.id)
        (gone,) = store.damage
        counts = f"{len(CELLS)} cells were stored, and {len(there)} can be found"
        assert gone.line() == f"run {BENCH.id}: {counts}"
        assert store.cells(OTHER.id) == CELLS
        assert len(store.damage) == 1


def test_pages_that_changed_places_lose_no_cell_without_a_word(tmp_path: Path) -> None:
    many = [replace(one, problem=f"{one.problem}-{n}") for n in range(40) for one in CELLS]
    with open_store(tmp_path / "whole.db") as store:
        store.put(BENCH, many)
    whole, size = (tmp_path / "whole.db").read_bytes(), 4096
    pages = [whole[i : i + size] for i in range(0, len(whole), size)]
    lost = 0
    for number in range(25):
        one, other = random.Random(number).sample(range(1, len(pages)), 2)
        swapped = pages.copy()
        swapped[one], swapped[other] = pages[other], pages[one]
        path = tmp_path / f"{number}.db"
        path.write_bytes(b"".join(swapped))
        with open_store(path, read_only=True) as store:
            try:
                found = len(store.cells(BENCH.id))
            except StoreError:
                continue
            lost += found < len(many)
            assert found == len(many) or store.damage, number
    assert lost > 2


def _everything(path: Path) -> list[str]:
    """What is said of a damaged store by whatever can be asked of one; nothing else may happen."""
    told: list[str] = []

    def asked(what: Callable[[], Any]) -> None:
        try:
            what()
        except StoreError as error:
            told.append(str(error))

    def read() -> None:
        with open_store(path, read_only=True) as store:
            asked(store.runs)
            asked(store.load)
            for run in (BENCH, OTHER):
                asked(lambda run=run: store.load(run.id))
            asked(lambda: store.descents(RACE.id))
            told.extend(one.line() for one in examine(store)[2])
            with open_store(":memory:") as new:
                asked(lambda: merge(new, store))
                assert {(cell.problem, cell.backend) for cell in new.cells(BENCH.id)} <= {
                    (cell.problem, cell.backend) for cell in CELLS
                }
            told.extend(one.line() for one in store.damage)

    def write() -> None:
        with open_store(path) as store:
            asked(lambda: store.take_up(BENCH.id))
            asked(lambda: store.add(BENCH.id, CELLS[0]))
            asked(lambda: store.finish(BENCH.id, "finished", None))
            asked(lambda: store.begin(synthetic.run(id="new")))

    asked(read)
    asked(write)
    return told


@pytest.mark.parametrize("part", range(8))
def test_whatever_bytes_are_flipped(tmp_path: Path, part: int) -> None:
    rng = random.Random(part)
    whole = _store(tmp_path / "whole.db").read_bytes()
    for number in range(12):
        path = tmp_path / f"{number}.db"
        content = bytearray(whole)
        for _ in range(rng.choice([1, 3, 30, 300])):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        if rng.random() < 0.2:
            del content[rng.randrange(len(content)) :]
        path.write_bytes(content)
        assert all("\n" not in line for line in _everything(path))


def test_a_flipped_bit_in_a_figure_is_noticed(tmp_path: Path) -> None:
    path = _store(tmp_path / "r.db")
    content = path.read_bytes()
    place = content.index(b"complex step")
    path.write_bytes(content[:place] + b"c\x6ffplex step"[:12] + content[place + 12 :])
    with open_store(path, read_only=True) as store:
        assert len(store.load(BENCH.id)[1]) + len(store.load(OTHER.id)[1]) == 2 * len(CELLS) - 1
        assert len(examine(store)[2]) == 1


def test_a_sound_store_has_nothing_wrong_and_is_compacted(tmp_path: Path) -> None:
    path = _store(tmp_path / "r.db")
    with open_store(path) as store:
        store.put(synthetic.run(id="much"), synthetic.many(3))
        with store.transaction() as connection:
            for table, key in (("cells", "run_id"), ("ledger", "run_id"), ("runs", "id")):
                connection.exec_driver_sql(f"DELETE FROM {table} WHERE {key} = 'much'")
    engine = sqlite_file.open_file(path, read_only=False)
    before, after = compact(path, engine)
    engine.dispose()
    assert after == path.stat().st_size < before
    with open_store(path, read_only=True) as store:
        assert store.load(BENCH.id) == (BENCH, CELLS)
        assert examine(store) == (3, 2 * len(CELLS) + len(DESCENTS), [])


def _zeroed(path: Path, table: str) -> Path:
    place = _page(path, table)
    content = bytearray(path.read_bytes())
    content[place.start : place.stop] = bytes(len(place))
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("also", [(), ("sqlite_autoindex_cells_1",), ("owners",)])
def test_merging_rescues_what_lies_on_other_pages(tmp_path: Path, also: tuple[str, ...]) -> None:
    path = _store(tmp_path / "torn.db")
    for table in ("cells", *also):
        _zeroed(path, table)
    with open_store(path, read_only=True) as torn, open_store(tmp_path / "new.db") as new:
        assert not merge(new, torn).refused
        assert [one.final_loss for one in new.descents(RACE.id)] == [
            one.final_loss for one in DESCENTS
        ]
        assert {run.id for run in new.runs()} == {BENCH.id, OTHER.id, RACE.id}
        assert any(BENCH.id in one.line() for one in torn.damage)
        assert not any("store check" in one.line() for one in [*torn.damage, *examine(torn)[2]])


def test_what_is_damaged_is_not_written_anew_and_what_is_not_ours_is_told(tmp_path: Path) -> None:
    path = _store(tmp_path / "r.db")
    _edit(path, "CREATE TRIGGER [a b] AFTER INSERT ON cells BEGIN DELETE FROM runs; END")
    with open_store(path, read_only=True) as store:
        assert [one.line() for one in examine(store)[2]] == [
            "it has a trigger that is not ours, a b"
        ]
    _zeroed(path, "cells")
    before = path.read_bytes()
    engine = sqlite_file.open_file(path, read_only=False)
    with pytest.raises(StoreError, match="damaged"):
        compact(path, engine)
    engine.dispose()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "figures", ["'p', 's', 'b', 'n'", "1, 0.0, 1e300, 1e300", "x'00', 0, 0, -1e999"]
)
def test_a_damaged_owner_is_nobody(tmp_path: Path, figures: str) -> None:
    path = _store(tmp_path / "r.db")
    _edit(path, f"INSERT INTO owners VALUES ('{BENCH.id}', 't', x'ff', 'elsewhere', {figures})")
    with open_store(path) as store:
        assert store.owner(BENCH.id) is None
        store.take_up(BENCH.id)
        store.finish(BENCH.id, "finished", None)


def test_an_id_that_is_no_text_is_damage(tmp_path: Path) -> None:
    path = _store(tmp_path / "r.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE cells SET run_id = CAST(x'b2ff' AS TEXT) WHERE rowid = 1")
        connection.commit()
    with open_store(path, read_only=True) as store:
        told = [one.line() for one in examine(store)[2]]
    assert any(r"\udcb2" in line and "no record" in line for line in told), told

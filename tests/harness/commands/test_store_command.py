"""`store check`, `vacuum` and `merge`, and the verbs that show, on stores good and bad."""

import sqlite3
from dataclasses import replace

import pytest

from gradparity.results.store.store import open_store
from tests.harness.command import gradparity
from tests.results import synthetic
from tests.results.descents import descent

CELLS = synthetic.cells(rounds=6)[:6]
BENCH = synthetic.run()
OLDER = synthetic.run(id="20261122-000000-aaaa", started="2026-11-22T00:00:00+00:00")
RACE = synthetic.run(id="20261121-000000-bbbb", kind="train", started="2026-11-21T00:00:00+00:00")


def filled(path, *runs):
    with open_store(path) as store:
        for run in runs:
            race = run.kind == "train"
            store.put(run, [descent(0.05)] if race else CELLS)
    return path


def damaged(path, statement):
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_sound_store(tmp_path):
    filled(tmp_path / "r.db", BENCH, OLDER, RACE)
    done = gradparity("store", "check", "--store", "r.db", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "r.db: 3 runs with 13 rows as they were stored; nothing is wrong\n"
    done = gradparity("store", "vacuum", "--store", "r.db", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    size = f"{(tmp_path / 'r.db').stat().st_size:,}"
    assert done.stdout == f"r.db: {size} bytes before, {size} after\n"


def test_letters_that_nobody_sees_are_shown_by_their_codes(tmp_path):
    path = filled(tmp_path / "r.db", BENCH)
    damaged(path, "UPDATE ledger SET told = 'cell (\u3164)' WHERE rowid = 2")
    damaged(path, "DELETE FROM cells WHERE id = 1")
    damaged(path, "UPDATE cells SET problem = '\u3164\u202e' WHERE id = 2")
    done = gradparity("store", "check", "--store", "r.db", cwd=tmp_path)
    assert done.returncode == 2
    assert "\\u3164" in done.stdout
    assert not {"\u3164", "\u202e"} & set(done.stdout + done.stderr)


CELL = "UPDATE cells SET max_error = 'far' WHERE id = 2"
NAMED = f"run {BENCH.id}, cell 2 (price-linear tiny jax): max_error is text where a number belongs"


@pytest.mark.parametrize(
    "verb",
    [
        ["show", BENCH.id, "-f", "csv"],
        ["export", BENCH.id],
        ["export", BENCH.id, "-f", "junit"],
        ["compare", OLDER.id, BENCH.id, "-f", "csv"],
    ],
)
def test_damage_is_named_and_the_rest_is_shown(tmp_path, verb):
    path = filled(tmp_path / "r.db", BENCH, OLDER, RACE)
    damaged(path, CELL)
    done = gradparity(*verb, "--store", "r.db", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"gradparity: {NAMED}; it is left out\n"
    assert done.stdout.count("price-elastic") >= 3
    whole = gradparity("show", OLDER.id, "--store", "r.db", cwd=tmp_path)
    assert (whole.returncode, whole.stderr) == (0, "")


def test_a_damaged_run_hides_no_other(tmp_path):
    path = filled(tmp_path / "r.db", BENCH, OLDER, RACE)
    damaged(path, f"UPDATE runs SET options = '[' WHERE id = '{BENCH.id}'")
    done = gradparity("show", "--all", "-f", "csv", "--store", "r.db", cwd=tmp_path)
    assert done.returncode == 2
    assert [line[:20] for line in done.stdout.splitlines()[1:]] == [OLDER.id, RACE.id]
    assert f"run {BENCH.id}: it is not as it was stored" in done.stderr
    latest = gradparity("show", "--store", "r.db", cwd=tmp_path)
    assert latest.returncode == 2
    assert "price-elastic" in latest.stdout
    race = gradparity("show", RACE.id, "--store", "r.db", cwd=tmp_path)
    assert (race.returncode, race.stderr) == (0, "")
    asked = gradparity("show", BENCH.id, "--store", "r.db", cwd=tmp_path)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert len(asked.stderr.splitlines()) == 1


def test_check_lists_what_is_wrong_and_merge_rescues_the_rest(tmp_path):
    path = filled(tmp_path / "r.db", BENCH, OLDER, RACE)
    damaged(path, CELL)
    damaged(path, f"UPDATE runs SET kind = 5.5 WHERE id = '{OLDER.id}'")
    before = path.read_bytes()
    done = gradparity("store", "check", "--store", "r.db", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "")
    assert NAMED in done.stdout.splitlines()
    assert any(line.startswith(f"run {OLDER.id}: ") for line in done.stdout.splitlines())
    advice = done.stdout.splitlines()[-1].split()[1:]
    assert advice == ["gradparity", "store", "merge", "r.db", "--store", "NEW_FILE"]
    done = gradparity(*advice[1:-1], "new.db", cwd=tmp_path)
    assert done.returncode == 2
    assert "r.db: 2 runs added, 0 known, 0 refused" in done.stdout
    assert NAMED in done.stderr
    assert path.read_bytes() == before
    with open_store(tmp_path / "new.db", read_only=True) as store:
        assert store.load(BENCH.id) == (BENCH, [CELLS[0], *CELLS[2:]])
    done = gradparity("store", "check", "--store", "new.db", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_merge_unites_and_names_what_clashes(tmp_path):
    filled(tmp_path / "a.db", BENCH, RACE)
    filled(tmp_path / "b.db", BENCH, OLDER, RACE)
    merged = ["store", "merge", "a.db", "b.db", "--store", "all.db"]
    done = gradparity(*merged, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "a.db: 2 runs added, 0 known, 0 refused\nb.db: 1 run added, 2 known, 0 refused\n"
    )
    again = gradparity(*merged, cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert "b.db: 0 runs added, 3 known" in again.stdout
    with open_store(tmp_path / "all.db", read_only=True) as store:
        assert store.runs() == [BENCH, OLDER, RACE]
        assert store.load(OLDER.id)[1] == CELLS
        assert len(store.descents(RACE.id)) == 1
    with open_store(tmp_path / "b.db") as store:
        store.take_up(OLDER.id)
        store.add(OLDER.id, replace(CELLS[0], reason="another"))
    clash = gradparity(*merged, cwd=tmp_path)
    assert clash.returncode == 2
    assert clash.stderr == (
        f"run {OLDER.id} of b.db is refused: all.db has another run of this id: "
        "6 cells there, 6 in the other, 5 alike\n"
    )


def test_a_run_at_work_is_not_merged(tmp_path):
    with open_store(tmp_path / "a.db") as store:
        store.begin(BENCH)
        done = gradparity("store", "merge", "a.db", "--store", "b.db", cwd=tmp_path)
    assert done.returncode == 2
    assert "is refused: it is at work: process" in done.stderr


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (["check"], "there is no store at"),
        (["vacuum"], "there is no store at"),
        (["vacuum", "--store", "sqlite://"], "for SQLite files"),
        (["check", "--store", "text.db"], "not a database"),
        (["vacuum", "--store", "text.db"], "not a database"),
        (["check", "--store", "."], "is a folder"),
        (["merge", "nosuch.db"], "there is no store at nosuch.db"),
        (["merge", "a.db", "text.db"], "text.db is not a database"),
        (["merge", "a.db", "--store", "./a.db"], "is the store that the others are merged into"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path, verb, told):
    filled(tmp_path / "a.db", BENCH)
    (tmp_path / "text.db").write_text("problem,seconds\n" * 20)
    done = gradparity("store", *verb, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db", "text.db"]

"""Every verb on a PostgreSQL server does what it does on a SQLite file, to the letter."""

import json

import pytest

from gradparity.results.store.store import open_store
from tests.harness.command import gradparity as in_a_process
from tests.harness.terminal.inside import gradparity
from tests.results import synthetic
from tests.results.descents import descent, failed

pytestmark = pytest.mark.postgres

CELLS = synthetic.cells(rounds=6)[:30]
BENCH, LATER, RACE = (
    synthetic.run(id=f"2026112{n}-000000-aaaa", started=f"2026-11-2{n}T00:00:00+00:00", **more)
    for n, more in enumerate(
        ({}, {}, {"kind": "train", "reference": "", "command": "gradparity train"})
    )
)
QUICKLY = ("--rounds", "2", "--processes", "1", "--extra", "0", "--no-pictures")


def _filled(where):
    with open_store(where) as store:
        store.put(BENCH, CELLS)
        store.put(LATER, CELLS)
        store.put(RACE, [descent(0.05), descent(0.1, seed=1), failed("adam", "crashed")])
    return where


@pytest.fixture
def both(team_store, tmp_path):
    return _filled(team_store), _filled(str(tmp_path / "r.db"))


READ = [
    ["show", BENCH.id],
    ["show", BENCH.id, "--format", "json"],
    ["show", "--all"],
    ["show", RACE.id],
    ["show", RACE.id, "--format", "csv"],
    ["compare", BENCH.id, LATER.id],
    *(["export", BENCH.id, "-f", form, "-o", "-"] for form in ("csv", "json", "latex", "junit")),
    ["report-bug", BENCH.id],
    ["store", "check"],
]


@pytest.mark.parametrize("read_only", [False, True])
def test_what_is_shown_is_the_same_with_and_without_the_right_to_write(
    both, tmp_path, postgres_server, read_only
):
    server, file = both
    if read_only:
        database = server.rpartition("/")[2]
        postgres_server.role(f"reader_of_{database}")
        postgres_server.admin(
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_of_{database}",
            database=database,
        )
        server = postgres_server.url(database, f"reader_of_{database}")
    for words in READ:
        told = [gradparity(*words, "--store", store, cwd=tmp_path) for store in (server, file)]
        there, here = ((one.code, one.out, one.err) for one in told)
        assert here[0] == 0, (words, here)
        assert tuple(str(one).replace(server, file) for one in there) == tuple(map(str, here)), (
            words
        )
    for name, store in (("server", server), ("file", file)):
        gradparity("report", BENCH.id, "--no-3d", "--store", store, "-o", name, cwd=tmp_path)
    made = [(tmp_path / name).read_text() for name in ("server", "file")]
    assert made[0].replace(server, file) == made[1]
    if read_only:
        ended = gradparity(
            "run", "booth", "--backend", "numpy", *QUICKLY, "--store", server, cwd=tmp_path
        )
        assert (ended.code, len(ended.err.splitlines())) == (2, 1)
        assert "permission denied for table runs" in ended.err
        postgres_server.admin(f"DROP OWNED BY reader_of_{database}", database=database)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "booth", "--backend", "numpy", *QUICKLY],
        ["train", "booth", "--optimizer", "gd", "--backend", "numpy", "--steps", "5"],
        pytest.param(["claims", "5", "--quick"], marks=pytest.mark.slow),
    ],
)
def test_what_is_made_is_stored(team_store, postgres_server, tmp_path, words):
    passwords = {"PGPASSFILE": str(postgres_server.passfile)}
    done = in_a_process(*words, "--store", team_store, cwd=tmp_path, **passwords)
    assert done.returncode == 0, done.stderr
    with open_store(team_store, read_only=True) as store:
        run = store.find()
        assert run.status == "finished"
        assert f"--store {team_store}" in run.command
        assert len(store.belonging(run.id)) == 1
        assert store.owner(run.id) is None
    assert not (tmp_path / ".gradparity" / "results.db").exists()
    shown = gradparity("show", "--format", "json", "--store", team_store, cwd=tmp_path)
    assert json.loads(shown.out)["run"]["id"] == run.id


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show"], "password authentication failed"),
        (["run", "booth", "--backend", "numpy", *QUICKLY], "password authentication failed"),
    ],
)
def test_a_password_is_nowhere(team_store, tmp_path, monkeypatch, words, told):
    monkeypatch.setenv("PGPASSWORD", "sesame-open")
    ended = gradparity(*words, "--store", team_store, cwd=tmp_path)
    assert ended.code == 2
    assert told in ended.err
    assert "PGPASSWORD" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert "sesame" not in ended.err + ended.out


def test_one_in_the_url_is_refused_and_not_repeated(team_store, tmp_path):
    url = team_store.replace("owner@", "owner:sesame@")
    for words in (
        ["show"],
        ["run", "booth"],
        ["report"],
        ["store", "check"],
        ["store", "merge", url],
    ):
        ended = gradparity(*words, "--store", url, cwd=tmp_path)
        assert ended.code == 2, words
        assert "a password does not belong into the store's URL" in ended.err
        assert "sesame" not in ended.err + ended.out

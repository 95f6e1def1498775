from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from gradparity.results.records.errors import StoreError
from gradparity.results.store.server import prepare
from gradparity.results.store.store import open_store


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nosuch://host/db", "unknown database 'nosuch'"),
        ("postgresql+pg8000://me@host/db", "pip install pg8000"),
        ("postgresql://me:secret@host/db", "password does not belong"),
        ("mysql://me:secret@host/db", "password does not belong"),
        ("postgresql://me@host/db?password=secret", "password does not belong"),
        ("postgresql://me@host/db?sslpassword=secret", "password does not belong"),
        ("postgresql://me@127.0.0.1/db?foo=bar", 'invalid connection option "foo"'),
        ("://", "URL cannot be read"),
        ("sqlite:/r.db", "neither a path nor a URL"),
        ("sqlite://r.db", "three slashes"),
        ("sqlite:///r.db?mode=ro", "without options"),
    ],
)
def test_a_bad_url_is_told_in_one_line(
    where: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=said) as caught:
        open_store(where)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_url_of_a_file_is_that_file(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/a.db").close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_the_default_is_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_store().close()
    assert (tmp_path / ".gradparity" / "results.db").is_file()


def test_other_databases_are_looked_at_first() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE runs (mine INTEGER)")
    with pytest.raises(StoreError, match="table 'runs' of another program"):
        prepare(engine, "there", read_only=False)
    ours = create_engine("sqlite://")
    with pytest.raises(StoreError, match="empty"):
        prepare(ours, "there", read_only=True)
    prepare(ours, "there", read_only=False)
    with ours.begin() as connection:
        connection.exec_driver_sql("UPDATE gradparity SET version = 99")
    with pytest.raises(StoreError, match=r"newer gradparity .* update gradparity"):
        prepare(ours, "there", read_only=False)
    engine.dispose()
    ours.dispose()

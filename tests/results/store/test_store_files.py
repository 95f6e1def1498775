"""Files that are not ours to write: whatever is wrong with them, they stay as they were."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gradparity.results.records.errors import StoreError
from gradparity.results.store.schema import VERSION
from gradparity.results.store.store import open_store
from tests.results import synthetic


def _ours(path: Path) -> None:
    with open_store(path) as store:
        store.begin(synthetic.run())
        store.add(synthetic.run().id, synthetic.cells()[0])


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE runs (marathon TEXT)")
    connection.commit()
    connection.close()


def _newer(path: Path) -> None:
    _ours(path)
    content = bytearray(path.read_bytes())
    content[60:64] = (VERSION + 1).to_bytes(4, "big")
    path.write_bytes(content)


def _older(path: Path) -> None:
    _ours(path)
    content = bytearray(path.read_bytes())
    content[60:64] = (2).to_bytes(4, "big")  # before there were descents
    path.write_bytes(content)


def _cut(path: Path) -> None:
    _ours(path)
    path.write_bytes(path.read_bytes()[:100])


def _overwritten(path: Path) -> None:
    _ours(path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


def _lacking(path: Path) -> None:
    _ours(path)
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE cells")
    connection.commit()
    connection.close()


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("problem,seconds\n" * 20), "not a database"),
    "short": (lambda path: path.write_bytes(b"SQLite format 3\x00"), "not a database"),
    "foreign": (_foreign, "another program"),
    "newer": (_newer, "newer gradparity"),
    "older": (_older, f"an older gradparity \\(store version 2, this one reads {VERSION}\\)"),
    "cut": (_cut, "damaged"),
    "overwritten": (_overwritten, "damaged"),
}


def _picture(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_no_store_of_ours_is_left_alone(
    kind: str, read_only: bool, tmp_path: Path
) -> None:
    path = tmp_path / "r.db"
    make, said = BAD[kind]
    make(path)
    before = _picture(tmp_path)
    with pytest.raises(StoreError, match=said) as caught:
        open_store(path, read_only=read_only)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert _picture(tmp_path) == before


def test_what_a_store_lacks_hides_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    _lacking(path)
    before = _picture(tmp_path)
    with pytest.raises(StoreError, match="lacks the table 'cells'"):
        open_store(path)
    with open_store(path, read_only=True) as store:
        assert store.find() == synthetic.run()
        with pytest.raises(StoreError, match="is damaged: no such table: cells"):
            store.load()
    assert _picture(tmp_path) == before


@pytest.mark.parametrize("read_only", [False, True])
def test_a_folder_or_a_device_is_no_store(read_only: bool, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        open_store(tmp_path, read_only=read_only)
    with pytest.raises(StoreError, match="not a regular file"):
        open_store("/dev/null", read_only=read_only)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder_for_a_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file"):
        open_store(tmp_path / "file" / "r.db")
    assert (tmp_path / "file").read_text() == "x"


def test_reading_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        open_store(tmp_path / "new" / "r.db", read_only=True)
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="empty"):
        open_store(tmp_path / "empty.db", read_only=True)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]
    assert (tmp_path / "empty.db").read_bytes() == b""


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    open_store(path).close()
    before = _picture(tmp_path)
    with open_store(path, read_only=True) as store, pytest.raises(StoreError, match="is empty"):
        store.load()
    assert _picture(tmp_path) == before


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "r.db").touch()
    with open_store(tmp_path / "r.db") as store:
        assert store.runs() == []


def _forbid(monkeypatch: pytest.MonkeyPatch, *, names: tuple[str, ...], mode: int) -> None:
    """Answer as the system does to a user without these rights: root has them all."""
    allowed = os.access

    def access(path: str | Path, asked: int) -> bool:
        return not (Path(path).name in names and asked & mode) and allowed(path, asked)

    monkeypatch.setattr(os, "access", access)


@pytest.mark.parametrize("name", ["r.db", "folder"])
def test_a_read_only_file_or_folder_is_read_and_not_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "folder" / "r.db"
    _ours(path)
    before = _picture(tmp_path)
    _forbid(monkeypatch, names=(name,), mode=os.W_OK)
    with pytest.raises(StoreError, match="read-only"):
        open_store(path)
    with open_store(path, read_only=True) as store:
        assert store.load()[1] == synthetic.cells()[:1]
        with pytest.raises(StoreError, match="read-only"):
            store.take_up(synthetic.run().id)
        assert _picture(tmp_path) == before
    assert _picture(tmp_path) == before


def test_no_new_store_in_a_read_only_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forbid(monkeypatch, names=(tmp_path.name,), mode=os.W_OK)
    with pytest.raises(StoreError, match="read-only"):
        open_store(tmp_path / "deep" / "er" / "r.db")
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.db"
    _ours(path)
    before = _picture(tmp_path)
    _forbid(monkeypatch, names=("r.db",), mode=os.R_OK)
    with pytest.raises(StoreError, match="permission denied"):
        open_store(path, read_only=True)
    assert _picture(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write a read-only file")
def test_rights_of_the_file_system_are_honoured(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    _ours(path)
    path.chmod(0o444)
    with pytest.raises(StoreError, match="read-only"):
        open_store(path)


def test_a_reader_beside_a_writer_sees_every_finished_cell(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    cells = synthetic.cells()[:3]
    with open_store(path) as writer:
        writer.begin(synthetic.run())
        for number, cell in enumerate(cells, start=1):
            writer.add(synthetic.run().id, cell)
            with open_store(path, read_only=True) as reader:
                assert reader.load()[1] == cells[:number]
    assert [path.name for path in tmp_path.iterdir()] == ["r.db"]


def test_a_file_torn_while_its_log_was_folded_in_is_read_from_the_log(tmp_path: Path) -> None:
    path, torn = tmp_path / "r.db", tmp_path / "torn.db"
    cells = synthetic.cells()[:20]
    with open_store(path) as store:
        store.begin(synthetic.run())
        for cell in cells:
            store.add(synthetic.run().id, cell)
        store.let_go(synthetic.run().id)
        before = path.read_bytes()
        log = (tmp_path / "r.db-wal").read_bytes()
    after = path.read_bytes()
    # What a full disk leaves: the first page is new and counts pages that were never written.
    torn.write_bytes(after[:4096] + before[4096:])
    (tmp_path / "torn.db-wal").write_bytes(log)
    assert len(before) < len(after)
    with open_store(torn, read_only=True) as store:
        assert store.load()[1] == cells
    with open_store(torn) as store:
        store.take_up(synthetic.run().id)
        store.finish(synthetic.run().id, "stopped", None)
    assert not (tmp_path / "torn.db-wal").exists()
    with open_store(torn, read_only=True) as store:
        assert store.load()[1] == cells


def test_the_file_is_marked_as_ours_and_safe_against_a_power_cut(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with open_store(path) as store, store._engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "application_id", "user_version")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert found == ["wal", 2, 1, int.from_bytes(b"grad", "big"), VERSION]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_link_that_leads_nowhere_is_named(read_only: bool, tmp_path: Path) -> None:
    loop, folder = tmp_path / "loop.db", tmp_path / "folder"
    loop.symlink_to(loop)
    folder.symlink_to(tmp_path / "gone")
    with pytest.raises(StoreError, match=r"loop\.db is a symbolic link that leads back to itself"):
        open_store(loop, read_only=read_only)
    with pytest.raises(StoreError, match=r"folder is a symbolic link to '.*gone', which does not"):
        open_store(folder / "r.db", read_only=read_only)
    assert {path.name for path in tmp_path.iterdir()} == {"loop.db", "folder"}


def test_a_link_to_a_store_that_is_still_to_be_made(tmp_path: Path) -> None:
    link = tmp_path / "r.db"
    link.symlink_to(tmp_path / "made.db")
    with pytest.raises(StoreError, match="which does not exist"):
        open_store(link, read_only=True)
    open_store(link).close()
    assert (tmp_path / "made.db").is_file()

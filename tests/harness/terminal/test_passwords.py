"""What is said, and what a traceback holds, shows no password of a URL."""

import glob
import tempfile

import pytest

from gradparity.results.words.display import without_passwords
from tests.harness.terminal.inside import gradparity


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:secret@db/x", "postgresql://me:***@db/x"),
        (
            "'postgresql+psycopg://me:se/cr@et@db/x' failed",
            "'postgresql+psycopg://me:***@db/x' failed",
        ),
        ("postgresql://:secret@db", "postgresql://:***@db"),
        ("a://db/x?password=secret&sslmode=on", "a://db/x?password=***&sslmode=on"),
        ("a://db/x?a=b&sslpassword=secret'", "a://db/x?a=b&sslpassword=***'"),
        ("http://127.0.0.1:8421/ me@home", "http://127.0.0.1:8421/ me@home"),
        ("postgresql://me@db:5432/x", "postgresql://me@db:5432/x"),
    ],
)
def test_passwords_are_hidden(text, shown):
    assert without_passwords(text) == shown


def test_a_traceback_has_none(tmp_path, monkeypatch):
    """A fault before the store was looked at: the file has the command as it was typed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def fault(*_):
        raise RuntimeError("postgresql://me:secret@db/x")

    monkeypatch.setattr("gradparity.results.store.store.place", fault)
    ended = gradparity("show", "--store", "postgresql://me:secret@db/x", cwd=tmp_path)
    assert ended.code == 70
    (file,) = glob.glob(f"{tmp_path}/gradparity-traceback-*")
    with open(file) as told:
        for text in (told.read(), ended.err):
            assert "me:***@db" in text
            assert "secret" not in text

"""The verb `plot`: every kind and style, the same bytes twice, what is asked for that is not there."""

import pytest

from gradparity.results.pictures.looks import KINDS, STYLES
from gradparity.results.store.store import open_store
from tests.harness.terminal.inside import gradparity
from tests.results import synthetic

STARTS = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    there = tmp_path_factory.mktemp("plot")
    run = synthetic.run()
    with open_store(there / ".gradparity" / "results.db") as store:
        store.begin(run)
        store.add(run.id, *synthetic.cells(("float64",), ("gradient",), 6)[:12])
        store.finish(run.id, "finished", "2026-11-23T00:00:00+00:00")
    return there


def drawn(folder, out, *words):
    """Path -> bytes of what the command wrote, by name."""
    ended = gradparity("plot", "--only", "time", "--out", out, *words, cwd=folder)
    assert ended.code == 0, ended.err
    paths = [folder / line.split()[-1] for line in ended.out.splitlines()]
    assert paths
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.parametrize("style", STYLES)
def test_every_kind_in_every_style_and_the_same_bytes_twice(folder, style):
    words = ("--kind", ",".join(KINDS), "--style", style)
    first, again = (drawn(folder, f"{style}-{k}", *words) for k in (0, 1))
    assert {name.rpartition(".")[2] for name in first} == set(KINDS)
    for name, held in first.items():
        assert held.startswith(STARTS[name.rpartition(".")[2]])
    assert first == again


def test_what_is_not_there_is_one_line(folder):
    for words in (("--only", "tiem"), ("--kind", "gif"), ("nothing",)):
        ended = gradparity("plot", *words, cwd=folder)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "did you mean 'time'" in gradparity("plot", "--only", "tiem", cwd=folder).err

"""The still picture of a history."""

import pytest

from gradparity.harness.drawing.history import drawn_rows
from gradparity.harness.history.file import write
from gradparity.results.pictures.history_picture import history_figure
from gradparity.results.pictures.looks import drawing
from gradparity.results.records.errors import NothingToDraw
from tests.harness.history.drawn import SLOWER, WRONG_AT, history
from tests.harness.terminal.inside import gradparity


def test_rows_have_their_step_and_their_wrong_gradient() -> None:
    numpy, tape, jax, torch = drawn_rows(history())
    assert numpy.steps == ((SLOWER, 1.3),)
    assert tape.wrong == (10, 11)
    assert WRONG_AT == 10
    assert jax.steps == ()
    assert torch.who == ("torch", "idiomatic")
    assert numpy.ratios == (1.0,) * SLOWER + (1.3,) * 5
    assert len(tape.places) == WRONG_AT  # what is wrong has no time


def test_the_title_is_the_finding() -> None:
    commits = [commit.short for commit in history().commits]
    rows = drawn_rows(history())
    with drawing():
        told = history_figure(commits, rows).texts[0].get_text().replace("\n", " ")
        assert told == f"booth tiny gradient float64 tape is wrong at {commits[WRONG_AT]}"
        told = history_figure(commits, rows[:1]).texts[0].get_text().replace("\n", " ")
        assert told == f"{commits[SLOWER]} made booth tiny gradient float64 numpy slower: +30 %"
        told = history_figure(commits, rows[2:]).texts[0].get_text()
        assert told == "No step in 12 commits"
    with pytest.raises(NothingToDraw):
        history_figure(commits, [])


def test_the_command_draws_it(tmp_path) -> None:
    write(history(), tmp_path / "h.json")
    ended = gradparity(
        "plot", "--history", "h.json", "--kind", "svg", "--out", "there", cwd=tmp_path
    )
    assert (ended.code, ended.out.split()) == (0, ["picture", "there/history.svg"])
    assert gradparity("plot", "--history", "no.json", cwd=tmp_path).code == 2

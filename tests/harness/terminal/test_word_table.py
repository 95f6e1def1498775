"""Tables on a terminal of any width: every word whole, or as whole as the terminal is wide."""

import io
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich import box
from rich.table import Table

from gradparity.harness.terminal.word_table import WordTable
from gradparity.results.words.screen import Screen

TITLES = ("problem", "verdict", "source")
ROWS = (
    ("price-linear", "ok", "Varian, Intermediate Microeconomics"),
    ("booth", "inaccurate", "[bold]"),
)


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self):
        return True


def lines(width):
    screen = Screen(file=Terminal())
    screen.width = width
    table = WordTable()
    for title in TITLES:
        table.add_column(title, overflow="fold")
    for row in ROWS:
        table.add_row(*row, style="red")
    with screen.capture() as printed:
        screen.print(table)
    return [re.sub("\x1b\\[[0-9;]*m", "", line).rstrip() for line in printed.get().split("\n")]


@pytest.mark.parametrize("width", [20, 30, 40, 47, 60, 80, 200])
def test_every_word_stays_whole(width):
    told = lines(width)
    assert all(len(line) <= width for line in told)
    said = " ".join(told).split()
    for word in " ".join((*TITLES, *(text for row in ROWS for text in row))).split():
        assert any(word in one for one in said), word


def test_a_row_is_a_paragraph_where_there_is_no_room():
    assert lines(30)[:6] == [
        *("", "problem: price-linear", "verdict: ok", "source: Varian, Intermediate"),
        *("Microeconomics", ""),
    ]
    assert lines(80)[1].split() == list(TITLES)


WORDS = st.text("ab é界\t\n[/]\\–", max_size=6)


def drawn(kind, rows, justify, encoding):
    screen = Screen(
        file=Terminal() if encoding == "utf-8" else io.TextIOWrapper(io.BytesIO(), encoding)
    )
    screen.width = 60
    table = WordTable(box=box.SIMPLE_HEAD if encoding == "utf-8" else box.ASCII2)
    table.__class__ = kind
    for k, each in enumerate(justify):
        table.add_column(f"title {k}", justify=each, overflow="fold")
    for row in rows:
        table.add_row(*row)
    with screen.capture() as printed:
        screen.print(table)
    return printed.get()


@given(
    st.lists(st.tuples(WORDS, WORDS), max_size=5),
    st.sampled_from([("left", "left"), ("right", "left"), ("center", "right")]),
    st.sampled_from(["utf-8", "ascii"]),
)
@settings(max_examples=60, deadline=None)
def test_it_is_what_rich_draws(rows, justify, encoding):
    """Where all fits, letter by letter and style by style."""
    assert drawn(WordTable, rows, justify, encoding) == drawn(Table, rows, justify, encoding)


def test_a_long_table_is_not_measured_cell_by_cell(monkeypatch):
    calls = Counter()
    render = Table._get_cells
    monkeypatch.setattr(
        Table,
        "_get_cells",
        lambda self, *given: (calls.update([len(self.rows)]), render(self, *given))[1],
    )
    told = drawn(WordTable, [("a word", "another")] * 500, ("left", "right"), "utf-8")
    assert told.count("a word") == 500
    assert set(calls) == {1}

"""Workflow commands are undone as the runner undoes them; summaries are measured in bytes."""

import re

import pytest

from gradparity.results.exports.github_annotations import (
    Annotation,
    append_summary,
    commands,
    summary,
)

CODES = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
NASTY = "a%0Ab: 100 %,\r\nc::d\n"


def unescaped(text):
    return re.sub("|".join(CODES), lambda found: CODES[found[0]], text)


def test_a_command():
    found = Annotation("error", "wrong gradient", "w[0] is 1, should be 2", "loss.py", 3)
    assert found.command() == (
        "::error file=loss.py,line=3,title=wrong gradient::w[0] is 1, should be 2"
    )


def test_what_is_optional_is_left_out():
    assert Annotation("notice", "", "all right").command() == "::notice::all right"


@pytest.mark.parametrize("level", ["notice", "warning", "error"])
def test_nothing_escapes_its_place(level):
    command = Annotation(level, NASTY, NASTY, NASTY).command()
    assert len(command.splitlines()) == 1
    head, given, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", command).groups()
    assert head == level
    properties = dict(part.split("=", 1) for part in given.split(","))
    assert {name: unescaped(value) for name, value in properties.items()} == {
        "file": NASTY,
        "title": NASTY,
    }
    assert unescaped(message) == NASTY


def test_github_shows_ten_of_a_level_the_last_says_how_many_more():
    many = [Annotation("error", "t", str(i)) for i in range(25)]
    few = [Annotation("warning", "t", str(i)) for i in range(10)]
    found = commands([*many, *few])
    errors = [command for command in found if command.startswith("::error")]
    assert len(errors) == 10
    assert errors[8].endswith("::8")
    assert "16 more" in errors[9]
    assert len(found) - len(errors) == 10


def test_a_summary_that_fits_is_whole():
    text = summary("Run a_b", ["problem", "ratio"], [["x|y", "1\n2"], ["z", "3"]], ["note"])
    assert text.splitlines() == [
        "## Run a_b",
        "",
        "| problem | ratio |",
        "| :-- | :-- |",
        "| x\\|y | 1 2 |",
        "| z | 3 |",
        "",
        "- note",
    ]


@pytest.mark.parametrize("most", [300, 5_000, 200_000])
def test_a_summary_is_cut_between_rows_and_says_so(most):
    rows = [[f"{i}", "µ" * (i % 50)] for i in range(9_000)]
    text = summary("t", ["number", "sign"], rows, ["the last word"], most)
    assert len(text.encode()) < most
    assert len(text.encode()) > most - 200
    lines = text.splitlines()
    kept = [line for line in lines if re.match(r"\| \d", line)]
    assert kept == [f"| {a} | {b} |" for a, b in rows[: len(kept)]]
    assert f"{9_000 - len(kept):,} of 9,000 rows are left out here" in text
    assert lines[-1] == "- the last word"


def test_a_summary_without_room_is_refused():
    with pytest.raises(ValueError, match="100 bytes"):
        summary("t", ["a"], [["b"]] * 100, ["c" * 200], 100)


def test_summaries_add_up(tmp_path):
    file = tmp_path / "summary.md"
    append_summary("one", file)
    append_summary("µ\n", file)
    assert file.read_text(encoding="utf-8") == "one\nµ\n"

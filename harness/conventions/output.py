"""How the atlas of conventions and its changes are printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from gradparity.harness.conventions.answers import COLUMNS, NO_OPERATION, UNAVAILABLE
from gradparity.harness.conventions.atlas import Atlas, Row
from gradparity.harness.conventions.files import document
from gradparity.harness.terminal.console import ascii_only, console, say, write_json, write_rows
from gradparity.harness.terminal.word_table import WordTable
from gradparity.results.words.markdown import escaped

NARROW, WIDE, WIDER = 72, 110, 160
"""Columns of a terminal from which there is a table, the exact derivative is shown, and the lawful
answers."""
AGREE = len("differ")
AGREES = {
    "yes": ("yes", ""),
    "differ": ("differ", "bold"),
    "wrong": ("WRONG", "bold red"),
    "alone": ("alone", ""),
}
"""What a row's `agree` is called in a table, and its style."""

LEGEND = (
    "agree: yes, all answers are the same; differ: each is a lawful choice, or an error; wrong: "
    "an answer, marked with !, is not lawful. lawful: the derivative, or the values between the "
    "one-sided derivatives, or undefined where these are not finite; NaN is lawful wherever there "
    "is a choice. tape: compiled; what tape-eager answers is shown where it is different. jax: "
    "jitted. -: the library has no such operation."
)


def write_atlas(atlas: Atlas, form: str) -> None:
    """The atlas to standard output."""
    if form == "json":
        write_json(document(atlas))
    elif form == "csv":
        write_rows([dict(row) for row in atlas.rows], form)
    elif form == "markdown":
        _markdown(atlas)
    else:
        _table(atlas)


def _families(atlas: Atlas) -> list[tuple[str, list[Row]]]:
    return [(name, list(rows)) for name, rows in groupby(atlas.rows, lambda row: row["family"])]


def versions_line(atlas: Atlas) -> str:
    """The versions in a line."""
    return ", ".join(f"{name} {v or 'not installed'}" for name, v in atlas.versions.items())


def summary(atlas: Atlas) -> str:
    """How many cases agree, differ, are wrong; and how often each backend is."""
    kinds = Counter(row["agree"] for row in atlas.rows)
    counted = ", ".join(f"{kinds[k]} {k}" for k in AGREES if kinds[k])
    wrong = Counter(name for row in atlas.rows for name in row["wrong"].split())
    blamed = ", ".join(f"{name} {wrong[name]}" for name in COLUMNS if wrong[name])
    return f"{len(atlas.rows)} cases: {counted}" + (f"; wrong: {blamed}" if blamed else "")


def _answer(row: Row, column: str) -> str:
    """An answer for reading: "!" where it is not lawful, "-" where there is none."""
    said = row[column]
    if said in (NO_OPERATION, UNAVAILABLE):
        return "-" if said == NO_OPERATION else said
    return f"{said} !" if column in row["wrong"].split() else said


def _answers(row: Row) -> dict[str, str]:
    shown = {column: _answer(row, column) for column in COLUMNS if column != "tape-eager"}
    if row["tape-eager"] != row["tape"]:
        shown["tape"] += f" (eager: {_answer(row, 'tape-eager')})"
    return shown


def _table(atlas: Atlas) -> None:
    terminal = console()
    plain = ascii_only()

    brief = terminal.width < WIDER

    def cell(text: str) -> str:
        return _ascii(text) if plain else text

    def numbers(text: str) -> str:
        return cell(_brief(text) if brief else text)

    # Five columns of numbers share what a narrow terminal leaves.
    narrow = None if terminal.width >= WIDE else (terminal.width * 3 // 4 - AGREE - 9) // 5
    wide = [name for name, at in (("exact", WIDE), ("lawful", WIDER)) if terminal.width >= at]
    for family, rows in _families(atlas):
        shown = (Table if terminal.width >= NARROW else WordTable)(
            box=box.ASCII2 if plain else box.SIMPLE_HEAD,
            title=family,
            title_justify="left",
            title_style="bold",
            padding=(0, 1) if terminal.width >= WIDE else (0, 1, 0, 0),
            collapse_padding=True,
        )
        for name in ("case", "at", *wide, *_answers(rows[0]), "agree"):
            longest = 1 + max(len(name), *(len(row.get(name, "")) for row in rows))
            fixed = {"case": terminal.width // 4, "exact": terminal.width // 5, "agree": AGREE}
            width = min(longest, fixed[name]) if name in fixed else narrow
            width = None if terminal.width < NARROW else width
            shown.add_column(name, overflow="fold", width=width)
        for row in rows:
            answers = _answers(row)
            shown.add_row(
                cell(row["case"]),
                numbers(row["at"]),
                *(cell(row[name]) for name in wide),
                *(_emphasised(row, column, numbers(said)) for column, said in answers.items()),
                Text(*AGREES[row["agree"]]),
            )
        terminal.print(shown)
    for line in (summary(atlas), versions_line(atlas), LEGEND):
        terminal.say(line)


def _brief(text: str) -> str:
    """[[1, 0], [0, 1]] as 1 0 / 0 1, and an error as that word."""
    if "error: " in text:
        return text if "(eager" in text else "error"
    return text.replace("], [", " / ").replace("[", "").replace("]", "").replace(", ", " ")


def _emphasised(row: Row, column: str, cell: str) -> Text:
    marked = {column, "tape-eager"} if column == "tape" else {column}
    return Text(cell, "bold red" if marked & set(row["wrong"].split()) else "")


def _ascii(text: str) -> str:
    return text.translate({0xB2: "^2", 0x1D40: "'", 0xB7: "*"}).encode("ascii", "replace").decode()


def _markdown(atlas: Atlas) -> None:
    say("# The atlas of conventions")
    say()
    say("What each backend answers where a derivative is a choice, in float64. Printed by")
    say("`gradparity conventions --format markdown`.")
    say()
    for name, version in atlas.versions.items():
        say(f"- {name} {version or 'not installed'}")
    for line in ("", f"{summary(atlas)}.", "", escaped(LEGEND), ""):
        say(line)
    for family, rows in _families(atlas):
        say(f"## {family}")
        say()
        write_rows(
            [
                {
                    **{name: row[name] for name in ("case", "at", "exact", "lawful")},
                    **_answers(row),
                    "agree": row["agree"],
                }
                for row in rows
            ],
            "markdown",
        )
        say()


def write_changes(changes: Mapping[str, Any], form: str) -> None:
    """What `conventions.changes` found, to standard output."""
    rows: Sequence[dict[str, str]] = changes["changed"]
    if form == "json":
        write_json(changes)
        return
    if form == "csv":
        say("case,at,backend,old,new") if not rows else write_rows(rows, form)
        return
    moved = changes["versions"].items()
    versions = ", ".join(f"{name} {old or 'none'} → {new or 'none'}" for name, (old, new) in moved)
    say(f"versions: {versions or 'the same'}")
    if rows:
        say()
        write_rows(rows, form)
        say()
    say(f"{len(rows) or 'no'} {'answers' if len(rows) > 1 else 'answer'} changed")
    for kind, names in (("new", changes["new"]), ("gone", changes["gone"])):
        if names:
            say(f"{kind} cases: {'; '.join(names)}")

"""Findings for a person: a row for each claim, and every figure of one that is looked at alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gradparity.results.claims import words
from gradparity.results.records.claim import FAILS, HOLDS, IN_PART, OPEN, ClaimFinding
from gradparity.results.tables.page import print_page
from gradparity.results.words.display import to_ascii, visible

MOST = 4
"""So many claims are told with every figure."""

STYLES = {HOLDS: "green", IN_PART: "yellow", FAILS: "red", OPEN: "yellow", words.UNFINISHED: "red"}


def show_findings(
    findings: Sequence[ClaimFinding], file: IO[str] | None = None, ascii_only: bool | None = None
) -> None:
    """Print the findings to `file`; see `print_page`. Of few, every figure."""
    print_page(lambda plain: tables(findings, plain), file, ascii_only)


def tables(findings: Sequence[ClaimFinding], ascii_only: bool = False) -> RenderableType:
    """Return the tables with their notes, to be printed by a rich Console."""

    def said(text: str) -> str:
        return to_ascii(visible(text)) if ascii_only else visible(text)

    few = len(findings) <= MOST
    pages: list[RenderableType] = (
        [part for one in findings for part in _whole(one, said, ascii_only)]
        if few
        else [_overview(findings, said, ascii_only)]
    )
    told = [*words.notes(findings), f"{words.tally(findings)}."]
    if not few:
        told.append("Every figure of one: gradparity claims NUMBER, or --format markdown for all.")
    return Group(*pages, *(Text(said(note)) for note in told))


def _overview(findings: Sequence[ClaimFinding], said: words.Said, plain: bool) -> Table:
    table = Table(box=box.ASCII2 if plain else box.SIMPLE_HEAD)
    table.add_column("", justify="right")
    for name in ("claim", "verdict", "seen"):
        table.add_column(name, overflow="fold", ratio=None if name == "verdict" else 1)
    for one in findings:
        verdict = words.verdict(one)
        seen = one.reason or words.parts(one, 2) or one.sentence
        table.add_row(
            str(one.number),
            said(one.statement),
            Text(said(verdict), STYLES.get(verdict, "")),
            said(seen),
        )
    return table


def _whole(one: ClaimFinding, said: words.Said, plain: bool) -> list[RenderableType]:
    verdict = words.verdict(one)
    told: list[RenderableType] = [
        Text(said(f"{one.number}. {one.statement}"), "bold"),
        Text.assemble((said(verdict), STYLES.get(verdict, "")), said(f". {one.sentence}")),
    ]
    if one.reason:
        told.append(Text(said(one.reason)))
    if one.figures:
        table = Table(box=box.ASCII2 if plain else box.SIMPLE_HEAD)
        for name in ("figure", "measured", "seeds", "against"):
            table.add_column(name, overflow="fold", justify="right" if name == "seeds" else "left")
        for cells in words.figures(one):
            table.add_row(*map(said, cells))
        told.append(table)
    return told

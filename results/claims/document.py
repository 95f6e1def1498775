"""Findings as data for other programs, JSON and CSV, and as a page in Markdown."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gradparity.results.claims import words
from gradparity.results.records.claim import ClaimFinding
from gradparity.results.records.record import Run
from gradparity.results.words import csv_cells, json_values
from gradparity.results.words.json_values import in_json
from gradparity.results.words.markdown import escaped, item, line

_ABOUT = (
    "Made by `{}`. Each claim is a small experiment, and its verdict follows from its figures: one "
    "that fails is a finding. What theory says is derived in the experiment's docstring, under "
    "`harness/claims/`."
)

COLUMNS = (
    *("number", "chapter", "statement", "verdict", "status", "reason", "figure", "value", "low"),
    *("high", "unit", "seeds", "claimed", "holds", "theory", "theory_words", "agrees", "quick"),
)
"""Of the CSV: a row for each figure, one with empty figures for a claim without any."""


def document(run: Run, findings: Sequence[ClaimFinding]) -> dict[str, Any]:
    """Return {"run", "findings"}; a number that JSON has no word for is null."""
    return {"run": in_json(asdict(run)), "findings": [in_json(_told(one)) for one in findings]}


def _told(one: ClaimFinding) -> dict[str, Any]:
    figures = [
        asdict(figure) | {"holds": figure.holds, "agrees": figure.agrees} for figure in one.figures
    ]
    chart = json.loads(one.chart) if one.chart else None
    derived = {"verdict": one.verdict, "parts": list(one.parts), "command": words.command(one)}
    return asdict(one) | derived | {"figures": figures, "chart": chart}


def to_json(run: Run, findings: Sequence[ClaimFinding]) -> str:
    """Return the document as strict JSON."""
    return json_values.to_json(document(run, findings))


def to_csv(findings: Sequence[ClaimFinding]) -> str:
    """Return a row for each figure, headed by `COLUMNS`."""
    return csv_cells.to_csv(COLUMNS, (row for one in findings for row in _rows(one)))


def _rows(one: ClaimFinding) -> list[list[Any]]:
    about = [one.number, one.chapter, one.statement, one.verdict, one.status, one.reason]
    none = [None] * (len(COLUMNS) - len(about) - 1)
    return [
        [
            *about,
            *(figure.what, figure.value, figure.low, figure.high, figure.unit, figure.seeds),
            figure.claimed.words if figure.claimed else None,
            figure.holds,
            *((figure.theory.value, figure.theory.words) if figure.theory else (None, None)),
            figure.agrees,
            one.quick,
        ]
        for figure in one.figures
    ] or [[*about, *none, one.quick]]


def to_markdown(run: Run, findings: Sequence[ClaimFinding]) -> str:
    """Return a table of the verdicts, then each claim with what was seen and every figure."""
    chapters = dict.fromkeys(one.chapter for one in findings)
    told = [
        "# The course's claims, measured",
        "",
        *(textwrap.wrap(_ABOUT.format(run.command), 100)),
        "",
        line(["claim", "statement", "verdict", "not so"]),
        line(["---:", "---", "---", "---"]),
        *(
            line([str(one.number), *map(escaped, (one.statement, words.verdict(one), _short(one)))])
            for one in findings
        ),
        "",
        f"{words.tally(findings)}.",
        "",
        *(item(note) for note in words.notes(findings)),
    ]
    for chapter in chapters:
        told += ["", f"## {escaped(chapter)}"]
        for one in findings:
            if one.chapter == chapter:
                told += _section(one)
    told += ["", f"Run {run.id}, `{run.command}`, {_machine(run)}."]
    return "\n".join(told)


def _short(one: ClaimFinding) -> str:
    return one.reason or words.parts(one, 3)


def _section(one: ClaimFinding) -> list[str]:
    told = ["", f"### {one.number}. {escaped(one.statement)}", "", f"**{words.verdict(one)}.** "]
    told[-1] += escaped(one.sentence if one.status == "ok" else one.reason or words.parts(one))
    if one.figures:
        told += ["", line(["figure", "measured", "seeds", "against"])]
        told += [line(["---", "---", "---:", "---"])]
        told += [line([escaped(cell) for cell in cells]) for cells in words.figures(one)]
        told += ["", f"`{words.command(one)}`"]
    return told


def _machine(run: Run) -> str:
    made = run.environment
    versions = ", ".join(f"{k} {v}" for k, v in made.versions.items() if v and k != "gradparity")
    return f"{made.cpu}, Python {made.python}, {versions}"

"""How a gate's outcome is printed: for people, programs and continuous integration."""

from __future__ import annotations

import math
import os
from dataclasses import asdict
from typing import Any

from gradparity.harness.gate.live import Gated
from gradparity.harness.gate.row import GateRow, as_document, counted
from gradparity.harness.gate.words import KEYS, TITLES, changed, details, total, words
from gradparity.harness.processes.environment import now
from gradparity.harness.terminal.console import console, say, write_commands, write_json, write_text
from gradparity.harness.terminal.word_table import WordTable
from gradparity.results.exports.github_annotations import Annotation, Level, append_summary, summary
from gradparity.results.exports.junit import TestCase
from gradparity.results.exports.junit import document as junit_document
from gradparity.results.records.statuses import SKIPPED, UNFINISHED
from gradparity.results.words import wording


def write(gated: Gated, form: str, strict: bool) -> None:
    """Print the outcome: table, json, junit, github or markdown.

    Where GitHub runs it, the step's summary gets the same, whatever the form.
    """
    if form == "json":
        write_json(document(gated, strict))
    elif form == "junit":
        write_text(junit(gated, strict))
    elif form == "github":
        write_commands(remarked(gated, strict))
        say(total(gated.rows, gated.against))
    elif form == "markdown":
        write_text(markdown(gated))
    else:
        _table(gated)
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        append_summary(markdown(gated), target)


def document(gated: Gated, strict: bool = False) -> dict[str, Any]:
    """Return the whole outcome in JSON's types."""
    return {
        "against": gated.against,
        "exit_code": gated.exit_code(strict),
        "summary": counted(gated.rows),
        "rows": [as_document(row) for row in gated.rows],
        "notes": list(gated.notes),
        "seconds": gated.seconds,
        "environment": asdict(gated.environment),
    }


def markdown(gated: Gated) -> str:
    """Return a table of the changed rows with all there is to say about them, under 200 kB."""
    rows = changed(gated.rows)
    told = [f"{row.label}: {line}" for row in rows for line in details(row)]
    most = 60
    if len(told) > most:
        told = [*told[:most], f"{len(told) - most} more remarks are in the log"]
    notes = [total(gated.rows, gated.against), *(line[:2000] for line in told), *gated.notes]
    return summary("gradparity gate", TITLES, [words(row) for row in rows], notes)


def remarked(gated: Gated, strict: bool = False) -> list[Annotation]:
    """Return one annotation per row that a reader of the commit should see."""
    found = []
    for row in changed(gated.rows):
        level = _level(row, strict)
        if level is None:
            continue
        title = f"{row.subject} {wording.status(row.status)} on {' '.join(row.where)}"
        known = dict(zip(KEYS, words(row), strict=True))
        figures = f"{known['change']} {known['interval']}, margin {known['margin']}"
        told = [*([figures] if row.change is not None else []), *details(row)]
        found.append(Annotation(level, title, "\n".join(told) or row.status, row.file))
    return found


def _level(row: GateRow, strict: bool) -> Level | None:
    if row.wrong or row.status == "regressed" or row.status in UNFINISHED:
        return "error"
    if row.status == "inconclusive":
        return "error" if strict else "warning"
    if row.status == "pass" and row.remarks:
        return "warning"
    return "notice" if row.status == "improved" else None


def junit(gated: Gated, strict: bool = False) -> str:
    """Return JUnit's XML: one test suite per problem, one test per row.

    A regression and a wrong gradient are failures, what did not finish is an error, a row that base
    lacks passes.
    """
    cases = [_case(row, strict) for row in gated.rows]
    return junit_document("gradparity gate", now(), cases)


def _outcome(row: GateRow, strict: bool) -> str:
    if row.wrong or row.status == "regressed" or (strict and row.status == "inconclusive"):
        return "failure"
    if row.status in UNFINISHED:
        return "error"
    return "skipped" if row.status in SKIPPED else "passed"


def _case(row: GateRow, strict: bool) -> TestCase:
    cell, outcome = row.cell, _outcome(row, strict)
    known = dict(zip(KEYS, words(row), strict=True))
    told = "\n".join([f"{known['change']} {known['interval']}", *details(row)])
    something = outcome == "passed" and (row.change is not None or row.reason)
    return TestCase(
        suite=cell.problem,
        place=f"{cell.problem}.{cell.size}",
        name=f"{row.subject} {cell.operator} {cell.dtype}",
        seconds=_seconds(row),
        outcome=outcome,
        status=row.status,
        message=row.reason or row.status,
        told=told,
        said=f"{row.status}\n{told}" if something else "",
    )


def _seconds(row: GateRow) -> float:
    sides = [side for pair in row.samples for side in (pair.base, pair.head, pair.copy)]
    return math.fsum(s.seconds * s.calls for side in sides for s in side)


def _table(gated: Gated) -> None:
    terminal = console()
    rows = changed(gated.rows)
    if rows:
        shown = WordTable()
        for key, title in zip(KEYS, TITLES, strict=True):
            numeric = key in ("change", "interval", "margin")
            shown.add_column(title, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            style = {"error": "red", "warning": "yellow"}.get(_level(row, False) or "", "")
            shown.add_row(*words(row), style=style)
        terminal.print(shown)
    lines = [
        text
        for row in rows
        for text in (f"{row.label}: {row.status}", *(f"    {line}" for line in details(row)))
        if details(row)
    ]
    for line in [*lines, *gated.notes, total(gated.rows, gated.against)]:
        terminal.say(line)

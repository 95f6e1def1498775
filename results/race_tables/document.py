"""A race as data for other programs: JSON, CSV, and Markdown tables for GitHub."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from gradparity.results.race_tables.legend import legend
from gradparity.results.race_tables.words import LEFT, goal, heading, sheets
from gradparity.results.races import targets
from gradparity.results.races.race import contests
from gradparity.results.races.targets import TAUS, goals, reached
from gradparity.results.records.descent import Descent, History
from gradparity.results.records.record import Run
from gradparity.results.tables.markdown import escaped, line
from gradparity.results.tables.run_document import plain

Row = dict[str, Any]

FIELDS = tuple(field.name for field in fields(Descent) if field.name != "history")


def rows(descents: Sequence[Descent]) -> list[Row]:
    """Return one dict per descent: its fields without the history, f*, and the way to each τ.

    goal: f*; goal_known: whether it is the known minimum, else the lowest loss seen.
    steps_to_1e-3, evaluations_to_1e-3, seconds_to_1e-3 and so on: to f* + τ (f0 - f*), infinite if
    it never came there; seconds are None where time was not measured. seconds: of all its steps.
    """
    found = []
    for descent, goal_ in zip(descents, goals(descents), strict=True):
        history = descent.history
        row: Row = {name: getattr(descent, name) for name in FIELDS}
        seconds = None if history is None else history.seconds
        row["seconds"] = float(seconds[-1]) if seconds is not None and len(seconds) else None
        row["goal"] = None if goal_ is None else goal_.value
        row["goal_known"] = None if goal_ is None else goal_.known
        for tau, got in zip(TAUS, reached(descent, goal_), strict=True):
            end = f"_to_{targets.name(tau)}"
            row |= {name + end: figure for name, figure in asdict(got).items()}
        found.append(row)
    return found


def to_json(run: Run, descents: Sequence[Descent], histories: bool = False) -> str:
    """Return {"run": the run, "descents": one object per descent, see `rows`} as strict JSON.

    JSON has neither infinity nor NaN: such a figure is null. histories: with each descent's series
    under "history", see `History`; null of a descent that never began.
    """
    found = rows(descents)
    if histories:
        for row, descent in zip(found, descents, strict=True):
            row["history"] = None if descent.history is None else _series(descent.history)
    document = {"run": plain(asdict(run)), "descents": plain(found)}
    return json.dumps(document, allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def to_csv(run: Run, descents: Sequence[Descent]) -> str:
    """Return the rows as CSV, headed by their keys; None is an empty field, infinity "inf"."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows(descents):
        options = json.dumps(row["options"]) if row["options"] else None
        writer.writerow(row | {"options": options})
    return out.getvalue()


def to_markdown(run: Run, descents: Sequence[Descent]) -> str:
    """Return the sheets as GitHub tables, best rates in bold, with the legend."""
    found = contests(descents)
    lines: list[str] = []
    for contest in found:
        lines += ["", f"**{escaped(heading(contest))}**", "", escaped(goal(contest))]
        for sheet in sheets(contest):
            lines += ["", *([f"*{escaped(sheet.title)}*", ""] if sheet.title else [])]
            lines.append(line([escaped(name) for name in sheet.columns]))
            lines.append(line([":--" if name in LEFT else "--:" for name in sheet.columns]))
            for cells, best in zip(sheet.lines, sheet.best, strict=True):
                words = [escaped(cells[name].full) for name in sheet.columns]
                mark = best and not all(sheet.best)
                lines.append(line([f"**{word}**" for word in words] if mark else words))
    notes = [escaped(note) for note in legend(run, descents, found)]
    lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _series(history: History) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(history):
        value = getattr(history, field.name)
        if isinstance(value, dict):
            found[field.name] = {name: series.tolist() for name, series in value.items()}
        else:
            found[field.name] = None if value is None else value.tolist()
    return found


_NOTHING = Descent("", "", 0, "", "", "", {}, None, "", None, 0, "", "")

COLUMNS = tuple(rows([_NOTHING])[0])
"""The keys of a row, in order."""

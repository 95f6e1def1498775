"""A race as data for other programs: JSON, CSV, and Markdown tables for GitHub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from gradparity.results.race_tables.differences import rankings
from gradparity.results.race_tables.legend import legend
from gradparity.results.race_tables.words import LEFT, goal, heading, sheets
from gradparity.results.races.differences import PairedDifference
from gradparity.results.races.race import contests
from gradparity.results.races.row import COLUMNS, rows
from gradparity.results.races.tuning import raced, tuned
from gradparity.results.records.descent import Descent, History, Looks
from gradparity.results.records.record import Run
from gradparity.results.words import csv_cells, json_values
from gradparity.results.words.json_values import in_json
from gradparity.results.words.markdown import escaped, item, line


def document(run: Run, descents: Sequence[Descent], histories: bool = False) -> dict[str, Any]:
    """Return {"run", "differences", "descents"}: the run, an object per pair, per descent.

    See `PairedDifference` and `DescentRow`.

    JSON has neither infinity nor NaN: such a figure is null. histories: with each descent's series
    under "history", see `History`; null of a descent that never began.
    """
    found = [row.columns() for row in rows(descents)]
    if histories:
        for row, descent in zip(found, descents, strict=True):
            row["history"] = None if descent.history is None else _series(descent.history)
    return {
        "run": in_json(asdict(run)),
        "differences": [in_json(asdict(pair)) for one in _rankings(run, descents) for pair in one],
        "descents": in_json(found),
    }


def to_json(run: Run, descents: Sequence[Descent], histories: bool = False) -> str:
    """Return the document as strict JSON."""
    return json_values.to_json(document(run, descents, histories))


def to_csv(run: Run, descents: Sequence[Descent]) -> str:
    """Return the rows as CSV, headed by their keys; None is an empty field, infinity "inf"."""
    return csv_cells.to_csv(
        COLUMNS,
        (
            list((row.columns() | {"options": _options(row.descent.options)}).values())
            for row in rows(descents)
        ),
    )


def to_markdown(run: Run, descents: Sequence[Descent], all_rates: bool = False) -> str:
    """Return the sheets as GitHub tables, best rates in bold, with the legend."""
    descents, trials = raced(run, descents), tuned(run, descents)
    found = contests(descents, trials)
    lines: list[str] = []
    for contest in found:
        lines += ["", f"**{escaped(heading(contest))}**", "", escaped(goal(contest))]
        for sheet in sheets(contest, all_rates):
            lines += ["", *([f"*{escaped(sheet.title)}*", ""] if sheet.title else [])]
            lines.append(line([escaped(name) for name in sheet.columns]))
            lines.append(line([":--" if name in LEFT else "--:" for name in sheet.columns]))
            for cells, best in zip(sheet.lines, sheet.best, strict=True):
                words = [escaped(cells[name].full) for name in sheet.columns]
                mark = best and not all(sheet.best)
                lines.append(line([f"**{word}**" for word in words] if mark else words))
    for ranking in rankings(descents):
        lines += ["", f"*{escaped(ranking.title)}*", ""]
        lines += [line(["", "is better than", "open"]), line([":--"] * 3)]
        lines += [line([escaped(word) for word in words]) for words in ranking.lines]
    lines += ["", *map(item, legend(run, descents, found, all_rates))]
    return "\n".join(lines).lstrip("\n") + "\n"


def _rankings(run: Run, descents: Sequence[Descent]) -> list[tuple[PairedDifference, ...]]:
    return [one.pairs for one in rankings(raced(run, descents))]


def _options(given: dict[str, Any]) -> str | None:
    return json.dumps(given) if given else None


def _series(history: History) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(history):
        value = getattr(history, field.name)
        if isinstance(value, Looks):
            found[field.name] = {
                one.name: getattr(value, one.name).tolist() for one in fields(value)
            }
        elif isinstance(value, dict):
            found[field.name] = {name: series.tolist() for name, series in value.items()}
        else:
            found[field.name] = None if value is None else value.tolist()
    return found

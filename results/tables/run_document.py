"""A run as data for other programs: JSON, CSV, and a Markdown table for GitHub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.columns import groups
from gradparity.results.tables.legend import interval_name, legend, over
from gradparity.results.times.row import KINDS, Row, rows
from gradparity.results.words import csv_cells, json_values
from gradparity.results.words.json_values import in_json
from gradparity.results.words.markdown import escaped, item, line


def document(run: Run, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return {"run": the run, "rows": an object per cell, see `Row`}, of JSON's types only.

    JSON has neither infinity nor NaN: such a figure is None, and the row's status says why.
    """
    return {
        "run": in_json(asdict(run)),
        "rows": in_json([row.columns() for row in rows(run, cells)]),
    }


def to_json(run: Run, cells: Sequence[Cell]) -> str:
    """Return the document as strict JSON, with a final newline."""
    return json_values.to_json(document(run, cells))


def to_csv(run: Run, cells: Sequence[Cell]) -> str:
    """Return the rows as CSV, headed by their keys.

    None is an empty field; `samples` are seconds joined by semicolons; every figure has all its
    digits, infinity is "inf".
    """
    return csv_cells.to_csv(list(KINDS), (_written(row) for row in rows(run, cells)))


def _written(row: Row) -> list[Any]:
    samples = ";".join(repr(float(seconds)) for seconds in row.samples)
    counters = json.dumps(row.counters) if row.counters else None
    return list((row.columns() | {"samples": samples, "counters": counters}).values())


def to_markdown(run: Run, cells: Sequence[Cell]) -> str:
    """Return one GitHub table per setting, the fastest and its ties in bold, with the legend."""
    interval = interval_name(cells)
    titles = ["problem", "size", "backend", "parameters", "error", "prepare", "first call"]
    titles += ["median", interval, escaped(over(run, cells)), interval, "cpu/wall", "status"]
    names = [*titles[:8], "interval", "ratio", "ratio interval", "cpu/wall", "status"]
    lines: list[str] = []
    last = ""
    for group in groups(run, cells):
        if group.setting != last:
            last = group.setting
            lines += ["", f"**{escaped(last)}**", "", line(titles)]
            lines.append(line([":--" if name in _LEFT else "--:" for name in names]))
        for found in group.lines:
            words = {name: escaped(found.words[name]) for name in names}
            if found.best:
                words |= {name: f"**{words[name]}**" for name in ("backend", "median")}
            lines.append(line([words[name] for name in names]))
    notes = [item(note) for note in legend(run, cells) if note]
    lines += ["", *notes] if notes else []
    return "\n".join(lines).lstrip("\n") + "\n"


_LEFT = ("problem", "size", "backend", "status")

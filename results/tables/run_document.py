"""A run as data for other programs: JSON, CSV, and a Markdown table for GitHub."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.columns import groups
from gradparity.results.tables.legend import interval_name, legend
from gradparity.results.times.row import KINDS, rows
from gradparity.results.words.json_values import in_json
from gradparity.results.words.markdown import escaped, line


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
    return json.dumps(document(run, cells), allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def to_csv(run: Run, cells: Sequence[Cell]) -> str:
    """Return the rows as CSV (RFC 4180, but lines end in a newline alone), headed by their keys.

    None is an empty field; `samples` are seconds joined by semicolons; every figure has all its
    digits, infinity is "inf".
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(KINDS)
    for row in rows(run, cells):
        samples = ";".join(repr(float(seconds)) for seconds in row.samples)
        counters = json.dumps(row.counters) if row.counters else None
        writer.writerow((row.columns() | {"samples": samples, "counters": counters}).values())
    return out.getvalue()


def to_markdown(run: Run, cells: Sequence[Cell]) -> str:
    """Return one GitHub table per setting, the fastest and its ties in bold, with the legend."""
    interval = interval_name(cells)
    titles = ["problem", "size", "backend", "parameters", "error", "prepare", "first call"]
    titles += ["median", interval, "ratio", interval, "cpu/wall", "status"]
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
    notes = [escaped(note.strip()) for note in legend(run, cells) if note]
    lines += ["", *(f"- {note}" for note in notes)] if notes else []
    return "\n".join(lines).lstrip("\n") + "\n"


_LEFT = ("problem", "size", "backend", "status")

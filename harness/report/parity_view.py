"""Errors of every backend on every problem as a map; a cell opens its diagnosis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import (
    StoredView,
    options,
    selection,
    shown,
    stored,
)
from gradparity.harness.report.settings import (
    AskedSetting,
    foremost,
    said,
    setting_control,
    settings,
)
from gradparity.results.pages.charts import Axis, Chart, Frame, Heat, Segments, Table
from gradparity.results.records.record import Cell
from gradparity.results.records.statuses import INACCURATE, MEANINGS, WRONG
from gradparity.results.words import wording
from gradparity.results.words.display import printable

ROW = 24
"""Pixels of a row of the map."""
LOWEST = -17.0
"""Decades: errors below the rounding of float64 are drawn alike."""

CHOSEN = "#ffb000"
"""Of the frame around the chosen cell: seen on every colour of the map."""

Keys = Mapping[str, tuple[str, str]]
"""Name -> value of a control, and its words."""


def parity_view(material: Material) -> StoredView | None:
    """Return the view; None without a run of times."""
    found = settings(material)
    if not found:
        return None
    cells = [cell for one in found for cell in one.cells]
    rows, columns = _keys(_row(cell) for cell in cells), _keys(cell.label for cell in cells)
    first = max(foremost(found).cells, key=_badness)
    frames: dict[tuple[str, ...], Frame] = {}
    for one in found:
        places = {(_row(cell), cell.label): cell for cell in one.cells}
        chart = _map(one, places, rows, columns)
        for row in rows:
            for column in columns:
                told = _frame(one, chart, places, row, column)
                frames[one.option[0], rows[row][0], columns[column][0]] = told
    return stored(
        "parity",
        "Parity",
        "How far is each answer from the truth?",
        "The largest error against the oracle, relative to the number and how far rounding alone "
        "moves it. Click a cell for its worst parameter and the diagnosis.",
        [
            setting_control(found),
            selection("row", "Problem", list(rows.values()), rows[_row(first)][0]),
            selection("column", "Backend", list(columns.values()), columns[first.label][0]),
        ],
        frames,
    )


def _keys(names: Iterable[str]) -> Keys:
    each = list(dict.fromkeys(names))
    return dict(zip(each, options(each), strict=True))


def _row(cell: Cell) -> str:
    return f"{cell.problem} {cell.size}"


def _badness(cell: Cell) -> tuple[int, float]:
    """Wrong before inaccurate before right; then by the error."""
    error = cell.max_error
    known = -1.0 if error is None or math.isnan(error) else error
    return 2 * (cell.status in WRONG) + (cell.status in INACCURATE), known


Places = Mapping[tuple[str, str], Cell]


def _sides(of: AskedSetting) -> tuple[list[str], list[str]]:
    """The rows of the map from below, and its columns."""
    return list(dict.fromkeys(map(_row, of.cells)))[::-1], of.labels


def _map(of: AskedSetting, places: Places, rows: Keys, columns: Keys) -> Chart:
    """The map without a cell marked."""
    names, labels = _sides(of)
    errors = [[_decade(places.get((row, label))) for label in labels] for row in names]
    heat = Heat(
        x=[float(j) for j in range(len(labels))],
        y=[float(i) for i in range(len(names))],
        z=errors,
        label="log₁₀ of the error",
        low=LOWEST,
        high=0.0,
        words=[[_word(places.get((row, label))) for label in labels] for row in names],
        sets=[
            [{"row": rows[row][0], "column": columns[label][0]} for label in labels]
            for row in names
        ],
    )
    return Chart(
        "map",
        _title(of.cells),
        Axis("backend", ticks=[(float(j), _tick(name)) for j, name in enumerate(labels)]),
        Axis("", ticks=[(float(i), _tick(name)) for i, name in enumerate(names)]),
        [heat],
        height=90 + ROW * len(names),
    )


def _title(cells: Sequence[Cell]) -> str:
    wrong = sum(cell.status in WRONG for cell in cells)
    if wrong:
        return f"{wrong} of {len(cells)} answers FAIL"
    errors = [cell.max_error for cell in cells if cell.max_error is not None]
    if not errors:
        return "Nothing was judged"
    return f"No error is above {wording.error(max(errors))}"


def _decade(cell: Cell | None) -> float:
    error = None if cell is None else cell.max_error
    if error is None or math.isnan(error):
        return math.nan
    return max(LOWEST, math.log10(error)) if error > 0 else LOWEST


def _word(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.status in WRONG:
        return "FAIL"
    error = cell.max_error
    return wording.NONE if error is None else f"{error:.0e}" if error else "0"


def _tick(name: str, most: int = 21) -> str:
    told = printable(name)
    return told if len(told) <= most else f"{told[: most - 1]}…"


def _frame(of: AskedSetting, chart: Chart, places: Places, row: str, column: str) -> Frame:
    cell = places.get((row, column))
    who = f"{shown(column)} on {shown(row)}"
    if cell is None:
        return Frame(f"{who} was not asked for {of.name}.", [chart])
    names, labels = _sides(of)
    j, i = float(labels.index(column)), float(names.index(row))
    x, y = [j - 0.5, j + 0.5, j + 0.5, j - 0.5], [i - 0.5, i - 0.5, i + 0.5, i + 0.5]
    here = Segments(*(x, y, [*x[1:], x[0]], [*y[1:], y[0]]), widths=[3.5] * 4, colour=CHOSEN)
    marked = replace(chart, marks=[*chart.marks, here])
    return Frame(f"{who}: {_finding(cell)}", [marked], [_diagnosis(cell)])


def _finding(cell: Cell) -> str:
    meaning = MEANINGS.get(cell.status, "")
    said_first = next((printable(x) for x in cell.reason.splitlines() if x.strip()), "")
    return " ".join(part for part in (f"{said(cell.status)}.", meaning, said_first) if part)


def _diagnosis(cell: Cell) -> Table:
    """All that is known of one answer, the judge's reason line by line."""
    facts = {
        "verdict": said(cell.status),
        "error": wording.error(cell.max_error),
        "bound": wording.error(cell.bound),
        "oracle": printable(cell.oracle),
        "parameters": f"{cell.parameters:,}",
    }
    lines = [printable(line) for line in cell.reason.splitlines() if line.strip()]
    facts |= {("reason" if i == 0 else f"reason, line {i + 1}"): x for i, x in enumerate(lines)}
    return Table(
        f"Diagnosis of {shown(cell.label)} on {shown(_row(cell))}",
        {"what": list(facts), "finding": list(facts.values())},
    )

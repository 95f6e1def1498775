"""Several runs beside the first: its times, and each other run's over them, one row per cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradparity.results.tables import comparison_document
from gradparity.results.tables.comparison_words import groups
from gradparity.results.times.comparison import COLUMNS, NOTE, Comparison, counts, mean_ratio
from gradparity.results.words import csv_cells, wording
from gradparity.results.words.wording import NONE

Name = tuple[str, str, str, str]


def rows(comparisons: Sequence[Comparison]) -> list[dict[str, str]]:
    """Return a row of words for each cell that any of the runs has.

    comparisons: each of one run, as `after`, with the same first run, as `before`.
    """
    first = comparisons[0].before.id
    found: dict[Name, dict[str, str]] = {}
    for comparison in comparisons:
        for setting, cells in groups(comparison.rows).items():
            for cell in cells:
                name = (setting, cell["problem"], cell["size"], cell["backend"])
                row = found.setdefault(name, {first: NONE})
                if cell["before"] != NONE:
                    row[first] = cell["before"]
                row[comparison.after.id] = _ratio(cell)
    runs = [first, *(comparison.after.id for comparison in comparisons)]
    return [
        {
            **dict(zip(("asked", "problem", "size", "backend"), name, strict=True)),
            **{run: row.get(run, NONE) for run in runs},
        }
        for name, row in found.items()
    ]


def _ratio(cell: dict[str, str]) -> str:
    """Write "1.05× [1.01, 1.09]", a tie without its interval; the word of what was not timed."""
    if cell["ratio"] == NONE:
        return cell["change"]
    tie = "tie" in cell["ratio"] or cell["ratio interval"] == NONE
    return cell["ratio"] if tie else f"{cell['ratio']} {cell['ratio interval']}"


def notes(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the lines under the table: what differs between the runs, and how each sums up."""
    first = comparisons[0].before.id
    lines = [f"Times of {first}, then each run's over them; above 1 is slower. [95 % interval]"]
    for comparison in comparisons:
        changes = ", ".join(f"{n} {word}" for word, n in counts(comparison.rows).items())
        mean = mean_ratio(comparison.rows)
        told = "" if mean is None else f"; geometric mean {wording.number(mean)}×"
        lines.append(wording.printable(f"{comparison.after.id}: {changes}{told}"))
        lines += [
            wording.printable(f"{comparison.after.id}, {one.line()}")
            for one in comparison.differences
        ]
    return [*lines, NOTE]


def documents(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return {"first", "comparisons"}: the first run's id, and a document for each other one."""
    told = [comparison_document.document(one) for one in comparisons]
    return {"first": comparisons[0].before.id, "comparisons": told}


def to_csv(comparisons: Sequence[Comparison]) -> str:
    """Return the rows of all comparisons as CSV, "run" saying whose they are."""
    return csv_cells.to_csv(
        ["run", *COLUMNS],
        (
            [comparison.after.id, *row.columns().values()]
            for comparison in comparisons
            for row in comparison.rows
        ),
    )

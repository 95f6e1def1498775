"""A comparison as data for other programs: JSON and CSV."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gradparity.results.times.comparison import COLUMNS, NOTE, Comparison
from gradparity.results.words import csv_cells, json_values


def document(comparison: Comparison) -> dict[str, Any]:
    """Return {"before", "after", "note", "differences", "rows"}; see `compare`."""
    return {
        "before": asdict(comparison.before),
        "after": asdict(comparison.after),
        "note": NOTE,
        "differences": [asdict(found) for found in comparison.differences],
        "rows": [row.columns() for row in comparison.rows],
    }


def to_json(comparison: Comparison) -> str:
    """Return the document as strict JSON."""
    return json_values.to_json(document(comparison))


def to_csv(comparison: Comparison) -> str:
    """Return the rows as CSV, headed by their keys; None is an empty field."""
    return csv_cells.to_csv(COLUMNS, (list(row.columns().values()) for row in comparison.rows))

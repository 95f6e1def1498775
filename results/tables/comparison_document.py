"""A comparison as data for other programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

from gradparity.results.times.comparison import COLUMNS, NOTE, Comparison
from gradparity.results.words.json_values import in_json


def to_json(comparison: Comparison) -> str:
    """Return {"before", "after", "note", "differences", "rows"} as strict JSON; see `compare`."""
    document = {
        "before": asdict(comparison.before),
        "after": asdict(comparison.after),
        "note": NOTE,
        "differences": [asdict(found) for found in comparison.differences],
        "rows": [row.columns() for row in comparison.rows],
    }
    return json.dumps(in_json(document), allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def to_csv(comparison: Comparison) -> str:
    """Return the rows as CSV, headed by their keys; None is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(row.columns().values() for row in comparison.rows)
    return out.getvalue()

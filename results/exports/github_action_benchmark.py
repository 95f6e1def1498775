"""The JSON that github-action-benchmark reads as its tool "customSmallerIsBetter".

    - uses: benchmark-action/github-action-benchmark@v1
      with:
        tool: customSmallerIsBetter
        output-file-path: gradparity.json

Its charts join what has the same name over time, so that names and the unit never change with the
figures. Cells without a time have no entry.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.exports.case_name import cell_name
from gradparity.results.records.record import Cell, Run
from gradparity.results.times import statistics
from gradparity.results.words.json_values import to_json


def export(run: Run, cells: Sequence[Cell]) -> str:
    """Return [{"name", "unit", "value", "range", "extra"}], values in nanoseconds per call.

    value is the median; range how far its interval reaches to the longer side.
    """
    found = [entry for cell in cells if (entry := _entry(run, cell)) is not None]
    return to_json(found)


def _entry(run: Run, cell: Cell) -> dict[str, str | float] | None:
    time = statistics.time(cell.samples)
    if time is None:
        return None
    reach = max(time.high - time.estimate, time.estimate - time.low)
    extra = [
        f"status: {cell.status}",
        f"parameters: {cell.parameters}",
        f"samples: {len(cell.samples)}",
        f"run: {run.id}",
        f"cpu: {run.environment.cpu or 'unknown'}",
    ]
    return {
        "name": cell_name(cell),
        "unit": "ns",
        "value": time.estimate * 1e9,
        "range": f"± {reach * 1e9:.4g}",
        "extra": "\n".join(extra),
    }

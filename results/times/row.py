"""One flat row per cell: what was asked, what came out, and the statistics of its samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradparity.results.records.record import Cell, Run
from gradparity.results.times import statistics

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
Key = tuple[Any, ...]


def case(cell: Cell) -> Key:
    """Return what cells must share to be compared: problem, size, operator and setting."""
    return (cell.problem, cell.size, cell.operator, cell.dtype, cell.device, cell.threads)


def rows(run: Run, cells: Sequence[Cell]) -> list[Row]:
    """Return one dict per cell, in order.

    Times are in seconds, per call; `samples` is the list of them. low_s and high_s are the 95 %
    interval of the median (below 6 samples the range, see `statistics`). ratio is the time over
    that of the portable cell of the run's reference backend in the same rounds, None if either
    was not timed; the reference itself has 1. p_value is that of ratio = 1, adjusted by Holm's
    method for the rows of the run. over_forward is the time over that of the loss alone, where the
    run has that too; the two were not paired. noise is what a second copy of the reference took,
    over it. cpu_per_wall is in cores. outliers are samples beyond Tukey's fences; all are kept.
    """
    references = {
        case(cell): cell
        for cell in cells
        if cell.backend == run.reference and cell.variant == "portable"
    }
    forward = {_subject(cell): cell for cell in cells if cell.operator == "value"}
    found = [_row(cell, references.get(case(cell)), forward.get(_subject(cell))) for cell in cells]
    adjusted = statistics.holm([row["p_value"] for row in found])
    return [row | {"p_value": p} for row, p in zip(found, adjusted, strict=True)]


def _subject(cell: Cell) -> Key:
    """Return what the operators of one subject share."""
    setting = (cell.dtype, cell.device, cell.threads)
    return (cell.problem, cell.size, cell.backend, cell.variant, *setting)


def _row(cell: Cell, reference: Cell | None, forward: Cell | None) -> Row:
    time = statistics.time(cell.samples)
    ratio = statistics.ratio(cell.samples, reference.samples) if reference else None
    rival = reference if reference is not cell else None
    p_value = statistics.p_value(cell.samples, rival.samples) if rival else None
    alone = statistics.time(forward.samples) if forward else None
    noise = statistics.ratio(cell.control, cell.samples)
    return {
        "problem": cell.problem,
        "size": cell.size,
        "parameters": cell.parameters,
        "backend": cell.backend,
        "variant": cell.variant,
        "operator": cell.operator,
        "dtype": cell.dtype,
        "device": cell.device,
        "status": cell.status,
        "reason": cell.reason,
        "max_error": cell.max_error,
        "prepare_s": cell.prepare_s,
        "first_s": cell.first_s,
        "median_s": time.estimate if time else None,
        "low_s": time.low if time else None,
        "high_s": time.high if time else None,
        "ratio": ratio.estimate if ratio else None,
        "ratio_low": ratio.low if ratio else None,
        "ratio_high": ratio.high if ratio else None,
        "cpu_per_wall": statistics.cpu_per_wall(cell.samples),
        "samples": [sample.seconds for sample in cell.samples],
        "threads": cell.threads,
        "bound": cell.bound,
        "oracle": cell.oracle,
        "calls": sum(sample.calls for sample in cell.samples),
        "outliers": statistics.outliers(cell.samples),
        "processes": len({sample.process for sample in cell.samples}),
        "p_value": p_value,
        "seconds_per_parameter": time.estimate / cell.parameters if time else None,
        "over_forward": time.estimate / alone.estimate if time and alone else None,
        "peak_bytes": cell.peak_bytes,
        "noise": noise.estimate if noise else None,
        "counters": cell.counters,
    }


def frame(run: Run, cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the same as a pandas DataFrame without the samples; missing figures are NaN."""
    import pandas as pd  # slow to import

    found = [{name: row[name] for name in row if name != "samples"} for row in rows(run, cells)]
    columns = [name for name in COLUMNS if name != "samples"]
    table = pd.DataFrame(found, columns=columns)
    return table.astype({name: "float64" for name in columns if name in FIGURES})


FIGURES = frozenset(
    [
        *("max_error", "bound", "prepare_s", "first_s", "median_s", "low_s", "high_s"),
        *("ratio", "ratio_low", "ratio_high", "cpu_per_wall", "p_value", "noise"),
        *("seconds_per_parameter", "over_forward", "peak_bytes"),
    ]
)
_NOTHING = Cell("", "", 0, "", "", "", "", "", 0, "")

COLUMNS = tuple(_row(_NOTHING, None, None))
"""The keys of a row, in order."""

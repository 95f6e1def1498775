"""One flat row per cell: what was asked, what came out, and the statistics of its samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from gradparity.results.records.record import Cell, Run
from gradparity.results.times import statistics
from gradparity.results.times.reference import Key, case, references
from gradparity.results.times.statistics import Interval, PairedRatio

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Row:
    """A cell with the statistics of its samples; in this order the columns of a file or frame.

    problem to reason, and what is not named here: as in `Cell`.
    max_error, bound: multiples of what rounding does to the number; None if it was not judged.
    prepare_s, first_s: seconds of prepare and of the first call.
    median_s: seconds per call. low_s, high_s: the ends of its 95 % interval (below 6 samples of
        their range, see `statistics`). None if it was not timed, as all that follows from times.
    ratio, ratio_low, ratio_high: the time over that of the portable cell of `reference` in the same
        rounds, with its interval; None if it was not timed. The reference itself has 1.
    cpu_per_wall: cores that worked. samples: seconds per call, of each sample.
    calls: in all samples together. outliers: samples beyond Tukey's fences; all are kept.
    processes: how many were sampled.
    p_value: of ratio = 1, 0 to 1, adjusted by Holm's method for the rows of the run.
    seconds_per_parameter: the median over the number of parameters.
    over_forward: the time over that of the loss alone, where the run has that too; the two were not
        paired.
    peak_bytes: bytes that the first call added to the process's memory.
    noise: what a second copy of the reference took, over it.
    counters: figures of the prepared operator, by name.
    reference: the backend that `ratio` refers to: the run's, or where that has no time the next
        in order; "" if there is no ratio.
    machine: of a cluster, where the workload was timed; "" for the run's own.
    """

    problem: str
    size: str
    parameters: int
    backend: str
    variant: str
    operator: str
    dtype: str
    device: str
    status: str
    reason: str
    max_error: float | None
    prepare_s: float | None
    first_s: float | None
    median_s: float | None
    low_s: float | None
    high_s: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    cpu_per_wall: float | None
    samples: tuple[float, ...]
    threads: int
    bound: float | None
    oracle: str
    calls: int
    outliers: int
    processes: int
    p_value: float | None
    seconds_per_parameter: float | None
    over_forward: float | None
    peak_bytes: int | None
    noise: float | None
    counters: dict[str, int | float]
    reference: str
    machine: str

    def columns(self) -> dict[str, Any]:
        """Return every figure by its column's name, in the order of the columns."""
        return {name: getattr(self, name) for name in KINDS}


KINDS = {field.name: str(field.type) for field in fields(Row)}
"""The columns, in order, each with its type as it is written above."""

FIGURES = tuple(name for name, kind in KINDS.items() if kind.endswith("| None"))
"""Columns of numbers that may be missing."""

_FROM_CELL = {field.name for field in fields(Cell)} & KINDS.keys() - {"samples", "machine"}


def rows(run: Run, cells: Sequence[Cell]) -> list[Row]:
    """Return one row per cell, in order."""
    held = references(run, cells)
    forward = {_subject(cell): cell for cell in cells if cell.operator == "value"}
    times = statistics.times([cell.samples for cell in cells])
    timed = {id(cell): time for cell, time in zip(cells, times, strict=True)}
    pairs = [(cell, held.get(case(cell))) for cell in cells]
    ratios = statistics.ratios([(cell.samples, of.samples if of else ()) for cell, of in pairs])
    found = []
    for (cell, reference), time, ratio in zip(pairs, times, ratios, strict=True):
        value = forward.get(_subject(cell))
        alone = None if value is None else timed[id(value)]
        found.append(_row(cell, time, ratio, reference, alone))
    adjusted = statistics.holm([row.p_value for row in found])
    return [replace(row, p_value=p) for row, p in zip(found, adjusted, strict=True)]


def _subject(cell: Cell) -> Key:
    """Return what the operators of one subject share."""
    setting = (cell.dtype, cell.device, cell.threads)
    return (cell.problem, cell.size, cell.backend, cell.variant, *setting)


def _row(
    cell: Cell,
    time: Interval | None,
    ratio: PairedRatio | None,
    reference: Cell | None,
    alone: Interval | None,
) -> Row:
    """alone: the time of the loss alone."""
    over = ratio.interval if ratio else None
    return Row(
        **{name: getattr(cell, name) for name in _FROM_CELL},
        median_s=time.estimate if time else None,
        low_s=time.low if time else None,
        high_s=time.high if time else None,
        ratio=over.estimate if over else None,
        ratio_low=over.low if over else None,
        ratio_high=over.high if over else None,
        cpu_per_wall=statistics.cpu_per_wall(cell.samples),
        samples=tuple(sample.seconds for sample in cell.samples),
        calls=sum(sample.calls for sample in cell.samples),
        outliers=statistics.outliers(cell.samples),
        processes=len({sample.process for sample in cell.samples}),
        p_value=ratio.p_value if ratio and reference is not cell else None,
        seconds_per_parameter=time.estimate / cell.parameters if time else None,
        over_forward=time.estimate / alone.estimate if time and alone else None,
        noise=statistics.ratio_estimate(cell.control, cell.samples),
        reference=reference.backend if reference and ratio else "",
        machine=cell.machine or "",
    )


def frame(run: Run, cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the rows as a pandas DataFrame without the samples; missing figures are NaN."""
    import pandas as pd  # slow to import

    columns = [name for name in KINDS if name != "samples"]
    table = pd.DataFrame([row.columns() for row in rows(run, cells)], columns=columns)
    return table.astype(dict.fromkeys(FIGURES, "float64"))

"""What stands under a table: what its figures mean, how they were measured, and what failed why."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.records.record import Cell, Run
from gradparity.results.times import arrays, noise
from gradparity.results.times.reference import overall, stand_ins
from gradparity.results.times.summary import summaries
from gradparity.results.words import wording
from gradparity.results.words.display import printable


def interval_name(cells: Sequence[Cell]) -> str:
    """Name the interval: with fewer than 6 samples it is no 95 % interval, but the range."""
    counts = {len(cell.samples) for cell in cells if cell.samples}
    if not counts or min(counts) >= 6:
        return "95 % interval"
    return "range" if max(counts) < 6 else "interval"


def legend(run: Run, cells: Sequence[Cell]) -> list[str]:
    """Return the lines under a table."""
    lines = []
    if run.status != "finished":
        lines.append(f"run {run.id}: {run.status}; these are the cells stored so far")
    timed = [cell for cell in cells if cell.samples]
    if timed:
        counts = [len(cell.samples) for cell in timed]
        rounds = arrays.distinct([cell.samples for cell in timed], "round")
        lines += [
            f"median: wall time per call, over {_span(rounds)} rounds of warm calls "
            f"({_span(counts)} samples a row). {_intervals(timed)}",
            f"{over(run, cells)}: above 1 is slower; in the same round, median over rounds. "
            "Where its interval holds 1 it is a tie.",
            *_stand_ins(run, cells),
            "Bold or *: the fastest of its group, and all that tie with it. "
            "cpu/wall: how many cores worked.",
        ]
        found = noise.floor(cells)
        lines += [found.line()] if found else []
        far = sum(arrays.outliers([cell.samples for cell in timed]))
        lines.append(
            f"outliers: {far} of {sum(counts)} samples beyond Tukey's fences; all are kept."
        )
        lines += _in_all(run, cells)
    if any(cell.max_error is not None for cell in cells):
        lines.append(
            "error: the largest error against the oracle, relative to the number and how far "
            "rounding alone moves it."
        )
    return lines + _failures(cells)


def over(run: Run, cells: Sequence[Cell]) -> str:
    """Name what the ratios are: "time / numpy's"."""
    return f"time / {printable(overall(run, cells))}'s"


def _stand_ins(run: Run, cells: Sequence[Cell]) -> list[str]:
    """Say where the run's reference has no time, and to whom ratios are there."""
    lines = []
    for backend, where in stand_ins(run, cells).items():
        alone = backend == overall(run, cells)
        at, there = ("", "") if alone else (f" on {_where(where)}", " there")
        absent, other = printable(run.reference), printable(backend)
        lines.append(f"{absent} has no time{at}: ratios{there} are to {other}'s.")
    return lines


def _in_all(run: Run, cells: Sequence[Cell]) -> list[str]:
    """Sum every backend up, if there is more than one case."""
    lines = []
    for found in summaries(run, cells):
        if found.cases > 1:
            lines.append(
                f"In all, {printable(found.backend)} / {printable(overall(run, cells))}: "
                f"{_ratio(found.mean)} (geometric mean of {found.cases} cases, each backend by its "
                f"faster row; from {_ratio(found.low)} on {printable(found.low_at)} to "
                f"{_ratio(found.high)} on {printable(found.high_at)})."
            )
    return lines


def _ratio(ratio: float) -> str:
    return f"{wording.number(ratio)}×"


def _span(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low}–{high}"


def _intervals(timed: Sequence[Cell]) -> str:
    counts = [len(cell.samples) for cell in timed]
    processes = arrays.distinct([cell.samples for cell in timed], "process")
    if min(processes) > 1:
        return (
            f"Interval: 95 %, by the bootstrap over {_span(processes)} processes a row and their "
            "samples."
        )
    exact = "Interval: 95 % or more, by order statistics, of any distribution"
    if min(counts) >= 6:
        return exact + "."
    if max(counts) >= 6:
        return exact + "; below 6 samples the range, which is less sure."
    return "The range stands for an interval: below 6 samples there is none of 95 %."


def _failures(cells: Sequence[Cell]) -> list[str]:
    """Write every reason in full, once for all the rows that share it."""
    found: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        if cell.status != "ok" or cell.reason:
            found.setdefault((_who(cell), cell.status, cell.reason), []).append(cell)
    lines = []
    for (who, status, reason), members in found.items():
        said = wording.status(status)
        lines.append(f"{who}, {_where(members)}: {said}")
        # The reason may be several lines, such as the two numbers of a wrong gradient.
        lines += [f"    {printable(part)}" for part in reason.splitlines() if part.strip()]
    return ["", *lines] if lines else []


def _who(cell: Cell) -> str:
    return printable(cell.label)


def _where(members: Sequence[Cell]) -> str:
    if len(members) > 3:
        return f"{len(members)} rows"
    return "; ".join(
        printable(f"{cell.problem} {cell.size} ({cell.operator}, {cell.dtype})") for cell in members
    )

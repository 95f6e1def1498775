"""The picture of the times: how they grow with the parameters, and where backends cross."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradparity.results.colours.backends import style
from gradparity.results.pictures.growth import DrawnPoint, Scale, growth_figure, nothing
from gradparity.results.pictures.time_layout import count, in_seconds
from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.legend import interval_name
from gradparity.results.times import statistics
from gradparity.results.times.reference import Key, case
from gradparity.results.times.scaling import Crossover, crossovers
from gradparity.results.words import wording

SIDE_BY_SIDE = 3
"""So many crossovers are marked in a panel, those of the smallest sizes."""

FAILURES = 4
"""So many are named in a panel."""

Mark = Callable[[Axes], None]


def main_setting(cells: Sequence[Cell]) -> str | None:
    """Choose the setting to draw: of those with times gradient before value, float64 before 32.

    A picture with all settings in one would hide each behind the others.
    """
    timed = {cell.setting: cell for cell in cells if cell.samples}
    if not timed:
        return None
    return min(
        timed,
        key=lambda name: (
            timed[name].operator != "gradient",
            timed[name].dtype != "float64",
            timed[name].threads,
            name,
        ),
    )


def time_figure(run: Run, cells: Sequence[Cell]) -> Figure:
    """Return the figure; where two backends cross is a ring at the size, with who leads from it."""
    chosen = main_setting(cells)
    if chosen is None:
        return nothing("no cell of this run was timed")
    timed = [cell for cell in cells if cell.samples and cell.setting == chosen]
    others = len({cell.setting for cell in cells if cell.samples}) - 1
    more = f" {others} more settings in the table." if others else ""
    marks: dict[str, list[Mark]] = {}
    for cell in cells:
        if cell.setting == chosen and not cell.samples:
            found = marks.setdefault(cell.problem, [])
            if len(found) < FAILURES:
                found.append(_failure(cell, len(found)))
    crossed = _crossings(timed)
    for problem, some in crossed.items():
        of_problem = [cell for cell in timed if cell.problem == problem]
        marks.setdefault(problem, []).extend(_crossing(one, of_problem) for one in some)
    rings = " Ring: from here on the one named is the faster." if crossed else ""
    under = f"run {run.id}: {chosen}. Median of warm calls; band: {interval_name(timed)}.{more}"
    scale = Scale("time per call", in_seconds)
    return growth_figure(points(timed), scale, _finding(timed), under + rings, marks)


def points(cells: Sequence[Cell]) -> list[DrawnPoint]:
    """Return the median time of each cell, seconds per call, with its interval."""
    times = statistics.times([cell.samples for cell in cells])
    return [
        DrawnPoint(cell, time.estimate, time.low, time.high)
        for cell, time in zip(cells, times, strict=True)
        if time is not None
    ]


def _finding(timed: Sequence[Cell]) -> str:
    """Say who is fastest how often; a tie counts for all that tie."""
    members: dict[Key, list[Cell]] = {}
    for cell in timed:
        members.setdefault(case(cell), []).append(cell)
    wins: dict[str, int] = {}
    for group in members.values():
        best = statistics.fastest([cell.samples for cell in group])
        for backend in {group[i].backend for i in best}:
            wins[backend] = wins.get(backend, 0) + 1
    ordered = sorted(wins.items(), key=lambda win: (-win[1], win[0]))
    told = ", ".join(
        f"{backend} in {won} of {len(members)} cases" if place == 0 else f"{backend} in {won}"
        for place, (backend, won) in enumerate(ordered)
    )
    return f"Fastest or tied: {told}"


def _crossings(timed: Sequence[Cell]) -> dict[str, list[Crossover]]:
    """The crossovers of each problem at which the lead changes, smallest size first."""
    found: dict[str, dict[str, Crossover]] = {}
    for first, second in combinations(dict.fromkeys(cell.label for cell in timed), 2):
        for one in crossovers(timed, first, second):
            if one.estimate is None or _leader(timed, one) != one.after:
                continue
            of_problem = found.setdefault(one.problem, {})
            last = of_problem.get(one.after)
            # It leads from where it has overtaken the last of the others.
            if last is None or last.estimate is None or last.estimate < one.estimate:
                of_problem[one.after] = one
    return {
        problem: sorted(some.values(), key=lambda one: one.estimate or 0.0)[:SIDE_BY_SIDE]
        for problem, some in found.items()
    }


def _leader(timed: Sequence[Cell], found: Crossover) -> str:
    """Return who has the smallest median at the size after a crossover."""
    there = [c for c in timed if (c.problem, c.parameters) == (found.problem, found.largest)]
    return min(there, key=lambda cell: statistics.center(cell.samples)).label


def _crossing(found: Crossover, of_problem: Sequence[Cell]) -> Mark:
    """Mark where two curves meet, on the line of the one that is overtaken."""
    ladder = sorted(
        (math.log(cell.parameters), math.log(statistics.center(cell.samples)))
        for cell in of_problem
        if cell.label == found.before
    )
    at = found.estimate or 1.0
    sizes, times = zip(*ladder, strict=True)
    height = math.exp(np.interp(math.log(at), sizes, times))

    def draw(axes: Axes) -> None:
        axes.plot([at], [height], marker="o", ms=10, mfc="none", mec="#111111", mew=1.1, zorder=6)
        axes.annotate(
            f"{found.after} from {count(at)}",
            (at, height),
            xytext=(0, -8),
            textcoords="offset points",
            ha="center",
            va="top",
            size=7.5,
            color="#222222",
        )

    return draw


def _failure(cell: Cell, before: int) -> Mark:
    """Name in a panel what has no point there, under those before it."""

    def draw(axes: Axes) -> None:
        axes.annotate(
            f"{cell.label}: {wording.status(cell.status)} at {count(cell.parameters)}",
            (0, 1),
            xycoords="axes fraction",
            xytext=(4, -4 - 10 * before),
            textcoords="offset points",
            va="top",
            size=7.5,
            color=style(cell.backend).colour,
        )

    return draw

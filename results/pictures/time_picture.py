"""The picture of the times: how they grow with the parameters, one panel per problem."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from gradparity.results.colours.backends import style
from gradparity.results.pictures.time_layout import (
    Who,
    columns,
    count,
    in_seconds,
    panels,
    surround,
)
from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.legend import interval_name
from gradparity.results.times import statistics
from gradparity.results.times.reference import Key, case
from gradparity.results.words import wording


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
    """Return the figure: a log-log panel per problem of several sizes, the others in one panel."""
    chosen = main_setting(cells)
    if chosen is None:
        figure = Figure(figsize=(6, 2))
        figure.text(0.5, 0.5, "no cell of this run was timed", ha="center", va="center")
        return figure
    timed = [cell for cell in cells if cell.samples and cell.setting == chosen]
    by_problem: dict[str, list[Cell]] = {}
    for cell in timed:
        by_problem.setdefault(cell.problem, []).append(cell)
    grown = {problem: found for problem, found in by_problem.items() if _grows(found)}
    single = _rows([cell for cell in timed if cell.problem not in grown])
    figure, lines, dots = panels(len(grown), list(single))
    shared = _limits([cell for found in grown.values() for cell in found])
    for number, (axes, (problem, found)) in enumerate(zip(lines, grown.items(), strict=True)):
        _lines(axes, problem, found)
        _failures(axes, [c for c in cells if c.problem == problem and _lost(c, chosen)])
        axes.set_ylim(*shared)
        if number % columns(len(grown)):
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel("time per call")
        if number + columns(len(grown)) >= len(grown):
            axes.set_xlabel("parameters")
    if dots is not None:
        _dots(dots, single)
    whos = list(dict.fromkeys((cell.backend, cell.variant) for cell in timed))
    others = len({cell.setting for cell in cells if cell.samples}) - 1
    more = f" {others} more settings in the table." if others else ""
    under = f"run {run.id}: {chosen}. Median of warm calls; band: {interval_name(timed)}.{more}"
    surround(figure, _finding(timed), under, whos)
    return figure


def _grows(found: list[Cell]) -> bool:
    counts = {cell.parameters for cell in found}
    return len(counts) > 1 and min(counts) > 0


def _rows(found: list[Cell]) -> dict[str, list[Cell]]:
    """Group by problem, and by size where a problem grows in its data alone."""
    sizes: dict[str, set[str]] = {}
    for cell in found:
        sizes.setdefault(cell.problem, set()).add(cell.size)
    rows: dict[str, list[Cell]] = {}
    for cell in found:
        several = len(sizes[cell.problem]) > 1
        rows.setdefault(f"{cell.problem} {cell.size}" if several else cell.problem, []).append(cell)
    return rows


def _lost(cell: Cell, chosen: str) -> bool:
    return cell.setting == chosen and not cell.samples


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


def _lines(axes: Axes, problem: str, found: list[Cell]) -> None:
    by_who: dict[Who, list[Cell]] = {}
    for cell in found:
        by_who.setdefault((cell.backend, cell.variant), []).append(cell)
    for who, members in by_who.items():
        members.sort(key=lambda cell: cell.parameters)
        x = [cell.parameters for cell in members]
        times = [time for cell in members if (time := statistics.time(cell.samples)) is not None]
        look = style(*who)
        axes.fill_between(
            x, [t.low for t in times], [t.high for t in times], color=look.colour, alpha=0.2, lw=0
        )
        axes.plot(
            x,
            [t.estimate for t in times],
            color=look.colour,
            linestyle=look.dash,
            marker=look.marker,
            markerfacecolor=look.colour if look.filled else "white",
            markersize=4.5,
            linewidth=1.4,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(problem)
    ticks = _apart(sorted({cell.parameters for cell in found}))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(ticks, [count(tick) for tick in ticks])
    in_seconds(axes.yaxis)


def _apart(sizes: list[int]) -> list[int]:
    """Keep the sizes whose labels do not touch on a logarithmic axis; the ends always."""
    span = math.log(sizes[-1] / sizes[0])
    kept = [sizes[0]]
    for size in sizes[1:-1]:
        if min(math.log(size / kept[-1]), math.log(sizes[-1] / size)) > 0.14 * span:
            kept.append(size)
    return [*kept, sizes[-1]]


def _failures(axes: Axes, failed: list[Cell]) -> None:
    """Name in a panel what has no point there."""
    for number, cell in enumerate(failed[:4]):
        axes.annotate(
            f"{cell.label}: {wording.status(cell.status)} at {count(cell.parameters)}",
            (0, 1),
            xycoords="axes fraction",
            xytext=(4, -4 - 10 * number),
            textcoords="offset points",
            va="top",
            size=7.5,
            color=style(cell.backend).colour,
        )


def _dots(axes: Axes, single: dict[str, list[Cell]]) -> None:
    """One line per problem, a dot per backend, the interval as a bar."""
    names = list(single)
    for row, members in enumerate(single.values()):
        for cell in members:
            time = statistics.time(cell.samples)
            if time is None:
                continue
            look = style(cell.backend, cell.variant)
            axes.plot([time.low, time.high], [row, row], color=look.colour, lw=2.2, alpha=0.5)
            axes.plot(
                [time.estimate],
                [row],
                color=look.colour,
                marker=look.marker,
                markerfacecolor=look.colour if look.filled else "white",
                markersize=6.5,
            )
    axes.set_xscale("log")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_title("problems with one number of parameters")
    axes.set_xlabel("time per call")
    low, high = _limits([cell for found in single.values() for cell in found])
    axes.set_xlim(low, high)
    in_seconds(axes.xaxis)


def _limits(cells: list[Cell]) -> tuple[float, float]:
    times = [time for cell in cells if (time := statistics.time(cell.samples)) is not None]
    if not times:
        return 1e-6, 1.0
    return max(min(t.low for t in times), 1e-10) / 1.6, max(t.high for t in times) * 1.6

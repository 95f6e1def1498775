"""A figure of anything that grows: a panel per problem, a line per backend, against parameters.

Problems of one size have no line; they stand in a panel of their own, a dot per backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from gradparity.results.colours.backends import style
from gradparity.results.pictures.time_layout import Who, Words, columns, count, panels, surround
from gradparity.results.records.record import Cell


@dataclass(frozen=True, slots=True)
class DrawnPoint:
    """A figure of a cell with its interval, in the unit of the axis; all above 0."""

    cell: Cell
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Scale:
    """The axis of the figure. name: with its unit; ticks: sets locator and formatter.

    one: where a ratio is 1, drawn as a line.
    """

    name: str
    ticks: Callable[[Any], None]
    one: bool = False


Marks = Mapping[str, Sequence[Callable[[Axes], None]]]
"""What else is drawn in the panel of a problem."""


def growth_figure(
    points: Sequence[DrawnPoint], scale: Scale, title: str, under: str, marks: Marks | None = None
) -> Figure:
    """Return the figure: a log-log panel per problem of several sizes, the others in one panel."""
    by_problem: dict[str, list[DrawnPoint]] = {}
    for point in points:
        by_problem.setdefault(point.cell.problem, []).append(point)
    grown = {problem: found for problem, found in by_problem.items() if _grows(found)}
    single = _rows([point for point in points if point.cell.problem not in grown])
    words = Words(title, under, list(dict.fromkeys(_who(point.cell) for point in points)))
    figure, lines, dots = panels(len(grown), list(single), words)
    shared = _limits([point for found in grown.values() for point in found])
    across = columns(len(grown))
    for number, (axes, (problem, found)) in enumerate(zip(lines, grown.items(), strict=True)):
        _lines(axes, problem, found, scale)
        axes.set_ylim(*shared)
        scale.ticks(axes.yaxis)
        for mark in (marks or {}).get(problem, ()):
            mark(axes)
        if number % across:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel(scale.name)
        if number + across >= len(grown):
            axes.set_xlabel("parameters")
    if dots is not None:
        _dots(dots, single, scale)
    surround(figure, words)
    return figure


def nothing(words: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = Figure(figsize=(6, 2))
    figure.text(0.5, 0.5, words, ha="center", va="center")
    return figure


def _who(cell: Cell) -> Who:
    return cell.backend, cell.variant


def _grows(found: list[DrawnPoint]) -> bool:
    counts = {point.cell.parameters for point in found}
    return len(counts) > 1 and min(counts) > 0


def _rows(found: list[DrawnPoint]) -> dict[str, list[DrawnPoint]]:
    """Group by problem, and by size where a problem grows in its data alone."""
    sizes: dict[str, set[str]] = {}
    for point in found:
        sizes.setdefault(point.cell.problem, set()).add(point.cell.size)
    rows: dict[str, list[DrawnPoint]] = {}
    for point in found:
        cell = point.cell
        name = f"{cell.problem} {cell.size}" if len(sizes[cell.problem]) > 1 else cell.problem
        rows.setdefault(name, []).append(point)
    return rows


def _lines(axes: Axes, problem: str, found: list[DrawnPoint], scale: Scale) -> None:
    by_who: dict[Who, list[DrawnPoint]] = {}
    for point in found:
        by_who.setdefault(_who(point.cell), []).append(point)
    if scale.one:
        axes.axhline(1.0, color="#555555", lw=1.0, zorder=1)
    for who, members in by_who.items():
        members.sort(key=lambda point: point.cell.parameters)
        x = [point.cell.parameters for point in members]
        look = style(*who)
        axes.fill_between(
            x, [p.low for p in members], [p.high for p in members],
            color=look.colour, alpha=0.2, lw=0,
        )  # fmt: skip
        axes.plot(
            x,
            [p.estimate for p in members],
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
    ticks = _apart(sorted({point.cell.parameters for point in found}))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(ticks, [count(tick) for tick in ticks])


def _apart(sizes: list[int]) -> list[int]:
    """Keep the sizes whose labels do not touch on a logarithmic axis; the ends always."""
    span = math.log(sizes[-1] / sizes[0])
    kept = [sizes[0]]
    for size in sizes[1:-1]:
        if min(math.log(size / kept[-1]), math.log(sizes[-1] / size)) > 0.14 * span:
            kept.append(size)
    return [*kept, sizes[-1]]


def _dots(axes: Axes, single: dict[str, list[DrawnPoint]], scale: Scale) -> None:
    """One line per problem, a dot per backend, the interval as a bar."""
    names = list(single)
    for row, members in enumerate(single.values()):
        for point in members:
            look = style(*_who(point.cell))
            axes.plot([point.low, point.high], [row, row], color=look.colour, lw=2.2, alpha=0.5)
            axes.plot(
                [point.estimate],
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
    axes.set_xlabel(scale.name)
    axes.set_xlim(*_limits([point for found in single.values() for point in found]))
    if scale.one:
        axes.axvline(1.0, color="#555555", lw=1.0, zorder=1)
    scale.ticks(axes.xaxis)


def _limits(points: Sequence[DrawnPoint]) -> tuple[float, float]:
    if not points:
        return 1e-6, 1.0
    return max(min(p.low for p in points), 1e-10) / 1.6, max(p.high for p in points) * 1.6

"""Paths on landscapes: contours of the loss, and where each optimiser went from the same start."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gradparity.results.colours.backends import Style
from gradparity.results.pictures.sheet import (
    CROSS,
    Handle,
    Head,
    Margins,
    columns,
    cross,
    handle,
    line,
    note,
    sheet,
)
from gradparity.results.races import contenders
from gradparity.results.races.contenders import Contender, contender
from gradparity.results.races.targets import escape
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.landscapes import Grid, levels, planar
from gradparity.results.training_pictures.path_words import ends
from gradparity.results.training_pictures.styles import styles_of

PANELS = {1: 4.0, 2: 3.1, 3: 2.6}
"""Inches, by how many panels stand side by side."""

TOGETHER = 4
"""Paths in one panel; more of them hide each other."""

SIZES = (12.0, 9.5, 7.0, 5.0)
"""Points, of the markers at the ends, in the order of drawing: none hides one before it."""

DOTTED = 300
"""A path of more steps has no dots, which would run together."""

GROUND = LinearSegmentedColormap.from_list("ground", ["#FFFFFF", "#EEF2F6", "#D5DEE8"])

START: dict[str, Any] = {
    "marker": "o",
    "markersize": 8,
    "markerfacecolor": "white",
    "markeredgecolor": "#111111",
    "markeredgewidth": 1.6,
    "linestyle": "none",
}
MINIMUM: dict[str, Any] = {
    "marker": "+",
    "markersize": 19,
    "markeredgecolor": "#111111",
    "markeredgewidth": 1.5,
    "linestyle": "none",
}
"""Wider than any marker, so that it is seen behind who has found it."""


def path_figure(descents: Sequence[Descent], grids: Mapping[str, Grid]) -> Figure:
    """Return the figure: panels of a problem show at most four paths each.

    grids: by problem, over the plane that `landscapes.limits` of its paths gives.
    Raises: NothingToDraw if no problem has both paths and a grid.
    """
    paths = {name: made for name, made in planar(descents).items() if name in grids}
    if not paths:
        raise NothingToDraw("no problem has both paths and a grid")
    groups = {
        name: [made[i : i + _at_once(len(made))] for i in range(0, len(made), _at_once(len(made)))]
        for name, made in paths.items()
    }
    panels = [(name, part) for name, parts in groups.items() for part in parts]
    rows = _rows(list(map(len, groups.values())))
    firsts = [sum(rows[:i]) for i in range(len(rows))]
    everything = [descent for made in paths.values() for descent in made]
    everyone = contenders.in_order(contender(descent) for descent in everything)
    looks, names = styles_of(everyone), contenders.labels(everyone)
    ends = [*(handle(looks[who], names[who]) for who in everyone)]
    head = Head(
        _title(paths),
        "Each optimiser at its best rate, from the same start; dots are steps, numbers count them, "
        "the marker is where it ended. " + _spaced(everything),
        [*ends, *_entries(everything, [grids[name] for name in paths])],
    )
    notes = [_out(made, grids[name]) for name, made in panels]
    over = [max(map(len, notes[i : i + n])) for i, n in zip(firsts, rows, strict=True)]
    margins = Margins(left=0.9, between=0.9, rows=0.85)
    figure, axes = sheet(rows, [PANELS[max(rows)]] * len(rows), head, margins, over)
    flat = [panel for row in axes for panel in row]
    for panel, (name, made), told in zip(flat, panels, notes, strict=True):
        _ground(panel, grids[name], any(descent.unbounded for descent in made))
        for place, descent in enumerate(made):
            _path(panel, descent, looks[contender(descent)], SIZES[place])
        note(panel, contenders.short(name), told)
        _arrows(panel, made, looks)
        _numbers(panel, made, looks)
    return figure


def _arrows(axes: Axes, made: Sequence[Descent], looks: Mapping[Contender, Style]) -> None:
    """Show which way each path goes, after a fifth of its way out of the start's surroundings."""
    low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
    for descent in made:
        path = _drawn(axes, descent)
        gone = np.hypot(*((path - path[0]) / (high - low)).T)
        outside = np.flatnonzero(gone > 0.1)
        if not len(outside) or outside[0] == 0:
            continue
        here, there = path[outside[0] - 1], path[outside[0]]
        # The arrow's head stands in the middle of the step, or just out of the start.
        share = min(0.5, 0.15 / float(np.hypot(*((there - here) / (high - low)))))
        tip = here + share * (there - here)
        axes.annotate(
            "",
            xy=tuple(tip),
            xytext=tuple(here + 0.9 * share * (there - here)),
            arrowprops={"arrowstyle": "-|>", "color": looks[contender(descent)].colour, "lw": 1.4},
            annotation_clip=True,
            zorder=7,
        )


def _numbers(axes: Axes, made: Sequence[Descent], looks: Mapping[Contender, Style]) -> None:
    """Number steps 1, 10, 100, ... of each path where they stand apart from all numbers before."""
    low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
    taken: list[Any] = [np.asarray(d.history.path, float)[0] for d in made if d.history is not None]
    for descent in made:
        assert descent.history is not None
        steps = np.asarray(descent.history.steps)
        path = np.asarray(descent.history.path, float)
        for number in (10, 100, 1000, 10_000):
            at = int(np.searchsorted(steps, number))
            if at >= len(path) - 1 or steps[at] != number or not np.all(np.isfinite(path[at])):
                break
            share = (path[at] - low) / (high - low)
            if np.any(share < 0.02) or np.any(share > 0.95):
                continue
            if any(np.max(np.abs((path[at] - one) / (high - low))) < 0.07 for one in taken):
                continue
            taken.append(path[at])
            axes.annotate(
                str(number),
                path[at],
                xytext=(3, 3),
                textcoords="offset points",
                size=7,
                color=looks[contender(descent)].colour,
                zorder=9,
            )


def _spaced(descents: Sequence[Descent]) -> str:
    """Say how the contours are spaced."""
    level = {descent.unbounded for descent in descents}
    even = "Contours are spaced evenly"
    factors = "by equal factors above the lowest point"
    if level == {True}:
        return f"{even}: the loss has no lowest point. Escaped: fallen by max(1, |first loss|)."
    mixed = "; where there is none, evenly." if level == {True, False} else "."
    escape = " Escaped: fallen by max(1, |first loss|)." if True in level else ""
    return f"Contours are spaced {factors}{mixed}{escape}"


def _at_once(paths: int) -> int:
    """Return how many paths share a panel, about as many in each."""
    return -(-paths // -(-paths // TOGETHER))


def _rows(parts: Sequence[int]) -> list[int]:
    """Return how many panels stand in each row: a row per problem, if one has several panels."""
    if max(parts) > 1:
        return [min(3, count - i) for count in parts for i in range(0, count, 3)]
    across = min(3, columns(len(parts)))
    return [min(across, len(parts) - i) for i in range(0, len(parts), across)]


def _title(paths: Mapping[str, Sequence[Descent]]) -> str:
    return "; ".join(f"{contenders.short(name)}: {ends(made)}" for name, made in paths.items())


def _ground(axes: Axes, grid: Grid, unbounded: bool) -> None:
    heights = levels(np.asarray(grid.z, float), unbounded)
    if len(heights) > 1:
        z = np.ma.masked_invalid(np.asarray(grid.z, float))
        shade = np.interp(z.filled(heights[-1]), heights, np.linspace(0, 1, len(heights)))
        # A picture in the picture: filled contours would make the SVG four times as large.
        axes.imshow(
            GROUND(shade),
            extent=(grid.x[0], grid.x[-1], grid.y[0], grid.y[-1]),
            origin="lower",
            aspect="auto",
            interpolation="bilinear",
            zorder=0,
        )
        axes.contour(
            *(grid.x, grid.y, z),
            levels=heights,
            colors="#8FA0B2",
            linewidths=0.5,
            linestyles="solid",
            zorder=1,
        )
    axes.grid(False)
    axes.set_xlim(grid.x[0], grid.x[-1])
    axes.set_ylim(grid.y[0], grid.y[-1])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(grid.names[0])
    axes.set_ylabel(grid.names[1])
    minima = np.asarray(grid.minima, float).reshape(-1, 2)
    axes.plot(minima[:, 0], minima[:, 1], zorder=4, **MINIMUM)


def _path(axes: Axes, descent: Descent, look: Style, size: float) -> None:
    path = _drawn(axes, descent)
    style = line(look)
    dots = {"marker": ".", "markersize": 2.6} if len(path) <= DOTTED else {"marker": None}
    axes.plot(path[:, 0], path[:, 1], zorder=5, **style | dots | {"linewidth": 1.4, "alpha": 0.9})
    if descent.diverged:
        axes.plot(*_exit(axes, path), color=look.colour, zorder=9, clip_on=False, **CROSS)
    else:
        style |= {"linestyle": "none", "markersize": size}
        if look.filled:
            style["markeredgecolor"] = "white"
        else:
            style |= {"markeredgecolor": look.colour, "markerfacecolor": "none"}
            style["markeredgewidth"] = 1.6
        axes.plot(path[-1:, 0], path[-1:, 1], zorder=8, **style)
    axes.plot(path[:1, 0], path[:1, 1], zorder=7, **START)


def _drawn(axes: Axes, descent: Descent) -> Any:
    """Return the iterates that can be told apart in a panel, its first and last among them."""
    assert descent.history is not None
    path = np.asarray(descent.history.path, float)
    path = path[np.all(np.isfinite(path), axis=1)]
    low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
    # Coordinates of 1e300 overflow on the way to pixels; the line leaves the panel long before.
    path = np.clip(path, low - 50 * (high - low), high + 50 * (high - low))
    kept = [0]
    for i in range(1, len(path) - 1):
        if np.max(np.abs(path[i] - path[kept[-1]]) / (high - low)) > 0.004:
            kept.append(i)
    return path[[*kept, len(path) - 1]]


def _exit(axes: Axes, path: Any) -> tuple[list[float], list[float]]:
    """Return where a path leaves the panel, or its last point."""
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    inside = (path[:, 0] >= x0) & (path[:, 0] <= x1) & (path[:, 1] >= y0) & (path[:, 1] <= y1)
    left = np.flatnonzero(inside[:-1] & ~inside[1:])
    if not len(left):
        return [float(path[-1, 0])], [float(path[-1, 1])]
    here, there = path[left[-1]], path[left[-1] + 1]
    # The segment here + s (there - here) meets the edge at the smallest s of the four sides.
    shares = [
        (edge - here[axis]) / (there[axis] - here[axis])
        for axis, edges in ((0, (x0, x1)), (1, (y0, y1)))
        for edge in edges
        if there[axis] != here[axis]
    ]
    share = min((s for s in shares if s >= 0), default=0.0)
    x, y = here + min(share, 1.0) * (there - here)
    return [float(x)], [float(y)]


def _out(made: Sequence[Descent], grid: Grid) -> list[str]:
    """Name the optimisers whose end is not in the panel."""
    names = contenders.labels([contender(descent) for descent in made])
    diverged, outside, escaped = [], [], []
    for descent in made:
        name = names[contender(descent)]
        assert descent.history is not None
        assert descent.history.path is not None
        x, y = descent.history.path[-1]
        if descent.diverged:
            diverged.append(name)
        elif descent.unbounded and math.isfinite(escape(descent).steps):
            escaped.append(f"{name} {escape(descent).steps:,.0f}")
        elif not (grid.x[0] <= x <= grid.x[-1] and grid.y[0] <= y <= grid.y[-1]):
            outside.append(name)
    told = _scale(grid) + ([f"diverged: {', '.join(diverged)}"] if diverged else [])
    told += [f"ended outside: {', '.join(outside)}"] if outside else []
    return told + ([f"escaped at step: {', '.join(escaped)}"] if escaped else [])


def _scale(grid: Grid) -> list[str]:
    """Say how much further one number is drawn than the other, where they have one scale."""
    one, other = (name.partition("[")[0] for name in grid.names)
    if one != other:
        return []
    across, up = float(grid.x[-1] - grid.x[0]), float(grid.y[-1] - grid.y[0])
    stretch = across / up
    if 0.6 < stretch < 1.7:
        return []
    which = grid.names[1] if stretch > 1.0 else grid.names[0]
    return [f"not to scale: {which} is stretched {max(stretch, 1 / stretch):.2g} times"]


def _entries(descents: Sequence[Descent], grids: Sequence[Grid]) -> list[Handle]:
    found: list[Handle] = [Line2D([], [], label="start", **START)]
    if any(np.size(grid.minima) for grid in grids):
        found.append(Line2D([], [], label="minimum", **MINIMUM | {"markersize": 12}))
    if any(descent.diverged for descent in descents):
        found.append(cross())
    return found

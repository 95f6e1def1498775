"""Paths on surfaces: the loss in three dimensions, and where each optimiser went on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.axes3d import Axes3D

from gradparity.results.colours.backends import Style
from gradparity.results.pictures.sheet import ASIDE, TEXT, TITLE, handle, inches, line, wrapped
from gradparity.results.races import contenders
from gradparity.results.races.contenders import contender
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.landscapes import Grid, planar
from gradparity.results.training_pictures.path_words import ends
from gradparity.results.training_pictures.styles import styles_of

PANEL = 4.1
"""Inches, both ways."""

LINES = 40
"""Of the net, both ways: each is a line in the file."""

VIEW = (38.0, -118.0)
"""Degrees above the plane, and around it."""


def surface_figure(descents: Sequence[Descent], grids: Mapping[str, Grid]) -> Figure:
    """Return the figure, a surface per problem.

    The height is log10(1 + (f - least) / (scale)), scale the loss where a tenth of the plane is
    lower: as in the picture of paths, whose contours are spaced by equal factors.
    Raises: NothingToDraw if no problem has both paths and a grid.
    """
    paths = {name: made for name, made in planar(descents).items() if name in grids}
    paths = {name: made for name, made in paths.items() if not any(d.unbounded for d in made)}
    if not paths:
        raise NothingToDraw("no problem with a lowest point has both paths and a grid")
    everyone = contenders.in_order(contender(d) for made in paths.values() for d in made)
    looks, names = styles_of(everyone), contenders.labels(everyone)
    across = min(2, len(paths))
    down = -(-len(paths) // across)
    width = PANEL * across + 0.3
    title = wrapped(_title(paths), TITLE, width - 2 * ASIDE, bold=True)
    under = wrapped(
        "Each optimiser at its best rate, from the same start; circle: start, its marker: end. "
        "Heights are logarithmic above the lowest point.",
        *(TEXT, width - 2 * ASIDE),
    )
    widest = max(inches(names[who], TEXT) for who in everyone) + 0.65
    columns = max(1, min(len(everyone), int(width / widest)))
    above = 0.25 + 0.25 * len(title) + 0.17 * len(under) + 0.22 * -(-len(everyone) // columns)
    height = above + PANEL * down
    figure = Figure(figsize=(width, height))
    left, y = ASIDE / width, height - 0.12
    figure.text(left, y / height, "\n".join(title), va="top", size=TITLE, weight="bold")
    y -= 0.02 + 0.25 * len(title)
    figure.text(left, y / height, "\n".join(under), va="top", color="#555555", size=TEXT)
    y -= 0.01 + 0.17 * len(under)
    figure.legend(
        handles=[handle(looks[who], names[who]) for who in everyone],
        loc="upper left",
        bbox_to_anchor=(0.05 / width, y / height),
        ncols=columns,
        frameon=False,
        fontsize=TEXT,
        handlelength=2.8,
    )
    for place, (name, made) in enumerate(paths.items()):
        row, column = divmod(place, across)
        box = (
            (0.1 + PANEL * column) / width,
            (height - above - PANEL * (row + 1)) / height,
            *(PANEL / width, PANEL / height),
        )
        axes = figure.add_axes(box, projection="3d", computed_zorder=False)
        assert isinstance(axes, Axes3D)
        _draw(axes, grids[name], made, [looks[contender(d)] for d in made])
        axes.set_title(contenders.short(name), y=0.98)
    return figure


def _title(paths: Mapping[str, Sequence[Descent]]) -> str:
    """Say who ended at a minimum, of each problem."""
    told = [f"{contenders.short(name)}: {ends(made)}" for name, made in list(paths.items())[:3]]
    return "; ".join(told)


def _draw(axes: Axes3D, grid: Grid, made: Sequence[Descent], looks: Sequence[Style]) -> None:
    z = np.asarray(grid.z, float)
    lift = _lift(z)
    x, y = np.meshgrid(grid.x, grid.y)
    strides = [max(1, n // LINES) for n in z.shape]
    axes.plot_surface(
        *(x, y, lift(z)),
        rstride=strides[0],
        cstride=strides[1],
        cmap=None,
        facecolors=_shades(lift(z)),
        edgecolor="#9AA9B8",
        linewidth=0.25,
        antialiased=True,
        shade=False,
        zorder=1,
    )
    for descent, look in zip(made, looks, strict=True):
        path = _inside(descent, grid)
        heights = lift(_at(grid, path)) + 0.02 * float(np.nanmax(lift(z)))
        style = line(look) | {"marker": None, "linewidth": 1.8}
        axes.plot(path[:, 0], path[:, 1], heights, zorder=5, **style)
        end: dict[str, Any] = line(look) | {"linestyle": "none", "markersize": 7.0}
        axes.plot(path[-1:, 0], path[-1:, 1], heights[-1:], zorder=7, **end)
        start = {"marker": "o", "mfc": "white", "mec": "#111111", "ms": 7, "mew": 1.4}
        axes.plot(path[:1, 0], path[:1, 1], heights[:1], zorder=6, **start)
    axes.view_init(*VIEW)
    axes.set_xlabel(grid.names[0])
    axes.set_ylabel(grid.names[1])
    axes.set_zlabel("loss, log", labelpad=-6)
    axes.set_zticklabels([])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_pane_color("#FFFFFF")
    axes.zaxis.set_pane_color("#FFFFFF")
    axes.set_box_aspect((1, 1, 0.62), zoom=0.92)


def _lift(z: Any) -> Any:
    """Return the function from losses to heights."""
    finite = z[np.isfinite(z)]
    least = float(finite.min())
    scale = float(np.quantile(finite, 0.1)) - least or 1.0
    top = float(np.log10(1 + (finite.max() - least) / scale))

    def lift(losses: Any) -> Any:
        above = np.maximum(np.asarray(losses, float) - least, 0.0)
        return np.minimum(np.log10(1 + above / scale), top)

    return lift


def _shades(heights: Any) -> Any:
    """Return a grey blue for every point, the darker the lower, (m, n, 4)."""
    share = heights / (np.nanmax(heights) or 1.0)
    low, high = np.array([0.72, 0.79, 0.86, 1.0]), np.array([0.97, 0.98, 0.99, 1.0])
    return low + np.nan_to_num(share)[..., None] * (high - low)


def _inside(descent: Descent, grid: Grid) -> Any:
    """Return the iterates up to where the path leaves the plane, its start at least."""
    assert descent.history is not None
    path = np.asarray(descent.history.path, float)
    low, high = (grid.x[0], grid.y[0]), (grid.x[-1], grid.y[-1])
    within = np.all((path >= low) & (path <= high), axis=1)
    outside = np.flatnonzero(~within)
    return path[: max(1, int(outside[0]))] if len(outside) else path


def _at(grid: Grid, path: Any) -> Any:
    """Return the loss at points of the plane, bilinear between those of the grid."""
    z = np.asarray(grid.z, float)
    places = []
    for side, at in ((grid.x, path[:, 0]), (grid.y, path[:, 1])):
        place = (at - side[0]) / (side[-1] - side[0]) * (len(side) - 1)
        whole = np.clip(np.floor(place).astype(int), 0, len(side) - 2)
        places.append((whole, np.clip(place - whole, 0.0, 1.0)))
    (j, s), (i, t) = places
    return (1 - t) * ((1 - s) * z[i, j] + s * z[i, j + 1]) + t * (
        (1 - s) * z[i + 1, j] + s * z[i + 1, j + 1]
    )

"""Two variables and a way through them: contours, the iterates, and where they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gradparity.results.pictures.sheet import Head, Margins, sheet
from gradparity.results.training_pictures.curve_picture import POINT

PANEL = 4.6
"""Inches."""
LEVELS = 16


@dataclass(frozen=True, slots=True, eq=False)
class ClimbedHill:
    """What is climbed: z (Y, X) over x (X,) and y (Y,); names: of both axes and of z, with units.

    title: the finding. way: the iterates, (K, 2), the last one is the end.
    """

    x: Any
    y: Any
    z: Any
    names: tuple[str, str, str]
    title: str
    way: Any


def contour_figure(hill: ClimbedHill) -> Figure:
    """Return the figure: contours, whose levels are closer near the top, and the way over them."""
    end: dict[str, Any] = {"marker": "*", "ms": 13, "color": POINT, "lw": 0}
    end |= {"mec": "white", "mew": 0.8}
    steps: dict[str, Any] = {"marker": "o", "ms": 3.5, "color": POINT, "lw": 1.2}
    steps |= {"mec": "white", "mew": 0.5}
    told = f"Contours of the {hill.names[2]}; darker is lower."
    handles = [Line2D([], [], label="iterates", **steps), Line2D([], [], label="the end", **end)]
    head = Head(hill.title, told, handles)
    figure, ((axes,),) = sheet([1], [PANEL], head, Margins(left=0.95))
    z = np.ma.masked_invalid(np.asarray(hill.z, float))
    levels = _levels(z)
    if len(levels) > 1:
        axes.contourf(hill.x, hill.y, z, levels, cmap="Greys_r", alpha=0.55, extend="min")
        lines = axes.contour(hill.x, hill.y, z, levels, colors="#555555", linewidths=0.6)
        axes.clabel(lines, levels[-2::-3], fmt=lambda level: f"{level:.5g}", fontsize=7)
    way = np.asarray(hill.way, float)
    axes.plot(*way.T, zorder=4, **steps)
    axes.plot(*way[-1:].T, zorder=5, **end)
    axes.set_xlim(hill.x[0], hill.x[-1])
    axes.set_ylim(hill.y[0], hill.y[-1])
    axes.set_xlabel(hill.names[0])
    axes.set_ylabel(hill.names[1])
    return figure


def _levels(z: Any) -> Sequence[float]:
    """Return ascending levels, their distance from the top falling as a square."""
    if z.count() == 0 or not float(z.max()) > float(z.min()):
        return []
    top, low = float(z.max()), float(np.percentile(z.compressed(), 10.0))
    shares = np.linspace(1.0, 0.0, LEVELS) ** 2
    return list(np.unique(top - (top - low) * shares))

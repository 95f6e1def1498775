"""Descent in one variable: the curve, the iterates on it, and the tangent at each.

The picture of what a derivative is for: where the tangent slopes, there is a way to go; the steps
end where it lies flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gradparity.results.pictures.plots import RC, save
from gradparity.results.training_pictures.sheet import (
    PANEL_WIDTHS,
    Head,
    Margins,
    columns,
    note,
    sheet,
)

PANEL = 2.9
"""Inches."""
TANGENTS, NUMBERED = 12, 6
"""So many iterates have a tangent, so many a number; of longer ways those that are apart."""
GROUND, TANGENT, POINT = "#5A6B7D", "#E08A1E", "#1F5CCE"


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCurve:
    """What is descended on, or climbed: y over x, (n,) each; names: of both axes, with units.

    title: the finding. minima: where they are known to be.
    """

    x: Any
    y: Any
    names: tuple[str, str]
    title: str
    minima: Sequence[float] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A way along the curve: x, y and slope of each iterate, (K,) each; label: whose it is."""

    label: str
    x: Any
    y: Any
    slopes: Any
    colour: str = POINT


def draw_curve(curve: DrawnCurve, walks: Sequence[Walk], folder: str, name: str) -> list[Path]:
    """Write name.svg and name.png into `folder`, made if it is missing.

    Raises: OSError if the folder cannot be written.
    """
    there = Path(folder)
    there.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(RC | {"text.parse_math": False}):
        return save(curve_figure([(curve, walks)], curve.title), there, name)


def curve_figure(panels: Sequence[tuple[DrawnCurve, Sequence[Walk]]], title: str) -> Figure:
    """Return the figure: a panel for every walk of each curve."""
    flat = [(curve, walk) for curve, walks in panels for walk in walks]
    across = min(3, columns(len(flat)))
    rows = [min(across, len(flat) - i) for i in range(0, len(flat), across)]
    head = Head(
        title,
        "Numbers count steps; a tangent shows the slope from which the next step was made.",
        [
            Line2D([], [], color=GROUND, lw=1.6, label=panels[0][0].names[1]),
            Line2D([], [], color=TANGENT, lw=1.4, label="tangent"),
            Line2D([], [], color=POINT, lw=0, marker="o", ms=5, label="iterate"),
        ],
    )
    figure, axes = sheet(rows, [PANEL] * len(rows), head, Margins(left=0.95, between=0.85))
    for panel, (curve, walk) in zip([one for row in axes for one in row], flat, strict=True):
        _draw(panel, curve, walk, PANEL_WIDTHS[across])
        note(panel, walk.label if len(flat) > 1 else "", [])
    return figure


def _draw(axes: Axes, curve: DrawnCurve, walk: Walk, width: float) -> None:
    x, y, slopes = (np.asarray(series, float) for series in (walk.x, walk.y, walk.slopes))
    curve_y = np.ma.masked_invalid(np.asarray(curve.y, float))
    axes.plot(curve.x, curve_y, color=GROUND, lw=1.6, zorder=3)
    span = float(curve.x[-1] - curve.x[0])
    low, high = _range(curve_y, y[np.isfinite(y)])
    axes.set_xlim(curve.x[0], curve.x[-1])
    axes.set_ylim(low, high)
    scale = (high - low) / PANEL / (span / width)  # of a slope, for one of 45° on paper
    chosen = _apart(x, y, span, high - low)
    for i in chosen[:TANGENTS]:
        half = 0.09 * span / np.hypot(1.0, slopes[i] / scale)
        axes.plot(
            *([x[i] - half, x[i] + half], [y[i] - half * slopes[i], y[i] + half * slopes[i]]),
            color=TANGENT,
            lw=1.4,
            zorder=4,
            solid_capstyle="round",
        )
    axes.plot(x, y, "o", ms=4.5, color=walk.colour, mec="white", mew=0.7, zorder=5)
    last = len(x) - 1
    numbered = {i: (5.0, 6.0) for i in chosen[:NUMBERED] if i != last}
    for i, offset in {**numbered, last: (-3.0, -13.0) if last else (5.0, 6.0)}.items():
        axes.annotate(
            str(i), (x[i], y[i]), offset, textcoords="offset points", size=8, color=walk.colour
        )
    for at in curve.minima:
        axes.axvline(at, color="#999999", lw=0.9, ls=(0, (2, 2)), zorder=1)
    axes.set_xlabel(curve.names[0])
    axes.set_ylabel(curve.names[1])


def _range(curve: Any, points: Any) -> tuple[float, float]:
    """Return where the y axis ends: the iterates with some room, as far as the curve goes."""
    seen = np.concatenate([np.ma.compressed(curve), points])
    if not len(seen):
        return 0.0, 1.0
    low, high = (float(x) for x in (seen.min(), seen.max()))
    margin = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def _apart(x: Any, y: Any, across: float, up: float) -> list[int]:
    """Return the iterates that stand at a distance from those before, on paper."""
    kept: list[int] = []
    for i in range(len(x)):
        near = [np.hypot((x[i] - x[j]) / across, (y[i] - y[j]) / up) < 0.05 for j in kept]
        if np.isfinite(y[i]) and not any(near):
            kept.append(i)
    return kept

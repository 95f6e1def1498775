"""Descent in one variable: the curve, the iterates on it, and the tangent at each.

The picture of what a derivative is for: where the tangent slopes, there is a way to go; the steps
end where it lies flat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gradparity.results.pictures.looks import drawing, save
from gradparity.results.pictures.sheet import PANEL_WIDTHS, Head, Margins, columns, note, sheet
from gradparity.results.races import contenders
from gradparity.results.races.contenders import contender
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.landscapes import linear
from gradparity.results.training_pictures.path_words import ends
from gradparity.results.words.wording import plain

PANEL = 2.9
"""Inches."""
TANGENTS, NUMBERED = 12, 5
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
    """A way along the curve: x, y and slope of each iterate, (K,) each; label: whose it is.

    first: the number of the first of these iterates. numbers: of all, where they do not just count.
    """

    label: str
    x: Any
    y: Any
    slopes: Any
    colour: str = POINT
    first: int = 0
    numbers: Sequence[int] | None = None


def write_figure(figure: Callable[[], Figure], folder: str, name: str) -> list[Path]:
    """Write name.svg and name.png into `folder`, made if it is missing.

    Raises: OSError if the folder cannot be written.
    """
    there = Path(folder)
    there.mkdir(parents=True, exist_ok=True)
    with drawing():
        return save(figure(), there, name)


STEPS = (
    "Numbers count steps; a tangent shows the slope from which the next step "
    "was made. Iterates that lie on others are left out."
)


def curve_figure(
    panels: Sequence[tuple[DrawnCurve, Sequence[Walk]]], title: str, told: str = STEPS
) -> Figure:
    """Return the figure: a panel for every walk of each curve. told: below the title."""
    flat = [(curve, walk) for curve, walks in panels for walk in walks]
    across = min(3, columns(len(flat)))
    rows = [min(across, len(flat) - i) for i in range(0, len(flat), across)]
    head = Head(
        title,
        told,
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
    chosen = apart(x, y, span, high - low)
    for i in chosen[:TANGENTS]:
        half = 0.09 * span / np.hypot(1.0, slopes[i] / scale)
        axes.plot(
            *([x[i] - half, x[i] + half], [y[i] - half * slopes[i], y[i] + half * slopes[i]]),
            color=TANGENT,
            lw=1.4,
            zorder=4,
            solid_capstyle="round",
        )
    seen = apart(x, y, span, high - low, 0.015)  # what lies on another would hide the curve
    axes.plot(x[seen], y[seen], "o", ms=4.5, color=walk.colour, mec="white", mew=0.7, zorder=5)
    last = len(x) - 1
    axes.plot(x[last:], y[last:], "o", ms=5.5, color=walk.colour, mec="#111111", mew=1.0, zorder=6)
    outside = -1.0 if _bends_up(curve_y) else 1.0  # where the curve is not
    spread = np.unique(np.linspace(0, len(chosen) - 1, NUMBERED).round().astype(int))
    labelled = [chosen[k] for k in spread] if chosen else []
    numbered = {i: outside for i in labelled if i != last and not _beside(x, i, last, span)}
    for i, side in (numbered | {last: -outside}).items():
        offset = (-side * 8.0 * np.sign(slopes[i]) - 3.0, side * 9.0 - 3.0)
        axes.annotate(
            str(walk.first + i if walk.numbers is None else walk.numbers[i]),
            (x[i], y[i]),
            offset,
            textcoords="offset points",
            size=8,
            color=walk.colour,
            zorder=8,
        )
    for at in curve.minima:
        axes.axvline(at, color="#999999", lw=0.9, ls=(0, (2, 2)), zorder=1)
    axes.set_xlabel(curve.names[0])
    axes.set_ylabel(curve.names[1])


def _bends_up(curve: Any) -> bool:
    """Whether the curve is a valley: its middle lies below the line through its ends."""
    seen = np.ma.compressed(curve)
    return len(seen) > 2 and float(seen[len(seen) // 2]) < 0.5 * float(seen[0] + seen[-1])


def _range(curve: Any, points: Any) -> tuple[float, float]:
    """Return where the y axis ends: the iterates with some room, as far as the curve goes."""
    seen = np.concatenate([np.ma.compressed(curve), points])
    if not len(seen):
        return 0.0, 1.0
    low, high = (float(x) for x in (seen.min(), seen.max()))
    margin = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def _beside(x: Any, i: int, last: int, across: float) -> bool:
    """Whether the number of an iterate would stand on that of the last one."""
    return bool(abs(x[i] - x[last]) < 0.08 * across)


def apart(x: Any, y: Any, across: float, up: float, distance: float = 0.05) -> list[int]:
    """Return the iterates that stand at a distance from those before, as a share of the page."""
    kept: list[int] = []
    for i in range(len(x)):
        away = np.hypot((x[kept] - x[i]) / across, (y[kept] - y[i]) / up)
        if np.isfinite(y[i]) and not np.any(away < distance):
            kept.append(i)
    return kept


def curves_figure(descents: Sequence[Descent], curves: Mapping[str, DrawnCurve]) -> Figure:
    """Return the figure of descents in one variable: each optimiser's way on the problem's curve.

    curves: by problem, over `landscapes.span` of its paths. Raises: NothingToDraw without any.
    """
    paths = {name: made for name, made in linear(descents).items() if name in curves}
    if not paths:
        raise NothingToDraw("no problem has one variable")
    everything = [descent for made in paths.values() for descent in made]
    names = contenders.labels(contenders.in_order(map(contender, everything)))
    panels = []
    for name, made in paths.items():
        curve = curves[name]
        slopes = np.gradient(np.asarray(curve.y, float), np.asarray(curve.x, float))
        walks = []
        for descent in made:
            assert descent.history is not None
            assert descent.history.path is not None
            x = descent.history.path[:, 0]
            inside = (x >= curve.x[0]) & (x <= curve.x[-1])
            label = f"{name}: {names[contender(descent)]}, {_ended(descent)}"
            y = np.asarray(descent.history.losses, float)
            steps = np.asarray(descent.history.steps, int)[inside].tolist()
            there = np.interp(x[inside], curve.x, slopes)
            walks.append(Walk(label, x[inside], y[inside], there, numbers=steps))
        panels.append((curve, walks))
    told = "; ".join(f"{contenders.short(name)}: {ends(made)}" for name, made in paths.items())
    return curve_figure(panels, told, f"Each at its best rate. {STEPS}")


def _ended(descent: Descent) -> str:
    rate = "" if descent.rate is None else f"rate {plain(descent.rate)}, "
    steps = f"{descent.steps:,} steps"
    return f"{rate}{descent.status if descent.status in ('diverged', 'unbounded') else steps}"

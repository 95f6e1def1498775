"""Descents in one variable: the loss's curve, the ways along it, the tangent at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.harness.report.races.walkers import Walker, rounded, way
from gradparity.results.pages.charts import Axis, Chart, Mark, Points, Polyline, Rule, Segments
from gradparity.results.words.display import printable

POINTS = 240
"""Of the curve: more cannot be seen."""
HALF = 0.09
"""Of the axis: half the length of a tangent that lies flat."""
NEAR = 0.01
"""Of the height of the picture: as far from the curve may a loss be that lies on it."""


@dataclass(frozen=True, slots=True, eq=False)
class CurveGround:
    """The loss along one variable: y over x, (n,) each; names: of both axes. minima: where."""

    x: Any
    y: Any
    names: tuple[str, str]
    minima: Sequence[float]


def curve_chart(ground: CurveGround, walkers: Sequence[Walker], title: str) -> Chart | None:
    """Return the chart; None where no way lies on this curve, which is of one instance alone."""
    x, y = np.asarray(ground.x, float), np.asarray(ground.y, float)
    seen = y[np.isfinite(y)]
    walking = [one for one in walkers if _is_on(one, x, y)]
    if not walking or not len(seen):
        return None
    low, high = float(seen.min()), float(seen.max())
    margin = 0.08 * (high - low) or 1.0
    kept = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
    marks: list[Mark] = [Rule(float(at), "minimum") for at in ground.minima]
    marks.append(Polyline(rounded(x[kept]), rounded(y[kept]), ground.names[1], "muted"))
    scale = (high - low + 2 * margin) / float(x[-1] - x[0])
    slopes = np.gradient(y, x)
    for one in walking:
        at, losses, look = way(one)[:, 0], _losses(one), one.look
        marks.append(_tangents(at, losses, np.interp(at, x, slopes), scale, x, one))
        across, up = rounded(at), rounded(losses)
        drawn = (look.colour, look.marker)
        marks.append(Points(across, up, one.name, *drawn, 2.5, look.filled, by_step=True))
        marks.append(Points(across, up, "", *drawn, 6.5, look.filled, by_step=True, last=True))
    start = float(way(walking[0])[0, 0])
    marks.append(
        Points([start], [float(np.interp(start, x, y))], "start", "ink", "circle", filled=False)
    )
    return Chart(
        "curve",
        f"{title}: the minimum is at {ground.minima[0]:.4g}"
        if len(ground.minima) == 1
        else f"{title}: down the curve",
        Axis(printable(ground.names[0]), low=float(x[0]), high=float(x[-1])),
        Axis(printable(ground.names[1]), low=low - margin, high=high + margin),
        marks,
        height=420,
        note="The straight line is the tangent at the step that is shown: down it goes the next.",
    )


def _tangents(at: Any, losses: Any, slopes: Any, scale: float, x: Any, one: Walker) -> Segments:
    """A piece of each step's tangent, about as long on the page whatever its slope."""
    half = HALF * float(x[-1] - x[0]) / np.hypot(1.0, slopes / scale)
    return Segments(
        rounded(at - half),
        rounded(losses - half * slopes),
        rounded(at + half),
        rounded(losses + half * slopes),
        widths=[2.5] * len(at),
        colour=one.look.colour,
        last=True,
    )


def _is_on(one: Walker, x: Any, y: Any) -> bool:
    """Whether a walker's losses are the curve's, where its way is in the picture."""
    points = way(one)
    if points.ndim != 2 or points.shape[1] != 1:
        return False
    at, losses = points[:, 0], _losses(one)
    inside = (at >= x[0]) & (at <= x[-1]) & np.isfinite(losses)
    height = float(np.nanmax(y) - np.nanmin(y)) or 1.0
    apart = np.abs(np.interp(at[inside], x, y) - losses[inside])
    return bool(np.any(inside) and np.all(apart <= NEAR * height))


def _losses(one: Walker) -> Any:
    assert one.descent.history is not None
    return np.asarray(one.descent.history.losses, float)[one.at]

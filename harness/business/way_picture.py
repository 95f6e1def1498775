"""The picture of the way to a decision.

One decision: the curve of the profit and its tangents. Two: contours with the way and its end.
More: a curve for each, the others as they are at the end, where every tangent lies flat that no
limit holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gradparity.harness.business.recommendation import Recommendation
from gradparity.harness.business.way import check_way
from gradparity.problems import InputError
from gradparity.problems.layout import Layout
from gradparity.problems.namespace import NUMPY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS, SIDE = 400, 80
"""Of the curve of the profit, and of a side of its contours."""
MOST = 12
"""Decisions, of more the first are drawn."""


def draw_way(found: Recommendation, folder: str) -> list[Path]:
    """Write way.svg and way.png into a folder, made if it is missing.

    Raises InputError where other numbers than the decisions are what is moved, and for no folder.
    """
    from gradparity.results.training_pictures.curve_picture import write_figure

    check_way(found)
    figures = {1: _curve, 2: _contours}
    try:
        return write_figure(
            lambda: figures.get(len(found.decisions), _slices)(found), folder, "way"
        )
    except OSError as error:
        raise InputError(f"cannot draw in {folder}: {error.strerror}") from error


def _curve(found: Recommendation) -> Figure:
    from gradparity.results.training_pictures.curve_picture import Walk, curve_figure

    one = found.decisions[0]
    at, heights = [here.values[0] for here in found.way], [here.profit for here in found.way]
    walk = Walk("iterates", at, heights, [here.slopes[0] for here in found.way])
    steps = len(found.way) - 1
    title = f"{found.market.problem.name}: {steps} steps to {one.name} {one.value:.6g}"
    return curve_figure([(_along(found, 0, title), [walk])], title)


def _contours(found: Recommendation) -> Figure:
    from gradparity.results.training_pictures.contour_picture import ClimbedHill, contour_figure

    x, y = (_side(found, place, SIDE) for place in (0, 1))
    z = np.array([[_profit(found, np.array([a, b])) for a in x] for b in y])
    way = np.array([here.values for here in found.way])
    ends = ", ".join(f"{one.name} {one.value:.6g}" for one in found.decisions)
    title = f"{found.market.problem.name}: {len(way) - 1} steps to {ends}"
    names = (*(f"{one.name} [{one.unit}]" for one in found.decisions), _height(found))
    return contour_figure(ClimbedHill(x, y, z, (names[0], names[1], names[2]), title, way))


def _slices(found: Recommendation) -> Figure:
    from gradparity.results.training_pictures.curve_picture import Walk, curve_figure

    end, last = found.way[-1], len(found.way) - 1
    panels = [
        (
            _along(found, place, one.name),
            [Walk(one.name, [end.values[place]], [end.profit], [end.slopes[place]], first=last)],
        )
        for place, one in enumerate(found.decisions[:MOST])
    ]
    drawn = "" if len(found.decisions) <= MOST else f", {MOST} of them drawn"
    title = f"{found.market.problem.name}: {last} steps to {len(found.decisions)} decisions{drawn}"
    told = "Each decision alone, the others as they are at the end; the number counts steps."
    return curve_figure(panels, title, told)


def _along(found: Recommendation, place: int, title: str) -> Any:
    """The profit over one decision, the others as they are at the end."""
    from gradparity.results.training_pictures.curve_picture import DrawnCurve

    one, x = found.decisions[place], _side(found, place, POINTS)
    values = np.repeat(np.asarray(found.way[-1].values, float)[None], len(x), 0)
    values[:, place] = x
    heights = np.array([_profit(found, there) for there in values])
    return DrawnCurve(x, heights, (f"{one.name} [{one.unit}]", _height(found)), title)


def _side(found: Recommendation, place: int, points: int) -> Any:
    """The values of a decision from a little before the way and its limits to a little behind."""
    one, at = found.decisions[place], [here.values[place] for here in found.way]
    spread = [*at, *(x for x in (one.low, one.high) if np.isfinite(x))]
    reach = 0.15 * (max(spread) - min(spread)) or 0.1 * abs(at[-1]) or 1.0
    least = 0.0 if min(spread) >= 0.0 else -np.inf
    return np.linspace(max(min(spread) - reach, least), max(spread) + reach, points)


def _height(found: Recommendation) -> str:
    return f"profit [{found.market.money}]"


def _profit(found: Recommendation, values: Any) -> float:
    instance, loss = found.market.drawn(0), found.market.problem.loss
    params = Layout.of(instance.params).views(values)
    with np.errstate(all="ignore"):
        return -float(loss(NUMPY, params, instance.data))

"""The steps to the target against the learning rate: what stands under the loss at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from gradparity.results.colours.backends import Style
from gradparity.results.pictures.sheet import line
from gradparity.results.races import contenders
from gradparity.results.races.arrivals import arrivals
from gradparity.results.races.contenders import Conditions, Contender
from gradparity.results.races.quartiles import Quartiles
from gradparity.results.records.descent import Descent


def arrivals_of(descents: Sequence[Descent], which: Conditions) -> dict[Contender, Quartiles]:
    """Return the steps to the target of everybody in one race, by rate."""
    members = contenders.races(descents)[which]
    return arrivals([descent for made in members.values() for descent in made])


def most_steps(took: Mapping[Contender, Quartiles]) -> float:
    """Return the most steps to the target that any rate took; 1 where none arrived."""
    ends = [float(x) for one in took.values() for x in (*one.middle, *one.high) if np.isfinite(x)]
    return max([1.0, *ends])


def draw_steps(axes: Axes, took: Quartiles, look: Style, most: float) -> None:
    """Draw the steps to the target; at the upper edge crosses where the median never came there."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(0.7, 3.0 * most)
    came = np.isfinite(took.middle)
    axes.fill_between(
        *(took.x, np.maximum(took.low, 1.0), np.maximum(took.high, 1.0)),
        where=np.isfinite(took.high),
        color=look.colour,
        alpha=0.18,
        lw=0,
    )
    style = line(look) | {"markersize": 3.6, "linewidth": 1.2}
    axes.plot(took.x, np.where(came, np.maximum(took.middle, 1.0), np.nan), **style, zorder=3)
    never = took.x[~came]
    axes.plot(never, np.full(len(never), 3.0 * most), **NEVER, zorder=4, clip_on=False)
    axes.yaxis.set_major_locator(LogLocator(numticks=4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())


NEVER: dict[str, Any] = {
    **{"marker": "x", "markersize": 5.0, "markeredgewidth": 1.5},
    **{"color": "#444444", "linestyle": "none"},
}

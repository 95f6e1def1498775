"""The V: how wrong a finite difference is, against its step.

With f2, f3 the second and third derivative, a forward difference of step h is wrong by about
h f2 / 2 from truncation and by eps f / h from rounding, a central one by h² f3 / 6 and eps f / h.
The sums are least at h ~ eps^(1/2) and h ~ eps^(1/3): whoever takes differences chooses between
two errors.
Source: Nocedal and Wright, Numerical Optimization (2006), section 8.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from gradparity.results.pictures.sheet import Head, Margins, columns, sheet
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.words.wording import plain

EPS = float(np.finfo(np.float64).eps)
FLOOR = EPS / 2
"""What is less wrong, or not at all, stands here."""

LOOKS: dict[str, dict[str, Any]] = {
    "forward": {"color": "#9A4A00", "marker": "^", "linestyle": (0, (4, 1.5))},
    "central": {"color": "#1F4E9E", "marker": "o", "linestyle": "solid"},
    "gradient": {"color": "#111111", "linestyle": (0, (1, 1.5))},
}
LABELS = {
    "forward": "forward, (f(x + hv) − f(x)) / h",
    "central": "central, (f(x + hv) − f(x − hv)) / 2h",
    "gradient": "the gradient, along v",
}


@dataclass(frozen=True, slots=True)
class Differences:
    """Errors of one derivative along a direction, in float64, relative to the gradient's norm.

    steps: h. forward, central: the error at each, NaN where the loss is not finite. gradient: that
    of the gradient of `backend`.
    """

    problem: str
    size: str
    backend: str
    steps: tuple[float, ...]
    forward: tuple[float, ...]
    central: tuple[float, ...]
    gradient: float


def difference_figure(run_id: str, found: Sequence[Differences]) -> Figure:
    """Return the figure, a log-log panel per problem.

    Raises: NothingToDraw without a problem.
    """
    if not found:
        raise NothingToDraw("no problem of the catalogue has a gradient to hold differences to")
    across = columns(len(found))
    rows = [min(across, len(found) - i) for i in range(0, len(found), across)]
    under = (
        f"run {run_id}: error of the derivative along a random direction v, relative to the "
        "gradient's norm, in float64. It rises to the right by truncation, to the left by rounding."
    )
    handles = [Line2D([], [], label=LABELS[name], **look) for name, look in LOOKS.items()]
    head = Head(_title(found), under, handles)
    figure, axes = sheet(rows, [2.2] * len(rows), head, Margins(rows=0.75))
    flat = [panel for row in axes for panel in row]
    for number, (panel, one) in enumerate(zip(flat, found, strict=True)):
        _draw(panel, one)
        if number % across:
            panel.tick_params(labelleft=False)
        else:
            panel.set_ylabel("relative error")
        if number + across >= len(found):
            panel.set_xlabel("step h")
    return figure


def _title(found: Sequence[Differences]) -> str:
    best = median_low([least(one.central)[0] for one in found])
    gradient = max(*(one.gradient for one in found), FLOOR)
    if len(found) == 1:
        return f"The best difference is wrong by {best:.0e}, the gradient by {gradient:.0e}"
    return (
        f"The best difference is wrong by {best:.0e} (median of {len(found)} problems), "
        f"the gradient by {gradient:.0e} at most"
    )


def least(errors: Sequence[float]) -> tuple[float, int]:
    """Return the smallest finite error and its place; infinity at 0 if there is none."""
    known = [(error, i) for i, error in enumerate(errors) if math.isfinite(error)]
    return min(known, default=(math.inf, 0))


def _draw(axes: Axes, one: Differences) -> None:
    for name in ("forward", "central"):
        errors = np.maximum(getattr(one, name), FLOOR)
        axes.plot(one.steps, errors, markersize=3.2, linewidth=1.3, **LOOKS[name])
        error, at = least(errors.tolist())
        if not math.isfinite(error):
            continue
        ring: dict[str, Any] = {
            "marker": "o",
            "ms": 10,
            "mfc": "none",
            "mec": "#111111",
            "mew": 1.1,
        }
        axes.plot([one.steps[at]], [error], zorder=6, **ring)
        axes.annotate(
            f"{error:.0e}",
            (one.steps[at], error),
            xytext=(0, -9),
            textcoords="offset points",
            ha="center",
            va="top",
            size=7.5,
            color=LOOKS[name]["color"],
        )
    axes.axhline(max(one.gradient, FLOOR), lw=1.4, **LOOKS["gradient"])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(FLOOR / 100, 50)
    for axis, numbers in ((axes.xaxis, 5), (axes.yaxis, 6)):
        axis.set_major_locator(LogLocator(numticks=numbers))
        axis.set_major_formatter(lambda value, _: plain(value))
        axis.set_minor_locator(NullLocator())
    axes.set_title(f"{one.problem} {one.size}")

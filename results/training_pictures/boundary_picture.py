"""Decision boundaries: what a network that was trained answers all over the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gradparity.results.pictures.sheet import Head, Margins, columns, note, sheet
from gradparity.results.records.errors import NothingToDraw

PANEL = 2.3
"""Inches."""

SURE = LinearSegmentedColormap.from_list("sure", ["#F3D2BD", "#FFFFFF", "#BFD8EC"])
ZERO: dict[str, Any] = {"marker": "s", "color": "#9A3D00", "linestyle": "none"}
ONE: dict[str, Any] = {"marker": "o", "color": "#004C80", "linestyle": "none"}


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """A network's answers: logits[i, j], the log-odds of class 1 at (x[j], y[i]).

    cases: (n, 2), trained on; classes: (n,), 0 or 1; answers: (n,), the log-odds there. who: of
    which optimiser; loss: at its end.
    """

    problem: str
    who: str
    loss: float
    x: Any
    y: Any
    logits: Any
    cases: Any
    classes: Any
    answers: Any

    @property
    def wrong(self) -> Any:
        """Which cases it answers wrongly, (n,)."""
        return (np.asarray(self.answers) > 0.0) != (np.asarray(self.classes) > 0.5)

    @property
    def right(self) -> int:
        """How many cases it answers rightly."""
        return len(self.classes) - int(np.sum(self.wrong))


def boundary_figure(found: Sequence[Boundary]) -> Figure:
    """Return the figure: a panel per problem and optimiser, the first seed at its best rate.

    Raises: NothingToDraw if there is none.
    """
    if not found:
        raise NothingToDraw("no problem of the catalogue has two classes in the plane")
    across = columns(len(found))
    rows = [min(across, len(found) - i) for i in range(0, len(found), across)]
    handles = [
        Line2D([], [], label="should be 0", **ZERO),
        Line2D([], [], label="should be 1", **ONE),
        Line2D([], [], color="#111111", lw=1.6, label="boundary, p = 1/2"),
    ]
    solved = sum(one.right == len(one.classes) for one in found)
    head = Head(
        f"{solved} of {len(found)} networks answer every case",
        "The probability of class 1 after training, blue 1 and orange 0; each optimiser at its "
        "best rate, first seed. A case on the wrong side of the boundary is crossed out.",
        handles,
    )
    figure, axes = sheet(rows, [PANEL] * len(rows), head, Margins(rows=0.7), [1] * len(rows))
    flat = [panel for row in axes for panel in row]
    for number, (panel, one) in enumerate(zip(flat, found, strict=True)):
        _draw(panel, one)
        told = f"{one.right} of {len(one.classes)} right, loss {one.loss:.3g}"
        note(panel, f"{one.problem}: {one.who}", [told], "#555555")
        if number % across:
            panel.tick_params(labelleft=False)
        else:
            panel.set_ylabel("second input")
        if number + across >= len(found):
            panel.set_xlabel("first input")
    return figure


def _draw(axes: Axes, one: Boundary) -> None:
    logits = np.asarray(one.logits, float)
    axes.imshow(
        SURE(0.5 + 0.5 * np.tanh(0.5 * logits)),
        extent=(one.x[0], one.x[-1], one.y[0], one.y[-1]),
        origin="lower",
        aspect="auto",
        interpolation="bilinear",
        zorder=0,
    )
    if logits.min() < 0.0 < logits.max():
        axes.contour(one.x, one.y, logits, levels=[0.0], colors="#111111", linewidths=1.6, zorder=2)
    cases, ones = np.asarray(one.cases, float), np.asarray(one.classes) > 0.5
    for which, look in ((~ones, ZERO), (ones, ONE)):
        axes.plot(cases[which, 0], cases[which, 1], ms=7.5, mec="white", zorder=3, **look)
    missed = cases[one.wrong]
    axes.plot(missed[:, 0], missed[:, 1], "x", ms=13, mew=1.8, color="#111111", zorder=4)
    axes.grid(False)
    axes.set_xlim(one.x[0], one.x[-1])
    axes.set_ylim(one.y[0], one.y[-1])

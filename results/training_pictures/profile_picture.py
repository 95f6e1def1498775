"""Performance and data profiles: a row of panels per accuracy tau, the optimisers as steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from gradparity.results.colours.backends import Style
from gradparity.results.pictures.sheet import Head, Margins, handle, line, sheet
from gradparity.results.races import contenders, profiles
from gradparity.results.races.contenders import Contender
from gradparity.results.races.instances import Field, field
from gradparity.results.races.profiles import Profile
from gradparity.results.races.targets import with_unbounded
from gradparity.results.races.verdict import TAU, verdict
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.styles import styles_of
from gradparity.results.words import wording
from gradparity.results.words.wording import plain

PANEL = 1.9
"""Inches."""

TAUS = (1e-1, 1e-3, 1e-5)

DATA = "data profile"
WORDS = {"steps": "steps", "evaluations": "evaluations", "seconds": "wall time", DATA: DATA}

FURTHEST = 1e4
"""Ratios to the best beyond this one are not drawn."""


class ProfileGrid(NamedTuple):
    """Profiles by accuracy, a row each, and by what is counted, a column each."""

    taus: list[float]
    counted: list[str]
    panels: list[list[dict[Contender, Profile]]]

    def ends(self, column: int) -> tuple[float, float]:
        """Return where the x axis of a column begins and ends, over all its rows."""
        return _ends([row[column] for row in self.panels], self.counted[column] == DATA)

    def most_telling(self) -> ProfileGrid:
        """Return the panel alone where the highest and the lowest profile are furthest apart.

        Of the verdict's accuracy, if it is among them: the title tells who solved what by that one.
        """
        judged = [row for row, tau in enumerate(self.taus) if tau == TAU]
        rows, columns = judged or range(len(self.taus)), range(len(self.counted))
        ends = [self.ends(column) for column in columns]
        row, column = max(
            ((row, column) for row in rows for column in columns),
            key=lambda at: apart(self.panels[at[0]][at[1]], *ends[at[1]]),
        )
        alone = [[self.panels[row][column]]]
        return ProfileGrid([self.taus[row]], [self.counted[column]], alone)

    def left_out(self, of: ProfileGrid) -> str:
        """Name what of another grid is not in this one."""
        taus = [f"τ = {plain(tau)}" for tau in of.taus if tau not in self.taus]
        return ", ".join([*taus, *(WORDS[what] for what in of.counted if what not in self.counted)])


def profile_figure(
    descents: Sequence[Descent],
    taus: Sequence[float] = TAUS,
    costs: Sequence[str] = (),
    one: bool = False,
) -> Figure:
    """Return the figure: performance profiles for each of `costs`, and the data profile.

    taus: the accuracies, a row each. costs: of "steps", "evaluations", "seconds"; left out, it is
    evaluations and wall time, or steps where time was not measured. one: only the panel that tells
    the optimisers apart most, and in words what is left out.
    Raises: NothingToDraw as `field` does, and for seconds that were not measured.
    """
    found = field(descents)
    everything = [d for made in found.descents.values() for d in made if d.history is not None]
    timed = all(d.history is not None and d.history.seconds is not None for d in everything)
    counted = list(costs) or ["evaluations", "seconds" if timed else "steps"]
    if "seconds" in counted and not timed:
        raise NothingToDraw("time was not measured")
    looks = styles_of(list(found.descents))
    names = contenders.labels(list(found.descents))
    drawn = [
        [profiles.performance(_costs(found, tau, what)) for what in counted]
        + [profiles.data(_costs(found, tau, "evaluations"), found.parameters)]
        for tau in taus
    ]
    whole = ProfileGrid(list(taus), [*counted, DATA], drawn)
    grid = whole.most_telling() if one else whole
    head = Head(
        verdict(_compared(descents, found)),
        f"{len(found.parameters)} instances of {_plural(found.problems, 'problem')}, "
        f"{_settings(everything)}; each optimiser at its best rate of each problem. "
        "Solved: loss ≤ f* + τ (first loss − f*)."
        + (f" Tried too little: {_absent(found)}." if found.absent else "")
        + ("" if timed else " Time was not measured.")
        + (f" Left out: {grid.left_out(whole)} (--all-panels)." if one else ""),
        [handle(looks[who], names[who]) for who in looks],
    )
    rows = [len(grid.counted)] * len(grid.taus)
    figure, axes = sheet(rows, [PANEL] * len(rows), head, Margins(left=0.75, rows=0.62))
    ends = [grid.ends(column) for column in range(len(grid.counted))]
    for row, (tau, panels) in enumerate(zip(grid.taus, grid.panels, strict=True)):
        for column, panel in enumerate(axes[row]):
            for who, steps in panels[column].items():
                _steps(panel, steps, looks[who], *ends[column])
            what = WORDS[grid.counted[column]]
            panel.set_title(f"τ = {plain(tau)}: {what}")
            _axes(panel, *ends[column])
            if row == len(grid.taus) - 1:
                of = "evaluations / (P + 1)" if what == DATA else f"at most α × the best's {what}"
                panel.set_xlabel(of)
            if column:
                panel.tick_params(labelleft=False)
            else:
                panel.set_ylabel("share solved")
    return figure


def _settings(descents: Sequence[Descent]) -> str:
    """Name the backends and dtypes."""
    found = dict.fromkeys(f"{descent.backend} {descent.dtype}" for descent in descents)
    return wording.printable(", ".join(found))


def _absent(found: Field) -> str:
    names = contenders.labels([*found.descents, *found.absent])
    return ", ".join(names[who] for who in found.absent)


def _costs(found: Field, tau: float, counted: str) -> dict[Contender, list[float]]:
    return {
        who: [
            profiles.cost(descent, tau, goal, counted)
            for descent, goal in zip(made, found.goals, strict=True)
        ]
        for who, made in found.descents.items()
    }


def _ends(panels: Sequence[Mapping[Contender, Profile]], is_data: bool) -> tuple[float, float]:
    """Return where the x axis of a column begins and ends, over all its rows."""
    everything = [at for panel in panels for steps in panel.values() for at in steps.at if at > 0]
    if not is_data:
        return 1.0, min(max([2.0, *everything]) * 1.3, FURTHEST)
    return min(everything, default=1.0) / 1.2, max(everything, default=10.0) * 1.3


def apart(panel: Mapping[Contender, Profile], low: float, end: float) -> float:
    """Return the mean distance of the highest from the lowest profile over the drawn, log axis."""
    jumps = {at for steps in panel.values() for at in steps.at if low < at < end}
    edges = [low, *sorted(jumps), end]
    area = 0.0
    for left, right in pairwise(edges):
        shares = [steps.share(left) for steps in panel.values()]
        area += (max(shares) - min(shares)) * math.log(right / left)
    return area / math.log(end / low)


def _steps(axes: Axes, steps: Profile, look: Style, start: float, end: float) -> None:
    """Draw a profile from the left edge to the end, with markers where it rises."""
    inside = [at for at in steps.at if start <= at <= end]
    x = [start, *inside, end]
    style = line(look)
    marker = {name: style.pop(name) for name in ("marker", "markerfacecolor", "markersize")}
    axes.plot(x, [steps.share(at) for at in x], drawstyle="steps-post", zorder=3, **style)
    some = [*inside[:: max(1, math.ceil(len(inside) / 5))], end]
    axes.plot(
        some,
        [steps.share(at) for at in some],
        color=look.colour,
        linestyle="none",
        zorder=4,
        clip_on=False,
        **marker,
    )


def _axes(axes: Axes, low: float, end: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low, end)
    powers = np.arange(math.ceil(math.log10(low)), math.floor(math.log10(end)) + 1)
    ticks = 10.0 ** powers[:: max(1, math.ceil(len(powers) / 5))]
    if len(ticks) < 2:
        base = 10.0 ** math.floor(math.log10(low))
        ticks = np.array([t * base for t in (1, 2, 5, 10, 20, 50) if low <= t * base <= end])
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(plain))
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])


def _compared(descents: Sequence[Descent], found: Field) -> list[Descent]:
    """Return the descents of those that are compared."""
    whole = [d for d in with_unbounded(descents) if d.batch is None and not d.unbounded]
    return [d for d in whole if contenders.contender(d) in found.descents]


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"

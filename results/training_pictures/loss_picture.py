"""The loss on the way down, against steps and against wall time: a row of panels per race."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradparity.results.colours.backends import Style
from gradparity.results.pictures.sheet import (
    CROSS,
    PANEL_WIDTHS,
    Head,
    Margins,
    line,
    note,
    sheet,
    width_of,
)
from gradparity.results.pictures.time_layout import in_seconds
from gradparity.results.races import contenders
from gradparity.results.races.contenders import Contender
from gradparity.results.races.heights import Height, above_minimum, height_of
from gradparity.results.races.quartiles import Quartiles, heights, over_seeds
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures import loss_words
from gradparity.results.training_pictures.loss_axis import in_losses
from gradparity.results.training_pictures.step_axis import in_steps
from gradparity.results.training_pictures.styles import styles_of

PANEL = 2.3
"""Inches."""

Members = Mapping[Contender, Sequence[Descent]]


def loss_figure(descents: Sequence[Descent]) -> Figure:
    """Return the figure: one line per optimiser at its best rate, the median over seeds.

    Raises: NothingToDraw if no descent has a history.
    """
    everything = contenders.races(descents)
    shown = {
        which: {who: made for who, all_of in members.items() if (made := contenders.tuned(all_of))}
        for which, members in everything.items()
    }
    shown = {which: members for which, members in shown.items() if _with_history(members)}
    if not shown:
        raise NothingToDraw("no descent has a history")
    looks = styles_of(contenders.in_order(who for members in shown.values() for who in members))
    names = contenders.race_names(list(shown))
    axis_of = {which: _height(_with_history(members)) for which, members in shown.items()}
    timed = any(has_times(members) for members in shown.values())
    across = 2 if timed or len(shown) in (2, 4) else min(3, len(shown))
    rows = [across] * len(shown)
    if not timed:
        rows = [min(across, len(shown) - i) for i in range(0, len(shown), across)]
    # With times, the second panel of a row shares the y axis of the first.
    margins = Margins(between=0.25 if timed else 0.85)
    room = width_of(2, margins) if timed else PANEL_WIDTHS[across]
    notes = [loss_words.lost(members, everything[which], room) for which, members in shown.items()]
    per_row = 1 if timed else across
    over = [max(map(len, notes[i : i + per_row])) for i in range(0, len(shown), per_row)]
    rounding = any(height.bottom is not None for height in axis_of.values())
    head = Head(
        loss_words.finding(shown, descents),
        loss_words.under(shown, descents, rounding, timed),
        loss_words.entries(shown, looks, descents),
    )
    figure, axes = sheet(rows, [PANEL] * len(rows), head, margins, over)
    flat = [panel for row in axes for panel in row]
    for number, (which, members) in enumerate(shown.items()):
        drawn, height = _with_history(members), axis_of[which]
        panel = flat[2 * number if timed else number]
        note(panel, names[which], notes[number])
        _lines(panel, drawn, looks, "steps", height)
        in_steps(panel, max(d.history.steps[-1] for m in drawn.values() for d in m if d.history))
        panel.set_ylabel(height.name)
        last = number + per_row >= len(shown)
        if last:
            panel.set_xlabel("steps")
        if timed:
            _beside(flat[2 * number + 1], drawn, looks, height, last)
    return figure


def has_times(members: Members) -> bool:
    """Whether every descent of a race that has a history was timed."""
    found = [d.history for made in members.values() for d in made if d.history]
    return bool(found) and all(history.seconds is not None for history in found)


def _with_history(members: Members) -> dict[Contender, list[Descent]]:
    found = {who: [d for d in made if d.history is not None] for who, made in members.items()}
    return {who: made for who, made in found.items() if made}


def _height(members: Members) -> Height:
    """Choose the y axis for the medians and bands of a race."""
    everything = [descent for made in members.values() for descent in made]
    known = above_minimum(everything)
    spreads = [over_seeds(made, "steps", known) for made in members.values()]
    return height_of(everything, np.concatenate([(s.low, s.middle, s.high) for s in spreads], 1))


def _lines(
    axes: Axes, members: Members, looks: Mapping[Contender, Style], axis: str, height: Height
) -> None:
    """Draw a line and a band per contender, and a cross where its diverging seeds leave.

    A band that a quarter of the seeds has left would only cover the panel: it ends there.
    """
    in_losses(axes, height)
    for number, (who, made) in enumerate(members.items()):
        spread = over_seeds(made, axis, height.known)
        if len(made) > 1:
            axes.fill_between(
                spread.x,
                height.drawn(spread.low),
                height.drawn(spread.high),
                where=np.isfinite(spread.high),
                color=looks[who].colour,
                alpha=0.18 if len(members) <= 6 else 0.1,
                lw=0,
            )
        _line(axes, spread, looks[who], height, number)
        left = sorted(_leaving(d, axis, height) for d in made if d.diverged)
        if left:
            x, y = left[len(left) // 2]
            axes.plot([x], [y], color=looks[who].colour, clip_on=False, zorder=8, **CROSS)


def _line(axes: Axes, spread: Quartiles, look: Style, height: Height, number: int) -> None:
    seen = np.isfinite(spread.middle)
    x, y = spread.x[seen], height.drawn(spread.middle[seen])
    style = line(look)
    if len(x) > 12:
        # Markers of different lines stand at different places, not all on top of each other.
        every = len(x) // 6
        style["markevery"] = (every * (number % 5) // 5, every)
    axes.plot(x, y, zorder=3, **style)


def _leaving(descent: Descent, axis: str, height: Height) -> tuple[float, float]:
    """Return where a diverging descent leaves the panel, or is last seen in it."""
    y = heights(descent, height.known)
    x = np.asarray(getattr(descent.history, axis), float)
    outside = np.flatnonzero(y > height.high)
    if len(outside):
        return float(x[outside[0]]), height.high
    return float(x[-1]), float(max(y[-1], height.low))


def _beside(
    axes: Axes, members: Members, looks: Mapping[Contender, Style], height: Height, last: bool
) -> None:
    """Draw the panel against wall time, or say why there is none."""
    histories = [d.history for made in members.values() for d in made if d.history]
    if not has_times(members):
        _nothing(axes, "time was not measured")
        return
    times = np.concatenate([np.asarray(history.seconds, float) for history in histories])
    times = times[times > 0]
    if not len(times):
        _nothing(axes, "no step took any time")
        return
    _lines(axes, members, looks, "seconds", height)
    axes.set_xlim(times.min() / 1.3, times.max() * 1.3)  # before the scale, which has no 0
    axes.set_xscale("log")
    in_seconds(axes.xaxis)
    axes.tick_params(labelleft=False)
    if last:
        axes.set_xlabel("wall time in steps")


def _nothing(axes: Axes, why: str) -> None:
    axes.set_axis_off()
    axes.text(*(0.5, 0.5, why), transform=axes.transAxes, ha="center", va="center", color="#555555")

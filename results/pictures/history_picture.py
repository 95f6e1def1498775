"""Times over commits: each row's time over that at the anchor, and confirmed steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from gradparity.results.colours.backends import style
from gradparity.results.pictures.sheet import Handle, Head, Margins, columns, line, note, sheet
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.words.wording import plain

PANELS = 12
"""At most; of more rows those with wrong gradients and steps, then the first."""
WRONG, STEP = "#B3261E", "#111111"


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One row over the commits. who: (backend, variant), of which it has its colour.

    places: which commits, 0 for the anchor. ratios, lows, highs: its time there over the anchor's,
    with the 95 % interval. wrong: at which commits its gradient is wrong. steps: (commit, ratio to
    the commit before), where a change is confirmed.
    """

    label: str
    who: tuple[str, str]
    places: tuple[int, ...]
    ratios: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    wrong: tuple[int, ...] = ()
    steps: tuple[tuple[int, float], ...] = ()


def history_figure(commits: Sequence[str], rows: Sequence[DrawnRow]) -> Figure:
    """Return the figure, a panel per row. commits: their short hashes, the anchor first.

    Raises: NothingToDraw without a row.
    """
    if not rows:
        raise NothingToDraw("no commit was timed")
    order = sorted(rows, key=lambda row: (not row.wrong, not row.steps))
    drawn = [row for row in rows if row in order[:PANELS]]
    across = 2 if len(drawn) == 4 else min(3, columns(len(drawn)))
    lines = [min(across, len(drawn) - i) for i in range(0, len(drawn), across)]
    head = Head(_finding(commits, rows), _under(commits, rows, drawn), _entries(rows))
    figure, axes = sheet(lines, [1.7] * len(lines), head, Margins(rows=0.75), [1] * len(lines))
    low, high = _range(drawn)
    for number, (panel, row) in enumerate(zip([a for r in axes for a in r], drawn, strict=True)):
        _draw(panel, row, commits)
        panel.set_ylim(low, high)
        _in_ratios(panel, low, high)
        note(panel, row.label, [_said(row, commits)], "#555555")
        if number % across:
            panel.tick_params(labelleft=False)
        else:
            panel.set_ylabel("time / anchor's")
        if number + across >= len(drawn):
            panel.set_xlabel("commit")
    return figure


def _draw(axes: Axes, row: DrawnRow, commits: Sequence[str]) -> None:
    look = style(*row.who)
    axes.set_yscale("log")
    axes.axhline(1.0, color="#555555", lw=1.0, zorder=1)
    axes.fill_between(row.places, row.lows, row.highs, color=look.colour, alpha=0.2, lw=0)
    axes.plot(row.places, row.ratios, **line(look) | {"markersize": 3.2, "linewidth": 1.3})
    for place, _ in row.steps:
        axes.axvline(place, color=STEP, lw=1.1, ls=(0, (4, 2)), zorder=2)
    at = dict(zip(row.places, row.ratios, strict=True))
    for place in row.wrong:
        axes.plot([place], [at.get(place, 1.0)], **CROSS, zorder=6)
    axes.set_xlim(-0.4, len(commits) - 0.6)
    every = max(1, math.ceil(len(commits) / 4))
    shown = range(0, len(commits), every)
    axes.set_xticks(list(shown), [commits[k] for k in shown], size=7)


CROSS: dict[str, Any] = {
    "marker": "X",
    "ms": 8.0,
    "mfc": WRONG,
    "mec": "white",
    "mew": 0.8,
    "ls": "none",
}


def _range(rows: Sequence[DrawnRow]) -> tuple[float, float]:
    low = min(1 / 1.1, *(value for row in rows for value in row.lows))
    high = max(1.1, *(value for row in rows for value in row.highs))
    return low / 1.05, high * 1.05


def _in_ratios(axes: Axes, low: float, high: float) -> None:
    """Label 1 and what lies about it: tenths where the axis is short, else powers of two."""
    if high / low > 6.0:
        powers = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
        ticks = [2.0**k for k in powers[:: max(1, len(powers) // 5)]]
    else:
        step = next(s for s in (0.1, 0.2, 0.5, 1.0) if (high - low) / s <= 6 or s == 1.0)
        first = math.ceil((low - 1.0) / step)
        ticks = [1.0 + step * k for k in range(first, math.floor((high - 1.0) / step) + 1)]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(round(value, 6))))


def _said(row: DrawnRow, commits: Sequence[str]) -> str:
    told = [f"wrong gradient at {commits[row.wrong[0]]}"] if row.wrong else []
    told += [f"{_change(ratio)} at {commits[place]}" for place, ratio in row.steps[:2]]
    return ", ".join(told) or "no step"


def _finding(commits: Sequence[str], rows: Sequence[DrawnRow]) -> str:
    wrong = [row for row in rows if row.wrong]
    if wrong:
        return f"{wrong[0].label} is wrong at {commits[wrong[0].wrong[0]]}"
    steps = [(ratio, place, row) for row in rows for place, ratio in row.steps]
    if not steps:
        return f"No step in {len(commits)} commits"
    ratio, place, row = max(steps, key=lambda step: abs(math.log(step[0])))
    way = "slower" if ratio > 1.0 else "faster"
    return f"{commits[place]} made {row.label} {way}: {_change(ratio)}"


def _change(ratio: float) -> str:
    return f"{100.0 * (ratio - 1.0):+.0f} %"


def _under(commits: Sequence[str], rows: Sequence[DrawnRow], drawn: Sequence[DrawnRow]) -> str:
    steps = sum(len(row.steps) for row in rows)
    text = (
        f"{len(commits)} commits from the anchor {commits[0]} to {commits[-1]}, "
        f"{steps} step{'s' * (steps != 1)}. A step is marked where a gate confirmed it and the "
        "intervals before and after it are apart. Band: 95 % interval."
    )
    left = len(rows) - len(drawn)
    return text + (f" {left} further row{'s' * (left > 1)} not shown." if left else "")


def _entries(rows: Sequence[DrawnRow]) -> list[Handle]:
    entries: list[Handle] = [Line2D([], [], color="#555555", lw=1.0, label="as fast as the anchor")]
    if any(row.steps for row in rows):
        entries.append(Line2D([], [], color=STEP, lw=1.1, ls=(0, (4, 2)), label="confirmed step"))
    if any(row.wrong for row in rows):
        entries.append(Line2D([], [], label="wrong gradient", **CROSS))
    return entries

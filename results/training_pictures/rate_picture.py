"""How much an optimiser depends on its learning rate: a panel per problem and optimiser."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from gradparity.results.colours.backends import Style
from gradparity.results.pictures.sheet import (
    Handle,
    Head,
    Margins,
    columns,
    inches,
    line,
    note,
    sheet,
)
from gradparity.results.races import contenders
from gradparity.results.races.contenders import Conditions, Contender
from gradparity.results.races.heights import Height
from gradparity.results.races.rates import Sensitivity, edges, heights_at_end, sensitivity
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures import rate_words
from gradparity.results.training_pictures.loss_axis import in_losses
from gradparity.results.training_pictures.rate_words import Panel
from gradparity.results.training_pictures.step_panel import (
    NEVER,
    arrivals_of,
    draw_steps,
    most_steps,
)
from gradparity.results.training_pictures.styles import styles_of
from gradparity.results.words.wording import plain

PANEL, BELOW = 1.75, 0.85
"""Inches: the loss at the end, and under it the steps to the target."""

DIVERGED, GOOD, UNKNOWN = "#D9643A", "#2A7F62", "#C9A293"


def rate_figure(descents: Sequence[Descent], shown: Container[Contender] | None = None) -> Figure:
    """Return the figure: the loss at the end and the steps to the target against the rate.

    Medians and bands over seeds; the target is f* + 1e-3 (f0 - f*). shown: whose panels, with the
    title of all; None is everybody's.

    Raises: NothingToDraw if nobody was tried at two rates.
    """
    everything = _panels(descents)
    if not everything:
        raise NothingToDraw("no optimiser was tried at two rates")
    groups = [[one for one in group if shown is None or one[1] in shown] for group in everything]
    across = columns(max(map(len, groups)))
    rows = [min(across, len(group) - i) for group in groups for i in range(0, len(group), across)]
    everyone = contenders.in_order(who for group in everything for _, who, _, _ in group)
    looks, names = styles_of(everyone), contenders.labels(everyone)
    where = contenders.race_names([group[0][0] for group in groups])
    head = Head(
        rate_words.finding(everything, names, where),
        rate_words.under(descents, everything) + contenders.part_of(groups, everything),
        _entries(groups),
    )
    figure, axes = sheet(
        [count for count in rows for _ in range(2)],
        [PANEL, BELOW] * len(rows),
        head,
        Margins(rows=0.32),
        [3, 0] * len(rows),
    )
    flat = iter(
        [pair for k in range(0, len(axes), 2) for pair in zip(*axes[k : k + 2], strict=True)]
    )
    took = {group[0][0]: arrivals_of(descents, group[0][0]) for group in groups}
    for number, group in enumerate(groups):
        most = most_steps(took[group[0][0]])
        for place, (which, who, found, height) in enumerate(group):
            panel, below = next(flat)
            name = f"{where[which]}: {names[who]}" if len(groups) > 1 or not place else names[who]
            _draw(panel, found, height, looks[who])
            note(panel, _fitting(name, across), rate_words.said(found), "#555555")
            panel.tick_params(labelbottom=False)
            draw_steps(below, took[which][who], looks[who], most)
            below.set_xlim(panel.get_xlim())
            _in_rates(below, found.rates)
            if place % across:
                panel.tick_params(labelleft=False)
                below.tick_params(labelleft=False)
            else:
                panel.set_ylabel(f"{height.name} at the end")
                below.set_ylabel("steps")
            if number == len(groups) - 1 and place + across >= len(group):
                below.set_xlabel("learning rate")
    return figure


def panels(descents: Sequence[Descent]) -> dict[Conditions, list[Contender]]:
    """Return whose panels there are of each race; {} where there is nothing to draw."""
    return {group[0][0]: [who for _, who, _, _ in group] for group in _panels(descents)}


def _panels(descents: Sequence[Descent]) -> list[list[Panel]]:
    groups = []
    for which, members in contenders.races(descents).items():
        if any(d.unbounded for made in members.values() for d in made):
            continue  # no end is lower than another
        height = heights_at_end([d for made in members.values() for d in made])
        found = [(which, who, sensitivity(made, height), height) for who, made in members.items()]
        group = [(which, who, s, height) for which, who, s, height in found if s is not None]
        groups += [group] if group else []
    return groups


def _draw(axes: Axes, found: Sensitivity, height: Height, look: Style) -> None:
    in_losses(axes, height)
    axes.set_xscale("log")
    borders = edges(found.rates)
    axes.set_xlim(borders[0], borders[-1])
    for low, high, share in zones(found):
        if share is None:
            axes.axvspan(low, high, fill=False, hatch="////", ec=UNKNOWN, lw=0, zorder=0)
        else:
            axes.axvspan(low, high, color=DIVERGED, alpha=_zone(share), lw=0, zorder=0)
    if found.good is not None:
        low, high = (found.rates[i] for i in found.good)
        pad = (borders[-1] / borders[0]) ** 0.012
        axes.axvspan(low / pad, high * pad, ymax=0.035, color=GOOD, lw=0, alpha=0.9, zorder=2)
    if found.limit is not None and borders[0] < found.limit < borders[-1]:
        axes.axvline(found.limit, color="#111111", lw=1.0, ls=(0, (1, 1.5)), zorder=2)
    losses = found.losses
    axes.fill_between(
        losses.x,
        height.drawn(losses.low),
        height.drawn(losses.high),
        where=np.isfinite(losses.high),
        color=look.colour,
        alpha=0.18,
        lw=0,
    )
    seen = np.isfinite(losses.middle)
    axes.plot(losses.x[seen], height.drawn(losses.middle[seen]), **line(look), zorder=3)
    if np.isfinite(found.first):
        axes.axhline(found.first, color="#777777", lw=0.9, ls=(0, (2, 2)), zorder=1)
    if found.best is not None:
        at = losses.x[found.best], height.drawn(losses.middle[found.best])
        axes.plot(*([x] for x in at), **BEST, zorder=9, clip_on=False)
    _in_rates(axes, found.rates)


def zones(found: Sensitivity) -> list[tuple[float, float, float | None]]:
    """Return (from, to, share of seeds that diverged) of each stretch where some did.

    Between two rates that were tried it is the smaller of their shares; None where at only one of
    them anybody diverged, for where it begins in between was not tried. Beyond the last rate, as at
    it.
    """
    rates, shares = [float(rate) for rate in found.rates], [float(s) for s in found.diverged]
    borders = edges(found.rates)
    stretches = [(float(borders[0]), rates[0], shares[0], shares[0])]
    stretches += zip(rates[:-1], rates[1:], shares[:-1], shares[1:], strict=True)
    stretches.append((rates[-1], float(borders[-1]), shares[-1], shares[-1]))
    return [
        (low, high, min(left, right) if left > 0 and right > 0 else None)
        for low, high, left, right in stretches
        if left > 0 or right > 0
    ]


BEST: dict[str, Any] = {
    "marker": "o",
    "markersize": 11,
    "markerfacecolor": "none",
    "markeredgecolor": "#111111",
    "markeredgewidth": 1.3,
    "linestyle": "none",
}


def _in_rates(axes: Axes, rates: Sequence[float]) -> None:
    """Label the decades; where there is at most one, the rates themselves."""
    low, high = np.log10(min(rates)), np.log10(max(rates))
    powers = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
    powers = powers[:: max(1, int(np.ceil(len(powers) / 4)))]
    ticks = 10.0**powers if len(powers) > 1 else np.array([min(rates), max(rates)])
    axes.xaxis.set_major_locator(FixedLocator(ticks.tolist()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(plain))


def _fitting(name: str, across: int) -> str:
    """Shorten a title that would run into its neighbour's."""
    room = {1: 5.8, 2: 4.2, 3: 3.0, 4: 2.55}[across]
    while inches(name, 9.5) > room and len(name) > 8:
        name = name[: len(name) - 3].rstrip(" …") + "…"
    return name


def _entries(groups: Sequence[Sequence[Panel]]) -> list[Handle]:
    entries: list[Handle] = [
        Line2D([], [], label="best rate", **BEST),
        Patch(color=GOOD, label="good rates"),
        Line2D([], [], color="#777777", lw=0.9, ls=(0, (2, 2)), label="loss at the start"),
        Line2D([], [], label="never at the target", **NEVER),
    ]
    if any(found.limit is not None for group in groups for _, _, found, _ in group):
        line = Line2D([], [], color="#111111", lw=1.0, ls=(0, (1, 1.5)), label="2 (1 + μ)/λmax")
        entries.append(line)
    if any(share is None for g in groups for _, _, found, _ in g for _, _, share in zones(found)):
        hatch = Patch(fill=False, hatch="////", ec=UNKNOWN, lw=0, label="not tried in between")
        entries.append(hatch)
    shares = np.concatenate([found.diverged for group in groups for _, _, found, _ in group])
    if ((shares > 0) & (shares < 1)).any():
        half = _zone(0.5)
        entries.append(
            Patch(facecolor=DIVERGED, alpha=half, lw=0, label="half of the seeds diverged")
        )
    if (shares == 1).any():
        entries.append(Patch(facecolor=DIVERGED, alpha=_zone(1), lw=0, label="all diverged"))
    return entries


def _zone(share: float) -> float:
    """Return how opaque the zone is where this share of the seeds diverged."""
    return 0.1 + 0.3 * share

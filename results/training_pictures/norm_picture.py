"""Gradient norms, layer by step: whether the gradient vanishes, explodes or dies, and where."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from gradparity.results.pictures.sheet import (
    PANEL_WIDTHS,
    SMALL,
    Handle,
    Head,
    Margins,
    columns,
    inches,
    note,
    sheet,
    wrapped,
)
from gradparity.results.pictures.time_layout import count
from gradparity.results.races import contenders
from gradparity.results.races.contenders import Conditions, Contender, contender
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.norms import columns_of, has_gradients, layers
from gradparity.results.training_pictures.step_axis import FEW, place, step_ticks
from gradparity.results.words import wording
from gradparity.results.words.wording import plain

ZERO, NONE = "#F0A07C", "#D4D4D4"
HATCHES = {ZERO: "////", NONE: "...."}

COLOURS = LinearSegmentedColormap.from_list(
    "norm", ["#FFFCE8", "#CDE9B8", "#6CC3BC", "#2C7FB8", "#20408F", "#131D4F"]
)
"""Of several hues, since norms span more decades than shades of one can tell; darker is larger."""

BULK, BELOW = 0.2, 100.0
"""The lightest colour is for norms this factor below that quantile, unless the least is higher:
what has converged to rounding would otherwise take the colours from all the rest."""


def norm_figure(descents: Sequence[Descent], only: Container[Contender] | None = None) -> Figure:
    """Return the figure: a panel per problem and optimiser, at its best rate, of its first seed.

    only: whose panels, with the title of all; None is everybody's.

    Raises: NothingToDraw if no problem has the norms of several parameters.
    """
    everything = _groups(descents)
    if not everything:
        raise NothingToDraw("no descent has the norms of several parameters")
    shown = [descent for group in everything.values() for descent in group]
    groups = {
        which: [d for d in group if only is None or contender(d) in only]
        for which, group in everything.items()
    }
    names = contenders.labels(contenders.in_order(contender(d) for d in shown))
    where = contenders.race_names(list(groups))
    most = max(map(len, groups.values()))
    across = 2 if most == 4 else min(3, columns(most))
    rows, heights, over = [], [], []
    for group in groups.values():
        for i in range(0, len(group), across):
            rows.append(min(across, len(group) - i))
            heights.append(_height(layers(group[0])))
            over.append(1)
    labels = [_short(name) for group in groups.values() for name in layers(group[0])]
    left = 0.3 + max(inches(label, 8) for label in labels)
    margins = Margins(left=left, right=1.0, rows=0.72)
    head = Head(
        finding(shown, names),
        f"On {', '.join(list(where.values())[:2])}"
        + (f" and {len(where) - 2} more" if len(where) > 2 else "")
        + ". A row per parameter, the norm of its gradient as colour; in the title medians over "
        "the steps. Each optimiser at its best rate."
        + contenders.part_of(list(groups.values()), list(everything.values())),
        _entries(shown),
    )
    figure, axes = sheet(rows, heights, head, margins, over)
    flat = iter([panel for row in axes for panel in row])
    for number, (which, group) in enumerate(groups.items()):
        scale = _scale(everything[which])
        for column, descent in enumerate(group):
            panel = next(flat)
            if not column:
                _bar(figure, panel, scale)
            name = names[contender(descent)]
            title = f"{where[which]}: {name}" if len(groups) > 1 else name
            note(panel, title, _said(descent, PANEL_WIDTHS[across]), "#555555")
            _heat(panel, descent, scale, not column % across)
            if number == len(groups) - 1 and column + across >= len(group):
                panel.set_xlabel("steps")
    return figure


def finding(shown: Sequence[Descent], names: Mapping[Contender, str]) -> str:
    """Say which parameter gets least of which other's gradient, by medians over the steps."""
    found: list[tuple[float, str]] = []
    for descent in shown:
        assert descent.history is not None
        medians: dict[str, float] = {}
        for name, series in descent.history.norms.items():
            seen = np.asarray(series, float)
            seen = seen[np.isfinite(seen)]
            if len(seen):
                medians[name] = float(np.median(seen))
        if len(medians) < 2:
            continue
        least, most = (pick(medians, key=medians.__getitem__) for pick in (min, max))
        if medians[most] > 0:
            share = medians[least] / medians[most]
            who = f"{contenders.short(descent.problem)}, {names[contender(descent)]}"
            gets = f"{share:.0e}" if 0 < share < 0.01 else plain(float(f"{share:.2g}"))
            found.append(
                (share, f"{_short(least)} gets {gets} of {_short(most)}'s gradient: {who}")
            )
    return min(found)[1] if found else "No gradient is known"


def _groups(descents: Sequence[Descent]) -> dict[Conditions, list[Descent]]:
    """Return the first seed, at the best rate, of every optimiser that has norms, by race."""
    found: dict[Conditions, list[Descent]] = {}
    for which, members in contenders.races(descents).items():
        for all_of in members.values():
            made = [d for d in contenders.tuned(all_of) if len(layers(d)) > 1]
            if made and made[0].parameters > 2 and has_gradients(made[0]):
                found.setdefault(which, []).append(made[0])
    return found


def _entries(shown: Sequence[Descent]) -> list[Handle]:
    drawn = np.concatenate([columns_of(descent)[0].ravel() for descent in shown])
    found = [
        (ZERO, "exactly 0", (drawn == 0).any()),
        (NONE, "NaN, or not computed", np.isnan(drawn).any()),
    ]
    return [
        Patch(facecolor=colour, hatch=HATCHES[colour], edgecolor="white", lw=0, label=label)
        for colour, label, there in found
        if there
    ]


def panels(descents: Sequence[Descent]) -> dict[Conditions, list[Contender]]:
    """Return whose panels there are of each race; {} where there is nothing to draw."""
    return {which: [contender(d) for d in group] for which, group in _groups(descents).items()}


def _heat(axes: Axes, descent: Descent, scale: LogNorm, named: bool) -> None:
    drawn, edge = columns_of(descent)
    seen = np.where(drawn > 0, np.maximum(drawn, scale.vmin or 0.0), np.nan)
    image = COLOURS(scale(np.ma.masked_invalid(seen)).filled(0.0))
    axes.imshow(
        image, aspect="auto", extent=(0, 1, len(drawn), 0), interpolation="nearest", zorder=1
    )
    for row, values in enumerate(drawn):
        for colour, where in ((ZERO, values == 0), (NONE, np.isnan(values))):
            for low, high in _runs(where):
                axes.add_patch(
                    Rectangle(
                        (low / len(values), row),
                        (high - low) / len(values),
                        1,
                        facecolor=colour,
                        edgecolor="white",
                        hatch=HATCHES[colour],
                        lw=0,
                        zorder=2,
                    )
                )
    for row in range(1, len(drawn)):
        axes.axhline(row, color="white", lw=1.2 if len(drawn) <= 16 else 0.4, zorder=3)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, axis="y", labelsize=8, pad=3)
    every = max(1, math.ceil(0.15 * len(drawn) / _height(layers(descent))))
    rows = range(0, len(drawn), every)
    labels = [_short(name) for name in layers(descent)][::every] if named else []
    axes.set_yticks([row + 0.5 for row in rows], labels or [""] * len(rows))
    ticks = step_ticks(edge) if edge > FEW else list(range(0, int(edge), max(1, int(edge) // 5)))
    centre = 0.5 / edge if edge <= FEW else 0.0
    axes.set_xticks(place(np.array(ticks), edge) + centre, [count(tick) for tick in ticks])


def _runs(where: Any) -> list[tuple[int, int]]:
    """Return begin and end of each run of True."""
    changes = np.flatnonzero(np.diff(np.concatenate([[0], where.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(changes[::2], changes[1::2], strict=True)]


def _said(descent: Descent, width: float) -> list[str]:
    words = [f"seed {descent.seed}"]
    words += [f"rate {plain(descent.rate)}"] if descent.rate is not None else []
    words += [f"diverged at step {descent.steps}"] if descent.diverged else []
    return wrapped(", ".join(words), SMALL, width)[:1]


def _height(names: Sequence[str]) -> float:
    """Return how high a panel is: rows get lower where there are many."""
    return max(0.5, min(0.24 * len(names), 2.0 + 0.04 * len(names)))


def _short(name: str) -> str:
    words = wording.printable(name)
    return words if len(words) <= 18 else f"{words[:10]}…{words[-7:]}"


def _scale(descents: Sequence[Descent]) -> LogNorm:
    """Return the scale of the panels of a race, from a power of ten to one."""
    found = np.concatenate([columns_of(descent)[0].ravel() for descent in descents])
    found = found[np.isfinite(found) & (found > 0)]
    if not len(found):
        return LogNorm(0.1, 1.0)
    most = float(found.max())
    least = max(float(found.min()), float(np.quantile(found, BULK)) / BELOW, 1e-300)
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(most) - 1e-9)
    return LogNorm(10.0**low, 10.0 ** min(max(high, low + 1), 307))


def _bar(figure: Figure, first: Axes, scale: LogNorm) -> None:
    """Draw the colour scale of a race at the right edge, level with its first panel."""
    width, height = figure.get_size_inches()
    box = first.get_position()
    tall = min(max(0.85, box.height * height), box.y1 * height - 0.1, 2.2)
    bar = figure.add_axes((1 - 0.82 / width, box.y1 - tall / height, 0.13 / width, tall / height))
    bar.imshow(COLOURS(np.linspace(1, 0, 128))[:, None, :], aspect="auto", extent=(0, 1, 0, 1))
    assert scale.vmin is not None
    assert scale.vmax is not None
    low, high = round(math.log10(scale.vmin)), round(math.log10(scale.vmax))
    powers = range(low, high + 1, max(1, math.ceil((high - low) / 5)))
    labels = [plain(10.0**power) for power in powers]
    bar.set_yticks([float(scale(10.0**power)) for power in powers], ["≤ " + labels[0], *labels[1:]])
    bar.set_xticks([])
    bar.yaxis.tick_right()
    bar.tick_params(length=0, labelsize=SMALL)
    bar.grid(False)
    for spine in bar.spines.values():
        spine.set_visible(False)
    bar.set_title("norm", size=SMALL, color="#444444")

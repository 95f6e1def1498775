"""Where the panels of the picture of times stand, and what stands around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from gradparity.results.colours.backends import style
from gradparity.results.pictures.sheet import ASIDE, TEXT, TITLE, inches, wrapped
from gradparity.results.records.record import label

PANEL = (3.3, 2.2)
"""Inches."""

Who = tuple[str, str]
"""Backend and variant."""


def columns(lines: int) -> int:
    """How many panels stand side by side: three, or two where that leaves no gap."""
    return 2 if lines in (2, 4) else 3


WIDTHS = (PANEL[0] * 3, 8.0)
"""Inches, of a figure with lines and of one without."""


@dataclass(frozen=True, slots=True)
class Words:
    """What stands above the data: the finding, what is shown, and whose the lines are."""

    title: str
    under: str
    whos: Sequence[Who]

    def lines(self, width: float) -> tuple[list[str], list[str]]:
        """Return title and subtitle, broken to the width of the figure in inches."""
        room = width - 2 * ASIDE
        return wrapped(self.title, TITLE, room, bold=True), wrapped(self.under, TEXT, room)


def panels(
    lines: int, names: Sequence[str], words: Words
) -> tuple[Figure, list[Axes], Axes | None]:
    """Lay out panels for so many problems with lines, and one for the `names` with dots.

    Heights are in inches, so that text keeps its place at any number of them.
    """
    dots, across = len(names), columns(lines)
    grid_rows = math.ceil(lines / across)
    heights = [PANEL[1]] * grid_rows + ([0.55 + 0.27 * dots] if dots else [])
    width = WIDTHS[not lines]
    title, under = words.lines(width)
    top = 0.68 + 0.25 * len(title) + 0.17 * len(under) + 0.2 * (_legend_lines(words, width) - 1)
    bottom, left, right = 0.5, 0.85 if lines else 1.3, 0.3
    between, aside = 0.55, 0.3
    total = sum(heights) + between * (len(heights) - 1) + top + bottom
    total += aside if lines and dots else 0.0
    figure = Figure(figsize=(width, total))
    made: list[Axes] = []
    y = total - top
    inner = (width - left - right - 0.3 * (across - 1)) / across
    for row in range(grid_rows):
        y -= PANEL[1]
        for column in range(min(across, lines - row * across)):
            x = left + column * (inner + 0.3)
            box = (x / width, y / total, inner / width, PANEL[1] / total)
            made.append(figure.add_axes(box))
        y -= between
    if not dots:
        return figure, made, None
    y -= heights[-1] + (aside if lines else 0.0)
    indent = min(0.2 + 0.085 * max(map(len, names)), width / 2)  # a longer name is cut
    box = (indent / width, y / total, (width - indent - right) / width, heights[-1] / total)
    return figure, made, figure.add_axes(box)


def in_seconds(axis: Any) -> None:
    """Label a logarithmic axis in s, ms, µs and ns."""
    axis.set_major_locator(LogLocator(numticks=8))
    axis.set_major_formatter(FuncFormatter(_seconds))
    axis.set_minor_formatter(NullFormatter())


def _seconds(value: float, _: int | None = None) -> str:
    for name, unit in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.999 * unit:
            return f"{value / unit:,.3g} {name}"
    return f"{value / 1e-9:.3g} ns"


def count(value: float) -> str:
    """Write a number of parameters: "33", "9.6k", "1M"."""
    for name, unit in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= 0.999 * unit:
            scaled = value / unit
            return f"{scaled:.2g}{name}" if scaled < 10 else f"{scaled:.0f}{name}"
    return f"{value:.0f}"


def surround(figure: Figure, words: Words) -> None:
    """Write title, subtitle and legend above the data."""
    width, height = figure.get_size_inches()
    left = ASIDE / width
    title, under = words.lines(width)
    figure.text(left, 1 - 0.12 / height, "\n".join(title), va="top", size=TITLE, weight="bold")
    y = 0.13 + 0.25 * len(title)
    figure.text(left, 1 - y / height, "\n".join(under), va="top", color="#555555")
    y += 0.14 * len(under)
    handles = []
    for who in words.whos:
        look = style(*who)
        face = look.colour if look.filled else "white"
        handles.append(
            Line2D(
                *([], []),
                color=look.colour,
                linestyle=look.dash,
                marker=look.marker,
                markerfacecolor=face,
                markersize=5,
                label=label(*who),
            )
        )
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.05 / width, 1 - y / height),
        ncols=-(-len(handles) // _legend_lines(words, width)),
        frameon=False,
        handlelength=2.6,
        columnspacing=1.4,
    )


def _legend_lines(words: Words, width: float) -> int:
    """Return how many lines the legend needs."""
    long = sum(inches(label(*who), TEXT) + 4.8 * TEXT / 72 for who in words.whos)
    return max(1, math.ceil(long / (width - 0.1)))

"""Where things stand on a page: title, what stands under it, the legend, and rows of panels.

All is laid out in inches, from the top, with texts measured before: however many lines the legend
has, and however many rows of panels there are, text keeps its size and its distance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gradparity.results.colours.backends import Style

Handle = Line2D | Patch

PANEL_WIDTHS = {1: 6.0, 2: 4.2, 3: 2.95, 4: 2.45}
"""Inches, by how many panels stand side by side."""

TITLE, TEXT, SMALL = 13.0, 9.0, 7.5
"""Points."""

LINE = 0.145
"""Inches from one small line to the next."""

ASIDE = 0.15
"""Inches between the edge and the words around the panels."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the panels: the finding, what is shown, and the legend's entries."""

    title: str
    under: str
    handles: Sequence[Handle] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Margins:
    """Inches around panels: left of the first, right of the last, between two, between rows."""

    left: float = 0.85
    right: float = 0.3
    between: float = 0.3
    rows: float = 0.72
    bottom: float = 0.55


def sheet(
    rows: Sequence[int],
    heights: Sequence[float],
    head: Head,
    margins: Margins | None = None,
    notes: Sequence[int] = (),
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure and its axes, `rows[i]` of them in row i, which is heights[i] inches high.

    notes: how many lines of `note` stand over the panels of each row; none where it is not given.
    """
    space = margins or Margins()
    lines_over = [LINE * (notes[i] if notes else 0) for i in range(len(rows))]
    across = max(rows)
    panel = PANEL_WIDTHS[across]
    width = space.left + panel * across + space.between * (across - 1) + space.right
    title = wrapped(head.title, TITLE, width - 2 * ASIDE, bold=True)
    under = wrapped(head.under, TEXT, width - 2 * ASIDE)
    columns, lines = _legend(head.handles, width)
    above = 0.14 + 0.25 * len(title) + 0.17 * len(under) + 0.215 * lines
    inner = sum(heights) + sum(lines_over) + space.rows * (len(rows) - 1)
    total = above + 0.42 + inner + space.bottom
    figure = Figure(figsize=(width, total))
    left = ASIDE / width
    y = total - 0.12
    figure.text(left, y / total, "\n".join(title), va="top", size=TITLE, weight="bold")
    y -= 0.02 + 0.25 * len(title)
    figure.text(left, y / total, "\n".join(under), va="top", color="#555555", size=TEXT)
    y -= 0.01 + 0.17 * len(under)
    if head.handles:
        figure.legend(
            handles=_by_rows(head.handles, columns),
            loc="upper left",
            bbox_to_anchor=(0.05 / width, y / total),
            ncols=columns,
            frameon=False,
            fontsize=TEXT,
            handlelength=2.8,
            columnspacing=1.4,
            labelspacing=0.45,
        )
    made: list[list[Axes]] = []
    y = total - above - 0.42
    for count, height, over in zip(rows, heights, lines_over, strict=True):
        y -= height + over
        xs = [space.left + i * (panel + space.between) for i in range(count)]
        boxes = [(x / width, y / total, panel / width, height / total) for x in xs]
        made.append([figure.add_axes(box) for box in boxes])
        y -= space.rows
    return figure, made


@cache
def inches(words: str, size: float, bold: bool = False) -> float:
    """Return how wide words of `size` points are."""
    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else 400)))
    font.set_size(size, 72)
    font.set_text(words, 0.0, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64 / 72


def wrapped(words: str, size: float, width: float, bold: bool = False) -> list[str]:
    """Break words into lines of at most `width` inches; a word alone may be longer."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and inches(longer, size, bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def handle(look: Style, label: str) -> Line2D:
    """Return the legend's entry of a line."""
    return Line2D([], [], label=label, **line(look))


def columns(panels: int) -> int:
    """Return how many of so many panels stand side by side: 4, or 3 if that leaves fewer gaps."""
    return panels if panels <= 4 else min((4, 3), key=lambda across: -panels % across)


def width_of(panels: int, margins: Margins | None = None) -> float:
    """Return how wide so many panels side by side are, with what is between them, in inches."""
    space = margins or Margins()
    return PANEL_WIDTHS[panels] * panels + space.between * (panels - 1)


def line(look: Style) -> dict[str, Any]:
    """Return the keywords with which matplotlib draws a line in this style."""
    return {
        "color": look.colour,
        "linestyle": look.dash,
        "linewidth": 1.5,
        "marker": look.marker,
        "markerfacecolor": look.colour if look.filled else "white",
        "markersize": 6.5 if look.marker == "*" else 5.0,
    }


def cross() -> Line2D:
    """Return the legend's entry for what diverged."""
    return Line2D([], [], color="#444444", linestyle="none", label="diverged", **CROSS)


CROSS: dict[str, Any] = {"marker": "x", "markersize": 7.0, "markeredgewidth": 2.0}


def note(axes: Axes, title: str, lines: Sequence[str], colour: str = "#8A2B06") -> None:
    """Write the title of a panel and, in small letters between it and the panel, `lines`."""
    axes.set_title(title, pad=6 + 72 * LINE * len(lines))
    axes.annotate(
        "\n".join(lines),
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 5),
        textcoords="offset points",
        va="bottom",
        size=SMALL,
        linespacing=1.15,
        color=colour,
        annotation_clip=False,
    )


def _legend(handles: Sequence[Handle], width: float) -> tuple[int, int]:
    """Return how many columns and lines the legend has."""
    if not handles:
        return 1, 0
    # The handle, the space behind it, and that between columns, in units of the text's size.
    widest = max(inches(str(handle.get_label()), TEXT) for handle in handles)
    column = widest + (2.8 + 0.8 + 1.4) * TEXT / 72
    columns = max(1, min(len(handles), int((width - 0.1) / column)))
    lines = math.ceil(len(handles) / columns)
    return math.ceil(len(handles) / lines), lines


def _by_rows(handles: Sequence[Handle], columns: int) -> list[Handle]:
    """Order handles so that matplotlib, which fills column after column, shows them row by row."""
    lines = math.ceil(len(handles) / columns)
    # matplotlib gives the first columns one more where they are not of equal length.
    full = len(handles) - columns * (lines - 1)
    found = []
    for column in range(columns):
        found += [handles[row * columns + column] for row in range(lines - (column >= full))]
    return found

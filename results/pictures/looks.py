"""How a finished figure looks: on paper, in a talk, on a dark page; and how it becomes files.

A figure is made for paper. For a talk lines, markers and letters are larger, and the page is a
slide; for a dark page every colour is turned (`results/colours/dark.py`). All is done to the figure
as it is, so that no picture knows of styles; only that there are fewer panels on a slide is decided
where pages are made (`plots.py`). The same figure gives the same bytes: no date, no random names,
no global state of pyplot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_rgba, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text

from gradparity.results.colours.dark import darkened

STYLES = ("paper", "talk", "dark")
KINDS = ("svg", "pdf", "png")

RC: Any = {
    "svg.hashsalt": "gradparity",
    "pdf.fonttype": 42,  # text can be searched, and journals take it
    "text.parse_math": False,  # a dollar in a name is a dollar
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "savefig.facecolor": "auto",
}

METADATA: dict[str, dict[str, None]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
}

THICKER, LARGER, LETTERS = 1.6, 1.35, 1.12
"""In a talk: lines, markers and letters, times what they are on paper."""

SLIDE = 16.0 / 9.0

GREYS = {"#555555": "#333333", "#666666": "#444444", "#444444": "#333333"}
"""In a talk: what is small is darker, since projectors wash it out."""


@dataclass(frozen=True, slots=True)
class Output:
    """Which files a picture becomes: kinds, of `KINDS`, in one of `STYLES`.

    all_panels: as many panels on a slide as on a page.
    """

    kinds: tuple[str, ...] = ("svg", "png")
    style: str = "paper"
    all_panels: bool = False

    @property
    def few_panels(self) -> bool:
        """Whether a page is a slide, to be read from the back of a room."""
        return self.style == "talk" and not self.all_panels


@contextmanager
def drawing() -> Iterator[None]:
    """Keep the settings of our pictures in force, from making a figure to saving it."""
    with mpl.rc_context(RC):
        yield


def save(figure: Figure, there: Path, name: str, output: Output | None = None) -> list[Path]:
    """Write a figure into a folder that exists, a file per kind; return their paths.

    The caller keeps `drawing` in force from making the figure to here.
    """
    asked = output or Output()
    FigureCanvasAgg(figure)
    dress(figure, asked.style)
    written = []
    for kind in asked.kinds:
        path = there / f"{name}.{kind}"
        figure.savefig(path, format=kind, metadata=METADATA[kind], dpi=160)
        written.append(path)
    return written


def dress(figure: Figure, style: str) -> None:
    """Change a finished figure, made for paper, to another style."""
    if style == "paper":
        return
    if style == "talk":
        as_slide(figure)
    figure.draw_without_rendering()  # ticks are made when they are first drawn
    for artist in _parts(figure):
        if style == "talk":
            if artist not in figure.texts:  # title and subtitle are broken to the page's width
                _enlarge(artist)
        else:
            _darken(artist)
    for axes in figure.axes if style == "dark" else ():
        for name in ("xaxis", "yaxis", "zaxis") if hasattr(axes, "zaxis") else ():
            _darken_side(getattr(axes, name))


def as_slide(figure: Figure) -> None:
    """Make the page of a figure 16 by 9: panels take what is new, texts stay as far from the top.

    What stands above the panels keeps its height; below it everything is stretched alike.
    """
    width, height = (float(side) for side in figure.get_size_inches())
    wide, high = max(width, height * SLIDE), max(height, width / SLIDE)
    head = height * (1.0 - max((axes.get_position().y1 for axes in figure.axes), default=1.0))

    def placed(y: float) -> float:
        """Where a height on the page comes to lie; both as shares, from below."""
        down = height * (1.0 - y)
        if down > head:
            down = head + (down - head) * (high - head) / (height - head)
        return 1.0 - down / high

    for axes in figure.axes:
        box = axes.get_position()
        low, top = placed(box.y0), placed(box.y1)
        axes.set_position((box.x0, low, box.width, top - low))
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((x * width / wide, placed(float(y))))
    for legend in figure.legends:
        anchor = legend.get_bbox_to_anchor().transformed(figure.transFigure.inverted())
        legend.set_bbox_to_anchor((anchor.x0 * width / wide, placed(anchor.y0)))
    figure.set_size_inches(wide, high)


def _parts(figure: Figure) -> list[Artist]:
    found = dict.fromkeys(figure.findobj())
    for artist in list(found):
        if isinstance(artist, Annotation) and artist.arrow_patch is not None:
            found[artist.arrow_patch] = None
    return list(found)


def _enlarge(artist: Artist) -> None:
    if isinstance(artist, Text):
        artist.set_fontsize(float(artist.get_fontsize()) * LETTERS)
        colour = artist.get_color()
        artist.set_color(GREYS.get(str(colour).upper(), colour))
    elif isinstance(artist, Line2D):
        artist.set_linewidth(artist.get_linewidth() * THICKER)
        artist.set_markersize(artist.get_markersize() * LARGER)


def _darken(artist: Artist) -> None:
    if isinstance(artist, Text):
        artist.set_color(_turned(artist.get_color()))
    elif isinstance(artist, Line2D):
        # All are read before any is set: a marker without a colour of its own follows the line.
        parts = ("color", "markerfacecolor", "markeredgecolor")
        colours = [getattr(artist, f"get_{part}")() for part in parts]
        for part, colour in zip(parts, colours, strict=True):
            if not isinstance(colour, str) or colour not in ("none", "auto"):
                getattr(artist, f"set_{part}")(_turned(colour, seen=True))
    elif isinstance(artist, Patch):
        # Read before either is set: an edge that has no colour of its own follows the face.
        face, edge = artist.get_facecolor(), artist.get_edgecolor()
        artist.set_facecolor(_turned(face))
        artist.set_edgecolor(_turned(edge))
    elif isinstance(artist, Collection):
        faces, edges = artist.get_facecolor(), artist.get_edgecolor()
        artist.set_array(None)  # else a face that is set has a colour of the map when it is drawn
        if len(faces):
            artist.set_facecolor(_all_turned(faces))
        artist.set_edgecolor(_all_turned(edges))
    elif isinstance(artist, AxesImage):
        pixels = np.asarray(artist.get_array())
        if pixels.ndim == 3:
            artist.set_data(np.dstack([darkened(pixels[..., :3]), pixels[..., 3:]]))


def _darken_side(axis: Any) -> None:
    """Turn the wall behind a surface and the lines on it, which are nobody's children."""
    axis.set_pane_color(_turned(axis.pane.get_facecolor()))
    grid = axis._axinfo["grid"]
    grid["color"] = _turned(grid["color"])


def _turned(colour: Any, seen: bool = False) -> Any:
    red, green, blue, alpha = to_rgba(colour)
    return (*darkened([red, green, blue], seen).tolist(), alpha)


def _all_turned(colours: Any) -> Any:
    given = to_rgba_array(colours)
    return np.concatenate([darkened(given[:, :3]), given[:, 3:]], axis=1)

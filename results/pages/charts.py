"""What a chart shows: axes, and marks over them. Plain records; the script draws them.

A mark's arrays are as long as each other. A number that is not finite leaves a gap. A mark with
`by_step` shows its first k + 1 points at step k; one with `steps` shows its k-th state; one with
`since` is there from that step on.
Colours are roles, not values, so that each theme has its own: "ink", "muted", "accent", "a" to "f",
"good", "bad", or "#rrggbb" where a backend or an optimiser has its own for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy.typing as npt

Numbers: TypeAlias = Sequence[float] | npt.NDArray[Any]
Rows: TypeAlias = Sequence[Numbers] | npt.NDArray[Any]
Controls: TypeAlias = Mapping[str, Any]
"""Control -> the value that a click gives it; "view" opens another view with these values."""


@dataclass(frozen=True, slots=True)
class Axis:
    """label, and unit in brackets behind it; low, high: the range, of all marks where None.

    sets: the control that a click or a drag sets to the value under the pointer.
    ticks: (position, text) in place of round numbers. whole: of counts, which have no halves.
    """

    label: str
    unit: str = ""
    scale: Literal["linear", "log"] = "linear"
    low: float | None = None
    high: float | None = None
    sets: str | None = None
    ticks: Sequence[tuple[float, str]] | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Polyline:
    """A line through points; dash: lengths in pixels, () for a solid one; arrow: at its end."""

    x: Numbers
    y: Numbers
    label: str = ""
    colour: str = "accent"
    dash: Sequence[float] = ()
    width: float = 2.0
    arrow: bool = False
    by_step: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """Markers. names: what each is, read out and shown under the pointer; sets: what a click does.

    marker: "circle", "square", "triangle", "diamond", "cross", "plus" or "star".
    last: only the newest is drawn at a step.
    """

    x: Numbers
    y: Numbers
    label: str = ""
    colour: str = "accent"
    marker: str = "circle"
    size: float = 5.0
    filled: bool = True
    names: Sequence[str] = ()
    sets: Sequence[Controls] = ()
    by_step: bool = False
    last: bool = False
    since: int = 0


@dataclass(frozen=True, slots=True)
class Segments:
    """Separate lines, each of its own width and colour: a network's edges, arrows of a field.

    last: at step k the k-th alone is drawn.
    """

    x0: Numbers
    y0: Numbers
    x1: Numbers
    y1: Numbers
    label: str = ""
    widths: Numbers = ()
    colours: Sequence[str] = ()
    colour: str = "muted"
    arrow: bool = False
    names: Sequence[str] = ()
    sets: Sequence[Controls] = ()
    last: bool = False
    since: int = 0


@dataclass(frozen=True, slots=True)
class Band:
    """The area between two lines, as of an interval."""

    x: Numbers
    low: Numbers
    high: Numbers
    label: str = ""
    colour: str = "accent"


@dataclass(frozen=True, slots=True)
class Zone:
    """A strip over the whole height (`axis` "x") or width ("y"), shaded or hatched."""

    low: float
    high: float
    label: str = ""
    colour: str = "bad"
    axis: Literal["x", "y"] = "x"
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across at one value of an axis."""

    at: float
    label: str = ""
    colour: str = "muted"
    axis: Literal["x", "y"] = "x"


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars from 0, one for each name, beside each other along x = 0, 1, 2, ..."""

    names: Sequence[str]
    heights: Numbers
    label: str = ""
    colours: Sequence[str] = ()
    colour: str = "accent"
    sets: Sequence[Controls] = ()
    steps: Rows = ()


@dataclass(frozen=True, slots=True)
class Heat:
    """A grid of cells: z[row][column] at y[row], x[column] (their middles), as colours.

    scale: "sequential" from low to high, "diverging" about 0. words: what a cell says.
    steps: z at each step. ends: what the legend says of the first and the last colour, else their
    values.
    """

    x: Numbers
    y: Numbers
    z: Rows
    label: str = ""
    low: float | None = None
    high: float | None = None
    scale: Literal["sequential", "diverging"] = "sequential"
    words: Sequence[Sequence[str]] = ()
    sets: Sequence[Sequence[Controls]] = ()
    steps: Sequence[Rows] = ()
    ends: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Contours:
    """Lines of equal height of z[row][column] at y[row], x[column].

    tilts: (t, u) at each step; what is drawn then is z + t x + u y, as a mini-batch sees it.
    """

    x: Numbers
    y: Numbers
    z: Rows
    levels: Numbers
    label: str = ""
    tilts: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Solid:
    """z[row][column] over y[row], x[column] in three dimensions, with paths on it.

    paths: (label, colour, x, y, z). Drawn by Plotly, when its tab is opened.
    """

    x: Numbers
    y: Numbers
    z: Rows
    label: str = ""
    paths: Sequence[tuple[str, str, Numbers, Numbers, Numbers]] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """Text at a point; anchor: which part of it stands there."""

    x: float
    y: float
    text: str
    colour: str = "ink"
    anchor: Literal["start", "middle", "end"] = "start"
    since: int = 0


Mark: TypeAlias = (
    Polyline | Points | Segments | Band | Zone | Rule | Bars | Heat | Contours | Solid | Label
)


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. name: in addresses and files; title: states the finding, not the axes.

    equal: a unit of x is as long as one of y. bare: without axes, as of a network.
    height: in pixels at a width of about 480.
    """

    name: str
    title: str
    x: Axis
    y: Axis
    marks: Sequence[Mark]
    equal: bool = False
    bare: bool = False
    height: int = 320
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a table in words of its own, "1.23 µs"; value: what it is sorted by."""

    text: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of numbers, `Quantity`s or words under their headers, units in the header."""

    title: str
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a view shows for one setting of its controls.

    sentence: what a teacher would say. captions: the same for each step, where there are steps.
    steps: how many there are to play, 0 for none. answer: (what is asked for, its value), for those
    who predict first. challenge: (whether it is met, how it stands).
    numbers: name -> value, as computed, for tests and for export.
    """

    sentence: str
    charts: Sequence[Chart]
    tables: Sequence[Table] = ()
    steps: int = 0
    captions: Sequence[str] = ()
    answer: tuple[str, float] | None = None
    challenge: tuple[bool, str] | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)

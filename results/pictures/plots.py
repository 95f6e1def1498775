"""The two pictures of a run, as SVG and PNG: time against parameters, and the errors.

The same cells give the same bytes: no date, no random names, no global state of pyplot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gradparity.results.pictures.error_picture import error_figure
from gradparity.results.pictures.time_picture import time_figure
from gradparity.results.records.record import Cell, Run
from gradparity.results.words.display import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RC: Any = {
    "svg.hashsalt": "gradparity",
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
    "savefig.facecolor": "white",
}

PICTURES: dict[str, Callable[[Run, Sequence[Cell]], Figure]] = {
    "time": time_figure,
    "error": error_figure,
}


def draw(run: Run, cells: Sequence[Cell], folder: str | Path) -> list[Path]:
    """Write time.svg, time.png, error.svg and error.png into `folder`, made if it is missing.

    Returns their paths. Raises: OSError if the folder cannot be written.
    """
    there = Path(folder)
    there.mkdir(parents=True, exist_ok=True)
    written = []
    shown = [
        replace(
            cell,
            problem=printable(cell.problem),
            size=printable(cell.size),
            backend=printable(cell.backend),
        )
        for cell in cells
    ]
    with mpl.rc_context(RC):
        for name, picture in PICTURES.items():
            written += save(picture(run, shown), there, name)
    return written


def save(figure: Figure, there: Path, name: str) -> list[Path]:
    """Write name.svg and name.png into a folder that exists, the same bytes for the same figure.

    The caller keeps `RC` in force from making the figure to here. Returns their paths.
    """
    FigureCanvasAgg(figure)
    written = []
    for kind, metadata in (("svg", {"Date": None}), ("png", {"Software": None})):
        path = there / f"{name}.{kind}"
        figure.savefig(path, format=kind, metadata=metadata, dpi=160)
        written.append(path)
    return written

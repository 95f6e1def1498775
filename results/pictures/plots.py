"""All pictures of a run, each with the function that makes its figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gradparity.results.pictures.difference_picture import Differences, difference_figure
from gradparity.results.pictures.error_picture import error_figure
from gradparity.results.pictures.history_picture import DrawnRow, history_figure
from gradparity.results.pictures.looks import Output, drawing, save
from gradparity.results.pictures.memory_picture import memory_figure
from gradparity.results.pictures.ratio_pictures import dtype_figure, forward_figure
from gradparity.results.pictures.time_picture import time_figure
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.records.record import Cell, Run
from gradparity.results.words.display import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = Callable[[Run, Sequence[Cell]], "Figure"]

PICTURES: dict[str, Picture] = {
    "time": time_figure,
    "error": error_figure,
    "forward": forward_figure,
    "dtypes": dtype_figure,
    "memory": memory_figure,
}
FIRST = ("time", "error")
"""What a run draws by itself."""


class Drawn(NamedTuple):
    """paths: of the files that were written. skipped: picture -> why there is none."""

    paths: list[Path]
    skipped: dict[str, str]


def draw(
    run: Run,
    cells: Sequence[Cell],
    folder: str | Path,
    output: Output | None = None,
    names: Sequence[str] = FIRST,
) -> Drawn:
    """Write pictures of `PICTURES` into `folder`, made if it is missing.

    For a talk there are a few problems on a page, and further pages are called "time-2", ...

    Raises: OSError if the folder cannot be written.
    """
    shown = [
        replace(
            cell,
            problem=printable(cell.problem),
            size=printable(cell.size),
            backend=printable(cell.backend),
        )
        for cell in cells
    ]
    pages = _pages(shown, output)
    figures = {
        name if number == 1 else f"{name}-{number}": partial(PICTURES[name], run, page)
        for name in names
        for number, page in enumerate(pages, 1)
    }
    drawn = _write(figures, folder, output)
    written = {path.stem.partition("-")[0] for path in drawn.paths}
    reasons = {name.partition("-")[0]: reason for name, reason in drawn.skipped.items()}
    return Drawn(drawn.paths, {n: why for n, why in reasons.items() if n not in written})


ON_A_SLIDE = 3
"""Problems on a page of a talk."""


def _pages(cells: Sequence[Cell], output: Output | None) -> list[list[Cell]]:
    """Split into pages: all on one, for a talk a few problems each."""
    names = list(dict.fromkeys(cell.problem for cell in cells))
    if output is None or not output.few_panels or len(names) <= ON_A_SLIDE:
        return [list(cells)]
    several = [names[i : i + ON_A_SLIDE] for i in range(0, len(names), ON_A_SLIDE)]
    return [[cell for cell in cells if cell.problem in page] for page in several]


def draw_differences(
    run: Run, found: Sequence[Differences], folder: str | Path, output: Output | None = None
) -> Drawn:
    """Write the picture "differences", of what the caller has computed."""
    return _write({"differences": partial(difference_figure, run.id, found)}, folder, output)


def draw_history(
    commits: Sequence[str],
    rows: Sequence[DrawnRow],
    folder: str | Path,
    output: Output | None = None,
) -> Drawn:
    """Write the picture "history", of rows over commits that the caller has read."""
    return _write({"history": partial(history_figure, commits, rows)}, folder, output)


def _write(
    figures: Mapping[str, Callable[[], Figure]], folder: str | Path, output: Output | None
) -> Drawn:
    there = Path(folder)
    there.mkdir(parents=True, exist_ok=True)
    drawn = Drawn([], {})
    with drawing():
        for name, figure in figures.items():
            try:
                drawn.paths.extend(save(figure(), there, name, output))
            except NothingToDraw as nothing:
                drawn.skipped[name] = str(nothing)
    return drawn

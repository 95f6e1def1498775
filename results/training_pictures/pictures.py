"""All pictures of training that a list of descents allows, as SVG and PNG.

The same descents give the same bytes, as in `results/pictures/plots.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from gradparity.results.pictures.looks import Output, drawing, save
from gradparity.results.pictures.plots import Drawn
from gradparity.results.races.contenders import Conditions, conditions
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures import norm_picture, rate_picture
from gradparity.results.training_pictures.boundary_picture import Boundary, boundary_figure
from gradparity.results.training_pictures.curve_picture import DrawnCurve, curves_figure
from gradparity.results.training_pictures.held_out_picture import held_out_figure
from gradparity.results.training_pictures.landscapes import Grid, planar
from gradparity.results.training_pictures.loss_picture import loss_figure
from gradparity.results.training_pictures.norm_picture import norm_figure
from gradparity.results.training_pictures.path_picture import path_figure
from gradparity.results.training_pictures.profile_picture import profile_figure
from gradparity.results.training_pictures.rate_picture import rate_figure
from gradparity.results.training_pictures.surface_picture import surface_figure


class Room(NamedTuple):
    """At most so many races, panels, planes are in one file; further ones are called "loss-2"."""

    races: int
    panels: int
    planes: int


PAGE, SLIDE = Room(4, 16, 4), Room(1, 3, 1)

NAMES = (
    "loss",
    "rates",
    "profiles",
    "paths",
    "surfaces",
    "boundaries",
    "curves",
    "held-out",
    "norms",
)

Page = Sequence[Descent]


def draw_all(
    descents: Sequence[Descent],
    folder: str | Path,
    grids: Mapping[str, Grid] | None = None,
    curves: Mapping[str, DrawnCurve] | None = None,
    output: Output | None = None,
    boundaries: Sequence[Boundary] = (),
    names: Sequence[str] | None = None,
) -> Drawn:
    """Write loss, rates, profiles, paths, ..., into `folder`, made if it is missing.

    grids, curves: by problem in two variables or one, for the paths; see `landscapes.py`.
    boundaries: of problems with two classes in the plane. names: of `NAMES`; all without it.
    Raises: OSError if the folder cannot be written.
    """
    there = Path(folder)
    there.mkdir(parents=True, exist_ok=True)
    planes = grids or {}
    drawn = Drawn([], {})
    room = SLIDE if output is not None and output.style == "talk" else PAGE
    pictures: dict[str, tuple[Callable[[Page], Figure], Iterator[Page]]] = {
        "loss": (loss_figure, _races(descents, room)),
        "rates": (rate_figure, _panels(descents, rate_picture.panels(descents), room)),
        "profiles": (profile_figure, _settings(descents)),
        "paths": (lambda page: path_figure(page, planes), _planes(descents, planes, room)),
        "surfaces": (lambda page: surface_figure(page, planes), _planes(descents, planes, room)),
        "boundaries": (lambda _: boundary_figure(boundaries), iter([descents])),
        "curves": (lambda page: curves_figure(page, curves or {}), iter([descents])),
        "held-out": (held_out_figure, _races(descents, room)),
        "norms": (norm_figure, _panels(descents, norm_picture.panels(descents), room)),
    }
    with drawing():
        for name in NAMES if names is None else names:
            figure, pages = pictures[name]
            number, reasons = 0, []
            for page in pages:
                try:
                    made = figure(page)
                except NothingToDraw as nothing:
                    reasons.append(str(nothing))
                    continue
                number += 1
                file = name if number == 1 else f"{name}-{number}"
                drawn.paths.extend(save(made, there, file, output))
            if reasons and not number:
                drawn.skipped[name] = reasons[0]
    return drawn


def _races(descents: Page, room: Room) -> Iterator[Page]:
    """Split into pages of a few races each, of those with a history."""
    found = list(dict.fromkeys(conditions(d) for d in descents if d.history is not None))
    yield from _pages(
        descents, [found[i : i + room.races] for i in range(0, len(found), room.races)]
    )


def _panels(descents: Page, panels: Mapping[Conditions, int], room: Room) -> Iterator[Page]:
    """Split into pages of as many races as have about so many panels together."""
    pages: list[list[Conditions]] = []
    count = 0
    for which, number in panels.items():
        if not pages or count + number > room.panels or len(pages[-1]) == room.races:
            pages.append([])
            count = 0
        pages[-1].append(which)
        count += number
    yield from _pages(descents, pages)


def _settings(descents: Page) -> Iterator[Page]:
    """Split by backend, by who moved the parameters, and by dtype: instances are no new ones."""
    found: dict[tuple[str, str, str], list[Descent]] = {}
    for descent in descents:
        found.setdefault((descent.backend, descent.how, descent.dtype), []).append(descent)
    yield from found.values() or [[]]


def _planes(descents: Page, grids: Mapping[str, Grid], room: Room) -> Iterator[Page]:
    """Split into pages of a few problems that have both paths and a grid."""
    names = [name for name in planar(descents) if name in grids]
    for i in range(0, len(names), room.planes):
        yield [d for d in descents if d.problem in names[i : i + room.planes]]
    if not names:
        yield descents


def _pages(descents: Page, pages: Sequence[Sequence[Conditions]]) -> Iterator[Page]:
    for page in pages:
        yield [descent for descent in descents if conditions(descent) in page]
    if not pages:
        yield descents

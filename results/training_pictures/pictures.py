"""All pictures of training that a list of descents allows, as SVG and PNG.

The same descents give the same bytes, as in `results/pictures/plots.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from gradparity.results.pictures.looks import Output, drawing, save
from gradparity.results.pictures.plots import Drawn
from gradparity.results.races.contenders import Conditions, Contender, conditions
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
    few = output is not None and output.few_panels
    room = SLIDE if few else PAGE
    rates, norms = rate_picture.panels(descents), norm_picture.panels(descents)
    pictures: dict[str, Iterator[Callable[[], Figure]]] = {
        "loss": (partial(loss_figure, page) for page in _races(descents, room)),
        "rates": (partial(rate_figure, *page) for page in _panels(descents, rates, room)),
        "profiles": (partial(profile_figure, page, one=few) for page in _settings(descents)),
        "paths": (partial(path_figure, page, planes) for page in _planes(descents, planes, room)),
        "surfaces": (
            partial(surface_figure, page, planes) for page in _planes(descents, planes, room)
        ),
        "boundaries": iter([partial(boundary_figure, boundaries)]),
        "curves": iter([partial(curves_figure, descents, curves or {})]),
        "held-out": (partial(held_out_figure, page) for page in _races(descents, room)),
        "norms": (partial(norm_figure, *page) for page in _panels(descents, norms, room)),
    }
    with drawing():
        for name in NAMES if names is None else names:
            number, reasons = 0, []
            for figure in pictures[name]:
                try:
                    made = figure()
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


def _panels(
    descents: Page, panels: Mapping[Conditions, Sequence[Contender]], room: Room
) -> Iterator[tuple[Page, Sequence[Contender] | None]]:
    """Split into pages of as many races as have so many panels together, or of some of a race's.

    A page is its descents and whose panels are on it; None is everybody's.
    """
    pages: list[list[Conditions]] = []
    count = 0
    for which, whose in panels.items():
        if not pages or count + len(whose) > room.panels or len(pages[-1]) == room.races:
            pages.append([])
            count = 0
        pages[-1].append(which)
        count += len(whose)
    for page, found in zip(_pages(descents, pages), pages or [[]], strict=True):
        whose = panels[found[0]] if len(found) == 1 else ()
        if len(whose) <= room.panels:
            yield page, None
            continue
        for start in range(0, len(whose), room.panels):
            yield page, whose[start : start + room.panels]


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

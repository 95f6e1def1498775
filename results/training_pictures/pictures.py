"""All pictures of training that a list of descents allows, as SVG and PNG.

The same descents give the same bytes, as in `results/pictures/plots.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from gradparity.results.pictures.plots import RC, save
from gradparity.results.races.contenders import Conditions, conditions
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures import norm_picture, rate_picture
from gradparity.results.training_pictures.curve_picture import DrawnCurve, curves_figure
from gradparity.results.training_pictures.held_out_picture import held_out_figure
from gradparity.results.training_pictures.landscapes import Grid, planar
from gradparity.results.training_pictures.loss_picture import loss_figure
from gradparity.results.training_pictures.norm_picture import norm_figure
from gradparity.results.training_pictures.path_picture import path_figure
from gradparity.results.training_pictures.profile_picture import profile_figure
from gradparity.results.training_pictures.rate_picture import rate_figure

LOSSES, PANELS, PLANES = 4, 16, 4
"""At most so many races, panels, planes are in one file; further files are called "loss-2", ..."""

Page = Sequence[Descent]


class Drawn(NamedTuple):
    """paths: of the files that were written. skipped: picture -> why there is none."""

    paths: list[Path]
    skipped: dict[str, str]


def draw_all(
    descents: Sequence[Descent],
    folder: str | Path,
    grids: Mapping[str, Grid] | None = None,
    curves: Mapping[str, DrawnCurve] | None = None,
) -> Drawn:
    """Write loss, rates, profiles, paths, curves, norms into `folder`, made if it is missing.

    grids, curves: by problem in two variables or one, for the paths; see `landscapes.py`.
    Raises: OSError if the folder cannot be written.
    """
    there = Path(folder)
    there.mkdir(parents=True, exist_ok=True)
    planes = grids or {}
    drawn = Drawn([], {})
    pictures: dict[str, tuple[Callable[[Page], Figure], Iterator[Page]]] = {
        "loss": (loss_figure, _races(descents)),
        "rates": (rate_figure, _panels(descents, rate_picture.panels(descents))),
        "profiles": (profile_figure, _settings(descents)),
        "paths": (lambda page: path_figure(page, planes), _planes(descents, planes)),
        "curves": (lambda page: curves_figure(page, curves or {}), iter([descents])),
        "held-out": (held_out_figure, _races(descents)),
        "norms": (norm_figure, _panels(descents, norm_picture.panels(descents))),
    }
    # Names may hold signs that matplotlib would take for mathematics.
    with mpl.rc_context(RC | {"text.parse_math": False}):
        for name, (figure, pages) in pictures.items():
            number, reasons = 0, []
            for page in pages:
                try:
                    made = figure(page)
                except NothingToDraw as nothing:
                    reasons.append(str(nothing))
                    continue
                number += 1
                drawn.paths.extend(save(made, there, name if number == 1 else f"{name}-{number}"))
            if reasons and not number:
                drawn.skipped[name] = reasons[0]
    return drawn


def _races(descents: Page) -> Iterator[Page]:
    """Split into pages of a few races each, of those with a history."""
    found = list(dict.fromkeys(conditions(d) for d in descents if d.history is not None))
    yield from _pages(descents, [found[i : i + LOSSES] for i in range(0, len(found), LOSSES)])


def _panels(descents: Page, panels: Mapping[Conditions, int]) -> Iterator[Page]:
    """Split into pages of as many races as have about so many panels together."""
    pages: list[list[Conditions]] = []
    count = 0
    for which, number in panels.items():
        if not pages or count + number > PANELS or len(pages[-1]) == LOSSES:
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


def _planes(descents: Page, grids: Mapping[str, Grid]) -> Iterator[Page]:
    """Split into pages of a few problems that have both paths and a grid."""
    names = [name for name in planar(descents) if name in grids]
    for i in range(0, len(names), PLANES):
        yield [d for d in descents if d.problem in names[i : i + PLANES]]
    if not names:
        yield descents


def _pages(descents: Page, pages: Sequence[Sequence[Conditions]]) -> Iterator[Page]:
    for page in pages:
        yield [descent for descent in descents if conditions(descent) in page]
    if not pages:
        yield descents

"""The pictures of a race, with the landscapes under its paths."""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.harness.training.ground import ground
from gradparity.problems import InputError
from gradparity.results.pictures.looks import Output
from gradparity.results.pictures.plots import Drawn
from gradparity.results.records.descent import Descent
from gradparity.results.training_pictures.boundary_picture import Boundary
from gradparity.results.training_pictures.curve_picture import DrawnCurve
from gradparity.results.training_pictures.pictures import draw_all


def draw_race(
    descents: Sequence[Descent],
    folder: str,
    files: Sequence[str],
    output: Output | None = None,
    boundaries: Sequence[Boundary] | None = None,
    names: Sequence[str] | None = None,
) -> Drawn:
    """Write the pictures that these descents allow into a folder, made if it is missing.

    files: of the users whose problems took part. boundaries, names: see `draw_all`.
    Raises InputError for a folder that is none.
    """
    try:
        under = ground(descents, files)
        curves = {name: DrawnCurve(*curve) for name, curve in under.curves.items()}
        drawn = boundaries or ()
        return draw_all(descents, folder, under.planes, curves, output, drawn, names)
    except OSError as error:
        raise InputError(f"cannot draw in {folder}: {error.strerror}") from error

"""The pictures of a race, with the landscapes under its paths.

`results` draws and knows no problem, so the loss is evaluated here on the plane of each problem
with two parameters: by a worker, since a user's loss may crash, and in NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from gradparity.harness.messages.requests import EvaluatePlane
from gradparity.harness.messages.spec import Question
from gradparity.harness.planning.lookup import find
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.problems import InputError, Problem
from gradparity.problems.layout import Layout
from gradparity.results.records.descent import Descent
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.curve_picture import DrawnCurve
from gradparity.results.training_pictures.landscapes import (
    Grid,
    equals,
    limits,
    linear,
    planar,
    span,
)
from gradparity.results.training_pictures.pictures import Drawn, draw_all

POINTS = 160
"""A side of the plane: contours are smooth, and a Python loss takes a second or two."""

POINTS_OF_CURVE = 1000

TIMEOUT_S = 60.0


def draw_race(descents: Sequence[Descent], folder: str, files: Sequence[str]) -> Drawn:
    """Write the pictures that these descents allow into a folder, made if it is missing.

    files: of the users whose problems took part. Raises InputError for a folder that is none.
    """
    try:
        planes, curves = _grounds(descents, files)
        return draw_all(descents, folder, planes, curves)
    except OSError as error:
        raise InputError(f"cannot draw in {folder}: {error.strerror}") from error


def _grounds(
    descents: Sequence[Descent], files: Sequence[str]
) -> tuple[dict[str, Grid], dict[str, DrawnCurve]]:
    """The plane or curve of each problem whose paths are drawn; without what fails there."""
    found, curves = {}, {}
    worker = WorkerProcess("numpy", Limits(allowed_cores()[-1:], TIMEOUT_S))
    try:
        with temporary_folder() as folder:
            for name, paths in planar(descents).items():
                with suppress(WorkerFailure, InputError, NothingToDraw):
                    found[name] = _grid(worker, name, paths, files, folder / "plane.npy")
            for name, paths in linear(descents).items():
                with suppress(WorkerFailure, InputError, NothingToDraw):
                    curves[name] = _curve(worker, name, paths, files, folder / "plane.npy")
    finally:
        worker.end()
    return found, curves


def _curve(
    worker: WorkerProcess, name: str, paths: list[Descent], files: Sequence[str], out: Path
) -> DrawnCurve:
    problem, file = _find(name, files)
    instance = problem.instance(paths[0].size, paths[0].seed)
    known = None if problem.minimum is None else problem.minimum(instance.data).params
    minima = [] if known is None else Layout.of(known).flatten(known).tolist()
    x = np.linspace(*span(paths, minima), POINTS_OF_CURVE)
    question = Question(name, file, paths[0].size, paths[0].seed, "value")
    worker.request(EvaluatePlane(question, (tuple(x.tolist()), ()), str(out)))
    unit = problem.units.get("", "")
    names = _names(problem, instance.params)[0], f"loss [{unit}]" if unit else "loss"
    return DrawnCurve(x, np.load(out), names, name, minima)


def _grid(
    worker: WorkerProcess, name: str, paths: list[Descent], files: Sequence[str], out: Path
) -> Grid:
    problem, file = _find(name, files)
    instance = problem.instance(paths[0].size, paths[0].seed)
    known = None if problem.minimum is None else problem.minimum(instance.data).params
    minima: list[Any] = [] if known is None else [Layout.of(known).flatten(known)]
    x, y = (np.linspace(*side, POINTS) for side in limits(paths, minima))
    question = Question(name, file, paths[0].size, paths[0].seed, "value")
    worker.request(EvaluatePlane(question, (tuple(x.tolist()), tuple(y.tolist())), str(out)))
    z = np.load(out)
    return Grid(x, y, z, [*minima, *equals(x, y, z, minima)], _names(problem, instance.params))


def _find(name: str, files: Sequence[str]) -> tuple[Problem, str | None]:
    """A problem of the catalogue, or of one of these files. Raises InputError."""
    for file in files:
        with suppress(InputError):
            return find(name, file), file
    return find(name), None


def _names(problem: Problem, params: dict[str, Any]) -> tuple[str, str]:
    """What the two axes are called: "price [€]", or "x[0]" and "x[1]" of one array."""
    names = []
    for name, array in params.items():
        unit = problem.units.get(name, "")
        each = [name] if np.ndim(array) == 0 else [f"{name}[{i}]" for i in range(np.size(array))]
        names += [f"{one} [{unit}]" if unit else one for one in each]
    return names[0], names[-1]

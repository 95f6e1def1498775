"""The ground under paths: a problem's loss on the plane, or the line, that its descents crossed.

`results` draws and knows no problem, so the loss is evaluated here: by a worker, since a user's
loss may crash, and in NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradparity.harness.messages.descending import EvaluatePlane
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
from gradparity.results.training_pictures.landscapes import (
    Grid,
    equals,
    limits,
    linear,
    planar,
    span,
)

POINTS = 160
"""A side of the plane: contours are smooth, and a Python loss takes a second or two."""

POINTS_OF_CURVE = 1000

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """planes: by problem in two variables. curves: by problem in one, x and y of its picture."""

    planes: dict[str, Grid]
    curves: dict[str, tuple[Any, Any, tuple[str, str], str, list[float]]]


def ground(descents: Sequence[Descent], files: Sequence[str], points: int = POINTS) -> Ground:
    """Return the plane or curve of each problem whose paths are drawn; without what fails there.

    files: of the users whose problems took part. points: a side of a plane has so many.
    """
    found = Ground({}, {})
    over, along = planar(descents), linear(descents)
    if not over and not along:
        return found
    worker = WorkerProcess("numpy", Limits(allowed_cores()[-1:], TIMEOUT_S))
    try:
        with temporary_folder() as folder:
            out = folder / "plane.npy"
            for name, paths in over.items():
                with suppress(WorkerFailure, InputError, NothingToDraw):
                    found.planes[name] = _grid(worker, name, paths, files, out, points)
            for name, paths in along.items():
                with suppress(WorkerFailure, InputError, NothingToDraw):
                    found.curves[name] = _curve(worker, name, paths, files, out)
    finally:
        worker.end()
    return found


def _curve(
    worker: WorkerProcess, name: str, paths: list[Descent], files: Sequence[str], out: Path
) -> tuple[Any, Any, tuple[str, str], str, list[float]]:
    problem, file = _find(name, files)
    instance = problem.instance(paths[0].size, paths[0].seed)
    known = None if problem.minimum is None else problem.minimum(instance.data).params
    minima = [] if known is None else Layout.of(known).flatten(known).tolist()
    x = np.linspace(*span(paths, minima), POINTS_OF_CURVE)
    question = Question(name, file, paths[0].size, paths[0].seed, "value")
    worker.request(EvaluatePlane(question, (tuple(x.tolist()), ()), str(out)))
    unit = problem.units.get("", "")
    names = _names(problem, instance.params)[0], f"loss [{unit}]" if unit else "loss"
    return x, np.load(out), names, name, minima


def _grid(
    worker: WorkerProcess,
    name: str,
    paths: list[Descent],
    files: Sequence[str],
    out: Path,
    points: int,
) -> Grid:
    problem, file = _find(name, files)
    instance = problem.instance(paths[0].size, paths[0].seed)
    known = None if problem.minimum is None else problem.minimum(instance.data).params
    minima: list[Any] = [] if known is None else [Layout.of(known).flatten(known)]
    x, y = (np.linspace(*side, points) for side in limits(paths, minima))
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

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

from gradparity.harness.messages.descending import EvaluatePlane, FindKnown, Known
from gradparity.harness.messages.spec import Question
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
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
                with suppress(WorkerFailure, NothingToDraw):
                    found.planes[name] = _grid(worker, name, paths, files, out, points)
            for name, paths in along.items():
                with suppress(WorkerFailure, NothingToDraw):
                    found.curves[name] = _curve(worker, name, paths, files, out)
    finally:
        worker.end()
    return found


def _curve(
    worker: WorkerProcess, name: str, paths: list[Descent], files: Sequence[str], out: Path
) -> tuple[Any, Any, tuple[str, str], str, list[float]]:
    question, known = _known(worker, name, paths[0], files)
    minima = list(known.minimum)
    x = np.linspace(*span(paths, minima), POINTS_OF_CURVE)
    worker.request(EvaluatePlane(question, (tuple(x.tolist()), ()), str(out)))
    return x, np.load(out), (known.axes[0], known.height), name, minima


def _grid(
    worker: WorkerProcess,
    name: str,
    paths: list[Descent],
    files: Sequence[str],
    out: Path,
    points: int,
) -> Grid:
    question, known = _known(worker, name, paths[0], files)
    minima: list[Any] = [np.array(known.minimum)] if known.minimum else []
    x, y = (np.linspace(*side, points) for side in limits(paths, minima))
    worker.request(EvaluatePlane(question, (tuple(x.tolist()), tuple(y.tolist())), str(out)))
    z = np.load(out)
    axes = known.axes[0], known.axes[-1]
    return Grid(x, y, z, [*minima, *equals(x, y, z, minima)], axes)


def _known(
    worker: WorkerProcess, name: str, descent: Descent, files: Sequence[str]
) -> tuple[Question, Known]:
    """A problem of one of these files, or of the catalogue. Raises WorkerFailure."""
    for file in files:
        question = Question(name, file, descent.size, descent.seed, "value")
        with suppress(WorkerFailure):
            return question, worker.request(FindKnown(question))
    question = Question(name, None, descent.size, descent.seed, "value")
    return question, worker.request(FindKnown(question))

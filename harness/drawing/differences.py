"""Errors of finite differences of a run's problems, over steps: what the picture of the V shows.

The loss is evaluated in float64 at the run's own instance, along a random unit direction v. The
truth is the derivative along v by dual numbers in longdouble, where no difference is taken; the
gradient is that of the first backend of ours that has one, by hand or by the tape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.backends.backend import Setting
from gradparity.backends.catalogue import load
from gradparity.problems import Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout
from gradparity.problems.namespace import NUMPY
from gradparity.results.pictures.difference_picture import Differences
from gradparity.results.records.record import Cell, Run

STEPS = tuple(10.0 ** (power / 2) for power in range(-32, 3))
PARAMETERS, PANELS = 10_000, 9
"""Larger problems, and further ones, are left out: the picture is about differences, not sizes."""

GRADIENTS = ("numpy", "tape")


def differences(run: Run, cells: Sequence[Cell]) -> list[Differences]:
    """Return the errors of each problem of the catalogue in a run, at its smallest size.

    A user's own loss is left out: it would be called in this process.
    """
    smallest: dict[str, Cell] = {}
    for cell in cells:
        known = cell.file is None and cell.problem in PROBLEMS and 0 < cell.parameters <= PARAMETERS
        if known and cell.parameters < getattr(smallest.get(cell.problem), "parameters", np.inf):
            smallest[cell.problem] = cell
    seed = int(run.options.get("seed") or 0)
    chosen = list(smallest.values())[:PANELS]
    return [errors(PROBLEMS[cell.problem], cell.size, seed) for cell in chosen]


def errors(problem: Problem, size: str, seed: int) -> Differences:
    """Return the errors of one problem along one direction, relative to its gradient's norm."""
    instance, xp = problem.instance(size, seed), NUMPY
    layout = Layout.of(instance.params)
    x = layout.flatten(instance.params)
    v = np.random.default_rng([seed, 2]).normal(size=len(x))
    v /= np.linalg.norm(v)

    def loss(at: Any) -> float:
        return float(problem.loss(xp, layout.views(at), instance.data))

    def gradient(backend: str, dtype: str) -> Any:
        prepared = load(backend).prepare(problem, "gradient", instance, Setting(dtype))
        answer = prepared.decode(prepared.run(prepared.encode(instance)))
        return layout.flatten(answer.derivative)

    ours = next(name for name in GRADIENTS if load(name).unsupported(problem, "gradient") is None)
    found, truth = gradient(ours, "float64"), gradient("dual", "float64")
    norm = float(np.linalg.norm(truth)) or 1.0
    slope = float(truth @ v)
    with np.errstate(all="ignore"):
        here = loss(x)
        forward = [(loss(x + h * v) - here) / h for h in STEPS]
        central = [(loss(x + h * v) - loss(x - h * v)) / (2 * h) for h in STEPS]
    return Differences(
        problem=problem.name,
        size=size,
        backend=ours,
        steps=STEPS,
        forward=tuple(abs(one - slope) / norm for one in forward),
        central=tuple(abs(one - slope) / norm for one in central),
        gradient=abs(float(found @ v) - slope) / norm,
    )

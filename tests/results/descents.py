"""Descents whose every figure is known: gradient descent on f = (x^2 + 10 y^2) / 2.

With rate r the iterates are x_k = (1 - r)^k x_0 and y_k = (1 - 10 r)^k y_0; the minimum is 0, and
beyond r = 2 / 10 it diverges.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.results.records.descent import Descent, History

CURVATURES = np.array([1.0, 10.0])
FAR = 1e12
"""A loss beyond this has diverged."""


def start(seed: int) -> Any:
    return np.random.default_rng(seed).uniform(1.0, 3.0, 2)


def path(rate: float, seed: int, steps: int) -> Any:
    """The iterates, (steps + 1, 2), by the formula."""
    with np.errstate(over="ignore"):
        return start(seed) * (1 - rate * CURVATURES) ** np.arange(steps + 1)[:, None]


def descent(rate: float = 0.1, seed: int = 0, steps: int = 50, **changes: Any) -> Descent:
    """What `gd` does on this bowl, to `steps` or until the loss is beyond `FAR`."""
    points = path(rate, seed, steps)
    with np.errstate(over="ignore", invalid="ignore"):
        losses = (points**2 @ CURVATURES) / 2
    lost = np.flatnonzero(losses > FAR)
    last = int(lost[0]) if len(lost) else steps
    points, losses = points[: last + 1], losses[: last + 1]
    count = np.arange(last + 1.0)
    norms = np.abs(points * CURVATURES)
    found = Descent(
        problem="bowl",
        size="tiny",
        parameters=2,
        backend="numpy",
        how="ours",
        optimizer="gd",
        options={},
        rate=rate,
        schedule="constant",
        batch=None,
        seed=seed,
        dtype="float64",
        status="diverged" if len(lost) else "budget",
        steps=last,
        evaluations=last + 1,
        first_loss=float(losses[0]),
        final_loss=float(losses[-1]),
        best_loss=float(losses.min()),
        minimum=0.0,
        history=History(
            count, losses, count + 1, 1e-5 * count, {"x": norms[:, 0], "y": norms[:, 1]}, points
        ),
    )
    return replace(found, **changes)


def failed(optimizer: str, status: str = "unsupported", **changes: Any) -> Descent:
    """One that never began."""
    nothing = {"first_loss": None, "final_loss": None, "best_loss": None, "history": None}
    return replace(descent(), optimizer=optimizer, status=status, steps=0, **nothing, **changes)


def network(seed: int = 0, optimizer: str = "gd", steps: int = 50, **changes: Any) -> Descent:
    """The same figures, said to be of a network of two layers with nine parameters."""
    found = descent(0.05, seed, steps, problem="net", parameters=9, optimizer=optimizer)
    assert found.history is not None
    history = replace(found.history, path=None)
    return replace(found, minimum=None, history=history, **changes)

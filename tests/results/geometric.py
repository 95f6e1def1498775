"""Descents whose every figure is known: the loss is f* + (f0 − f*) qᵏ after k steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.results.records.descent import Descent, History

SECONDS = 0.5
"""What every step takes."""


def descent(
    q: float,
    steps: int = 100,
    seed: int = 0,
    rate: float | None = 0.1,
    optimizer: str = "gd",
    minimum: float | None = 0.0,
    lowest: float = 0.0,
    timed: bool = True,
    **changes: Any,
) -> Descent:
    """The descent from f0 = lowest + 1 towards `lowest`; two evaluations a step."""
    k = np.arange(steps + 1.0)
    losses = lowest + q**k
    given: dict[str, Any] = {
        "problem": "bowl",
        "size": "tiny",
        "parameters": 2,
        "backend": "numpy",
        "how": "ours",
        "optimizer": optimizer,
        "options": {},
        "rate": rate,
        "schedule": "constant",
        "batch": None,
        "seed": seed,
        "dtype": "float64",
        "status": "budget",
        "reason": f"all {steps} steps made",
        "steps": steps,
        "evaluations": 2 * steps,
        "first_loss": float(losses[0]),
        "final_loss": float(losses[-1]),
        "best_loss": float(losses.min()),
        "minimum": minimum,
        "convergence": q,
        "end": "minimum",
        "lowest": 1.0,
        "highest": 10.0,
        "history": History(
            steps=k,
            losses=losses,
            evaluations=2 * k,
            seconds=SECONDS * k if timed else None,
            norms={"x": np.sqrt(losses)},
            path=np.stack([losses, -losses], axis=1),
        ),
    }
    return Descent(**given | changes)


def diverged(at: int, **more: Any) -> Descent:
    """A descent whose loss is NaN from step `at` on."""
    found = descent(2.0, steps=at, **more)
    assert found.history is not None
    found.history.losses[-1] = math.nan
    words = {"status": "diverged", "reason": f"diverged at step {at}: the loss is nan"}
    return descent(
        2.0,
        steps=at,
        **{**more, **words, "history": found.history, "final_loss": None, "best_loss": 1.0},
    )


def crashed(**more: Any) -> Descent:
    """A descent whose process died."""
    nothing = {"first_loss": None, "final_loss": None, "best_loss": None, "history": None}
    words = {"status": "crashed", "reason": "crashed: signal 9", "how": "", "end": ""}
    return descent(0.5, **{**more, **nothing, **words, "convergence": None, "minimum": None})

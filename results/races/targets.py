"""When a descent got somewhere: to f ≤ f* + τ (f0 − f*), for τ from 1e-1 to 1e-7.

f0 is the loss at its start. f* is the known minimum; where none is known, it is the lowest loss to
which any descent of the run came on the same instance, so that adding a better optimiser moves the
targets of all others: it is said which of the two it is.

Source: Moré and Wild 2009, Benchmarking derivative-free optimization algorithms, section 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gradparity.results.records.descent import Descent

TAUS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)


def name(tau: float) -> str:
    """Write a τ as people do: "1e-3"."""
    return f"{tau:.0e}".replace("e-0", "e-")


@dataclass(frozen=True, slots=True)
class Goal:
    """f*, and whether it is the known minimum; else it is the lowest loss seen."""

    value: float
    known: bool


@dataclass(frozen=True, slots=True)
class Reached:
    """What it took to get there, in all; infinite if the descent never did.

    seconds: wall time within steps; None where time was not measured.
    """

    steps: float
    evaluations: float
    seconds: float | None


def goals(descents: Sequence[Descent]) -> list[Goal | None]:
    """Return the goal of each descent; None where no loss was ever seen."""
    known: dict[object, float] = {}
    seen: dict[object, float] = {}
    for descent in descents:
        case = _case(descent)
        if descent.minimum is not None and math.isfinite(descent.minimum):
            known[case] = descent.minimum
        for loss in (descent.best_loss, descent.final_loss, descent.first_loss):
            if loss is not None and math.isfinite(loss):
                seen[case] = min(loss, seen.get(case, math.inf))
    return [_goal(known.get(_case(d)), seen.get(_case(d))) for d in descents]


def _case(descent: Descent) -> object:
    """What descents on one instance share; the seed draws it."""
    return (descent.problem, descent.size, descent.seed)


def _goal(known: float | None, seen: float | None) -> Goal | None:
    if known is not None:
        return Goal(known, True)
    return None if seen is None else Goal(seen, False)


def reached(descent: Descent, goal: Goal | None, taus: Iterable[float] = TAUS) -> list[Reached]:
    """Return for each τ the first recorded iterate as low as f* + τ (f0 − f*).

    Beyond a thousand steps not every iterate is recorded, so that this may be 1 % late.
    """
    history, first = descent.history, descent.first_loss
    never = Reached(math.inf, math.inf, None if _untimed(descent) else math.inf)
    if history is None or goal is None or first is None:
        return [never for _ in taus]
    found = []
    for tau in taus:
        # NaN is not below anything, so that an iterate without a loss reaches nothing.
        there = np.flatnonzero(history.losses <= goal.value + tau * (first - goal.value))
        if there.size == 0:
            found.append(never)
            continue
        k = int(there[0])
        seconds = None if history.seconds is None else float(history.seconds[k])
        found.append(Reached(float(history.steps[k]), float(history.evaluations[k]), seconds))
    return found


def _untimed(descent: Descent) -> bool:
    return descent.history is not None and descent.history.seconds is None

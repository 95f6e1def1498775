"""When a descent got somewhere: to f ≤ f* + τ (f0 − f*), for τ from 1e-1 to 1e-7.

f0 is the loss at its start. f* is the known minimum; where none is known, it is the lowest loss to
which any descent of the run came on the same instance, so that adding a better optimiser moves the
targets of all others: it is said which of the two it is.

A loss without a minimum has no f*, whoever descends on it: nobody solves it, and it is graded by
the *escape*, the first iterate whose loss is at most f0 - max(1, |f0|).

Source: Moré and Wild 2009, Benchmarking derivative-free optimization algorithms, section 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradparity.results.records.descent import Descent

TAUS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)


def name(tau: float) -> str:
    """Write a τ as people do: "1e-3"."""
    return f"{tau:.0e}".replace("e-0", "e-")


@dataclass(frozen=True, slots=True)
class Goal:
    """f*, and whether it is the known minimum; else it is the lowest loss seen.

    value: -inf where there is no minimum, because the loss is unbounded.
    """

    value: float
    known: bool

    @property
    def unbounded(self) -> bool:
        """Whether there is no minimum."""
        return self.value == -math.inf


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
        if descent.unbounded:
            known[case] = -math.inf
        elif descent.minimum is not None and math.isfinite(descent.minimum):
            known.setdefault(case, descent.minimum)
        for loss in (descent.best_loss, descent.final_loss, descent.first_loss):
            if loss is not None and math.isfinite(loss):
                seen[case] = min(loss, seen.get(case, math.inf))
    return [_goal(known.get(_case(d)), seen.get(_case(d))) for d in descents]


def with_unbounded(descents: Sequence[Descent]) -> list[Descent]:
    """Return the descents, those on an instance that any of them found unbounded as such."""
    lost = {_case(descent) for descent in descents if descent.unbounded}
    return [replace(d, minimum=-math.inf) if _case(d) in lost else d for d in descents]


def escape(descent: Descent) -> Reached:
    """Return what it took to fall by max(1, |f0|); infinite if the descent never did."""
    first = descent.first_loss
    if first is None:
        return _first_at(descent, -math.inf)
    return _first_at(descent, first - max(1.0, abs(first)))


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
    first = descent.first_loss
    if goal is None or goal.unbounded or first is None:
        return [_first_at(descent, -math.inf) for _ in taus]
    return [_first_at(descent, goal.value + tau * (first - goal.value)) for tau in taus]


def _first_at(descent: Descent, loss: float) -> Reached:
    """Return what it took to the first recorded iterate that is at most a finite loss."""
    history = descent.history
    # NaN is not below anything, so that an iterate without a loss reaches nothing.
    reached = history is not None and math.isfinite(loss) and history.losses <= loss
    there = np.flatnonzero(reached)
    if history is None or not len(there):
        return Reached(math.inf, math.inf, None if _untimed(descent) else math.inf)
    k = int(there[0])
    seconds = None if history.seconds is None else float(history.seconds[k])
    return Reached(float(history.steps[k]), float(history.evaluations[k]), seconds)


def _untimed(descent: Descent) -> bool:
    return descent.history is not None and descent.history.seconds is None

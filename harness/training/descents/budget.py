"""What a descent may take, and what is good enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gradparity.problems import InputError


@dataclass(frozen=True, slots=True)
class Budget:
    """When a descent ends, whichever comes first; None where a rule is not asked for.

    steps: of the optimiser, at most. seconds: of wall time spent in steps.
    target: a loss. target_share: tau, in 0 ... 1: stop at f <= f* + tau (f0 - f*), where f0 is the
        loss at the start and f* the known minimum.
    gradient_norm: of the whole gradient, or less. plateau: so many steps without the loss falling
        by a millionth of itself.
    """

    steps: int = 1000
    seconds: float | None = None
    target: float | None = None
    target_share: float | None = None
    gradient_norm: float | None = None
    plateau: int | None = None


def check_budget(budget: Budget) -> None:
    """Raise InputError for a rule that could never hold, or always would."""
    if budget.steps < 1:
        raise InputError(f"budget of {budget.steps} steps: it should be at least 1")
    for name, value in (("seconds", budget.seconds), ("gradient norm", budget.gradient_norm)):
        if value is not None and not (math.isfinite(value) and value > 0.0):
            raise InputError(f"{name} {value:g}: it should be a positive number")
    if budget.target is not None and not math.isfinite(budget.target):
        raise InputError(f"target {budget.target:g}: it should be a loss, a finite number")
    share = budget.target_share
    if share is not None and not 0.0 < share < 1.0:
        raise InputError(f"share {share:g} of the way: it should lie between 0 and 1")
    if budget.plateau is not None and budget.plateau < 1:
        raise InputError(f"plateau of {budget.plateau} steps: it should be at least 1")

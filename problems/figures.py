"""What the figures of a market must be, told to whoever gave others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.problem import Arrays, Instance, Minimum


def check_positive(**figures: Any) -> None:
    """Raises InputError for the first figure, a number or several, not above 0 or not finite."""
    for name, figure in figures.items():
        _check(name, figure, np.asarray(figure, np.float64) > 0.0, "must be positive and finite")


def check_not_negative(**figures: Any) -> None:
    """Raises InputError for the first figure, a number or several, below 0 or not finite."""
    for name, figure in figures.items():
        _check(
            name, figure, np.asarray(figure, np.float64) >= 0.0, "must be finite and not negative"
        )


def check_finite(**figures: Any) -> None:
    """Raises InputError for the first figure, a number or several, that is NaN or infinite."""
    for name, figure in figures.items():
        _check(name, figure, np.asarray(True), "must be finite")


class Unbounded(InputError):
    """Figures of a market in which no decision is the best; `instance` is what was drawn with them.

    Where prices have limits of their own, as in `optimize`, there may be a best one all the same.
    """

    def __init__(self, told: str, instance: Instance) -> None:
        super().__init__(told)
        self.instance = instance


def bounded(instance: Instance, minimum: Callable[[Arrays], Minimum], **figures: float) -> Instance:
    """The instance. Raises Unbounded where profit has no maximum, or only approaches it.

    figures: those that decide it, by name, to be told.
    """
    found = minimum(instance.data)
    if found.params is None:
        told = ", ".join(f"{name} = {x:g}" for name, x in figures.items())
        raise Unbounded(f"with {told} no decision is the best: {found.note}", instance)
    return instance


def _check(name: str, figure: Any, right: Any, must: str) -> None:
    numbers = np.asarray(figure, np.float64)
    if not np.all(right & np.isfinite(numbers)):
        told = ", ".join(f"{x:g}" for x in np.ravel(numbers))
        raise InputError(f"{name} = {told} {must}")

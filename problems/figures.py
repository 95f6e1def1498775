"""What the figures of a market must be, told to whoever gave others."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems.errors import InputError


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


def _check(name: str, figure: Any, right: Any, must: str) -> None:
    numbers = np.asarray(figure, np.float64)
    if not np.all(right & np.isfinite(numbers)):
        told = ", ".join(f"{x:g}" for x in np.ravel(numbers))
        raise InputError(f"{name} = {told} {must}")

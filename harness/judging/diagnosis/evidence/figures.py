"""How a diagnosis writes its figures and places."""

from __future__ import annotations

from typing import Any


def figure(x: Any) -> str:
    """Return six significant digits; a number near 1 as "1 + 1e-09"."""
    apart = float(x - 1)
    if 0 < abs(apart) < 9.99e-4:
        return f"1 {'+' if apart > 0 else '-'} {abs(apart):.3g}"
    return f"{float(x):.6g}"


def unit_name(axis: int, ndim: int, place: int) -> str:
    """Return "row 3", "column 3", "component 3" or "slice 3 of axis 2"."""
    if ndim == 1:
        return f"component {place}"
    return f"{('row', 'column')[axis]} {place}" if ndim == 2 else f"slice {place} of axis {axis}"


CHANCE = 1e-6
"""What is as improbable as that is stated as a fact."""

LIKELY = 3e-3
"""What is as improbable as that may be said with "may"."""


def short_number(x: Any, doubt: Any, chance: float = CHANCE) -> Any:
    """Return the number of few digits that x > 0 is, within 4 doubts; None if that may be chance.

    Of d digits there are 10^d numbers a decade: chance hits one with probability 10^d doubt / x.
    """
    for digits in range(1, 7):
        if 10**digits * doubt > chance * x:
            return None
        rounded = type(x)(f"{float(x):.{digits - 1}e}")
        if abs(x - rounded) <= 4 * doubt + 4e-19 * x:
            return rounded
    return None

"""What a diagnosis says, and how its figures are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause that explains a difference.

    key: short and stable, see `CAUSES`. sentence: one or two sentences with names and figures.
    parameter: "" for the whole gradient. index: of the component or unit meant; None for all.
    """

    key: str
    sentence: str
    parameter: str = ""
    index: Index | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a gradient is wrong.

    cause: one of `CAUSES`. parameter, index: as in `Cause`. sentence: for a person.
    right: the parameters without a wrong component, in their order.
    """

    cause: str
    parameter: str
    index: Index | None
    sentence: str
    right: tuple[str, ...]


CAUSES: dict[str, str] = {
    "none": "every component is right",
    "nonfinite": "infinity or NaN where a number should be, or the reverse",
    "sign": "the wrong sign, of all or of some components",
    "factor": "a constant ratio, of a parameter, of each unit, or elementwise to a known array",
    "parameter-missing": "zero on a whole parameter",
    "unit-missing": "zero on some rows, columns or slices",
    "one-unit": "wrong on one row, column or slice",
    "one-component": "wrong in a single component",
    "off-by-one": "shifted by one, or zero at the first or last place of an axis",
    "transposed": "axes exchanged",
    "permuted": "the right components in another order",
    "swapped": "two arrays exchanged",
    "absolute-value": "the absolute value instead of the gradient",
    "clipped": "limited to a range",
    "function": "another elementwise function of the true gradient",
    "broadcast-sum": "constant along an axis where it should vary",
    "wrong-axis": "summed over the wrong axis",
    "term-missing": "a term left out",
    "term-added": "a term too many",
    "kink": "wrong where an array is zero, or on one side of zero",
    "saturation": "wrong where an array is large, or small",
    "cases": "some cases left out, counted twice, or alone",
    "stale": "the gradient at another point, or with a value kept from another place",
    "wrong-derivative": "one step of the chain rule with another derivative",
    "precision": "right but for the rounding of a shorter format",
    "other": "none of these",
}


def figure(x: Any) -> str:
    """Return six significant digits; a number near 1 as "1 + 1e-09"."""
    apart = float(x - 1)
    if 0 < abs(apart) < 9.99e-4:
        return f"1 {'+' if apart > 0 else '-'} {abs(apart):.3g}"
    return f"{float(x):.6g}"


def listed(names: Any) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    texts = [str(name) for name in names]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def unit_name(axis: int, ndim: int, place: int) -> str:
    """Return "row 3", "column 3", "component 3" or "slice 3 of axis 2"."""
    if ndim == 1:
        return f"component {place}"
    return f"{('row', 'column')[axis]} {place}" if ndim == 2 else f"slice {place} of axis {axis}"


def short_number(x: Any, doubt: Any) -> Any:
    """Return the number of few digits that x > 0 is, within 4 doubts; None if that may be chance.

    Of d digits there are 10^d numbers a decade: chance hits one with probability 10^d doubt / x.
    """
    for digits in range(1, 7):
        if 10**digits * doubt > 1e-6 * x:
            return None
        rounded = type(x)(f"{float(x):.{digits - 1}e}")
        if abs(x - rounded) <= 4 * doubt + 4e-19 * x:
            return rounded
    return None

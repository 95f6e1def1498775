"""Running products and their like, along an axis.

Each entry is joined with the one `step` before it, for steps 1, 2, 4, ...: log2(n) rounds, no
division and no subtraction, so that zeros and large exponents do no harm.

Source of the scheme: Hillis and Steele, Data parallel algorithms, CACM 29 (1986).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family, by_name


def cumulative_prod(xp: Any, x: Any, axis: int | None = None, include_initial: bool = False) -> Any:
    """Products of the first 1, 2, ... entries along an axis; with include_initial a 1 is first."""
    place = _only(x, axis, "cumulative_prod")
    found = _joined(xp, x, place, lambda earlier, later: earlier * later)
    if not include_initial:
        return found
    shape = (*x.shape[:place], 1, *x.shape[place + 1 :])
    return xp.concat([xp.full(shape, 1, dtype=x.dtype), found], axis=place)


def logcumsumexp(xp: Any, x: Any, axis: int | None = None) -> Any:
    """ln of the running sums of e^x along an axis, without overflow."""
    return _joined(xp, x, _only(x, axis, "logcumsumexp"), xp.logaddexp)


def _only(x: Any, axis: int | None, name: str) -> int:
    if axis is None and x.ndim != 1:
        raise InputError(f"xp.{name} of {x.ndim} dimensions needs an axis")
    return 0 if axis is None else axis % x.ndim


def _joined(xp: Any, x: Any, axis: int, join: Callable[[Any, Any], Any]) -> Any:
    """Along an axis, each entry joined with all before it."""
    before, step = (slice(None),) * axis, 1
    while step < x.shape[axis]:
        ahead = x[(*before, slice(None, step))]
        earlier, later = x[(*before, slice(None, -step))], x[(*before, slice(step, None))]
        x = xp.concat([ahead, join(earlier, later)], axis=axis)
        step *= 2
    return x


FAMILY = Family("running", composites=by_name(cumulative_prod, logcumsumexp))

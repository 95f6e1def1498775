"""Whether a loss moves as the steps that were read off it do.

A value that leaves the library (`.item()`, NumPy) or is cut off (`detach`) is a constant of the
steps, but not of the loss. So both are evaluated at points θ ± h v, v random: where they part, the
loss has a slope that its steps lack.

    d(t) = loss(θ + t v) - steps(θ + t v),   d(t) ≈ c t,   c ≠ 0

to both sides and over three step lengths alike, the longest 16 times the shortest; as h shrinks,
the two sides come together, and that is seen along two of three v. A kink bends d at 0, a jump or
rounding gives no slope that stays as h shrinks: of these nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.translation import Translation
from gradparity.problems import Arrays
from gradparity.problems.namespace import NUMPY

Value = Callable[[Arrays], Any]
"""params in float64 -> the value of a loss."""

DIRECTIONS = 3
_FIRST = 1e-3
_LEVELS = 9
_ALIKE = 0.1
"""How far the six slopes may be apart, relative to the largest."""
_TOGETHER = {"float64": 0.01, "float32": 0.1}
"""How far its two sides may stay apart, likewise."""
_LEAST = {"float64": 1e-9, "float32": 1e-2}
"""A slope of less, relative to that of the loss and to its value, is no slope."""


def parted(loss: Value, translation: Translation, params: Arrays, dtype: str) -> bool:
    """Whether the loss, computed in `dtype`, has a slope that its steps lack, or the reverse.

    Points at which one of the two raises or is not finite tell nothing.
    """

    def steps(moved: Arrays) -> Any:
        return translation.loss(NUMPY, moved, translation.data)

    rng = np.random.default_rng(11)
    seen = 0
    for _ in range(DIRECTIONS):
        direction = {
            name: np.where(x == 0, 1.0, np.abs(x))
            * rng.uniform(0.5, 1.5, np.shape(x))
            * rng.choice((-1.0, 1.0), np.shape(x))
            for name, x in params.items()
        }
        seen += _along(loss, steps, params, direction, dtype)
    return seen > 1


def _along(loss: Value, steps: Value, params: Arrays, direction: Arrays, dtype: str) -> bool:
    rows: list[tuple[float, float]] = []
    for level in range(_LEVELS):
        h = _FIRST / 4**level
        ends = [_ends(loss, steps, params, direction, t) for t in (h, -h)]
        (ahead, ahead_too), (behind, behind_too) = ends
        least = _LEAST[dtype] * (abs(ahead - behind) / (2 * h) + abs(ahead))
        rows.append(((ahead - ahead_too) / h, (behind - behind_too) / -h))
        if level == 0 and max(map(abs, rows[0])) <= least:
            return False
        latest = np.array(rows[-3:])
        if len(rows) < 3 or not np.isfinite(latest).all():
            continue
        top, apart = np.max(np.abs(latest)), np.abs(np.diff(latest)[:, 0])
        together = apart[-1] <= max(apart[0] / 4, _TOGETHER[dtype] * top)
        if together and np.ptp(latest) <= _ALIKE * top and np.min(np.abs(latest)) > least:
            return True
    return False


def _ends(
    loss: Value, steps: Value, params: Arrays, direction: Arrays, t: float
) -> tuple[float, float]:
    """The value of either at θ + t v; NaN where one cannot be had."""
    moved = {name: x + t * direction[name] for name, x in params.items()}
    try:
        with np.errstate(all="ignore"):
            return float(loss(moved)), float(steps(moved))
    except Exception:  # a point outside the loss's domain, in whatever way it says so
        return float("nan"), float("nan")

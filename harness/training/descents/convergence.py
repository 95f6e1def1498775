"""How fast a descent converges: the factor per step, by a line through logarithms.

Linear convergence is e_k ≈ c ρᵏ for the error e = loss - minimum, or for the norm of the gradient
where the minimum is unknown or the descent went to another one. ln e_k is then a line over k, and ρ
is e to its slope. The first half is left out: there, momentum has not yet settled (its error has a
factor k besides ρᵏ). What comes after the error has met its rounding level is left out as well.
"""

from __future__ import annotations

import math

import numpy as np

from gradparity.results.records.descent import Series

FEWEST = 5
"""Points below which nothing is fitted."""
ARRIVED = 1e-6
"""Losses are taken for converging to the known minimum once so much of their error is left."""


def factor(
    steps: Series, losses: Series, minimum: float | None, norms: Series | None
) -> float | None:
    """The factor per step, of the error of the losses or else of the gradient's norms.

    steps, losses, norms: one planned per recorded iterate. minimum: of the loss, None or -inf where
    there is none. None where nothing can be fitted.
    """
    errors = None
    if minimum is not None and math.isfinite(minimum):
        # A loss near its minimum is known to a few units in the last place of the minimum.
        errors = _significant(losses - minimum, 1e3 * np.finfo(np.float64).eps * abs(minimum))
        if len(errors) and errors[-1] <= ARRIVED * errors[0]:
            return _fit(steps, errors)
    if norms is not None and np.isfinite(norms).any():
        known = np.isfinite(norms)
        first = float(norms[known][0])
        return _fit(steps[known], _significant(norms[known], 1e-12 * first))
    return None if errors is None else _fit(steps, errors)


def _significant(errors: Series, level: float) -> Series:
    """The errors up to the first that is at rounding level, or no number."""
    floor = max(level, 1e-290)
    with np.errstate(invalid="ignore"):
        ends = np.flatnonzero(~((errors > floor) & np.isfinite(errors)))
    return errors[: ends[0]] if len(ends) else errors


def _fit(steps: Series, errors: Series) -> float | None:
    k, e = steps[: len(errors)], errors
    if len(e) == 0:
        return None
    late = k >= 0.5 * (k[0] + k[-1])
    k, e = k[late], e[late]
    if len(k) < FEWEST:
        return None
    slope = np.polyfit(k, np.log(e), 1)[0]
    return float(math.exp(slope))

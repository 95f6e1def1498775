"""How far a decision may stray: between which values profit is within a share of the best.

With everything else left as it is, π falls on either side of the optimum; the ends are the roots of
π(t) - (1 - share) π*, bracketed by steps that grow from √(2 share π*/|π″|), and found by Brent's
method. Where π never falls so low, the end is the bound, or there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable

SHARE = 0.01
GROW, MOST = 1.6, 200


def band(
    profit: Callable[[float], float],
    best: float,
    lower: float,
    upper: float,
    curvature: float,
    share: float = SHARE,
) -> tuple[float, float]:
    """(lowest, highest) t with profit(t) >= (1 - share) profit(best); infinite without an end.

    curvature: of the profit at best, or a guess at it; it scales the first step. NaN, NaN if there
    is no profit to lose.
    """
    top = profit(best)
    if not top > 0.0:
        return math.nan, math.nan
    bend = abs(curvature)
    step = math.sqrt(2.0 * share * top / bend) if bend > 0.0 else abs(best) * share
    step = min(max(step, 1e-9 * abs(best)), abs(best)) or 1.0

    def lost(t: float) -> float:
        found = profit(t) - (1.0 - share) * top
        return found if math.isfinite(found) else -top

    return _end(lost, best, lower, -step), _end(lost, best, upper, step)


def _end(lost: Callable[[float], float], best: float, bound: float, step: float) -> float:
    """The first root beyond `best` in the direction of `step`, or the bound."""
    # SciPy is slow to import.
    from scipy.optimize import brentq

    inside = best
    for _ in range(MOST):
        outside = inside + step
        outside = max(outside, bound) if step < 0.0 else min(outside, bound)
        if lost(outside) < 0.0:
            return float(brentq(lost, inside, outside, xtol=4e-16 * abs(inside) or 1e-300))
        if outside == bound:
            return bound
        inside, step = outside, step * GROW
    return math.copysign(math.inf, step)

"""What is recommended in a market, how it was found, and what it depends on: records."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gradparity.harness.business.market import Market
from gradparity.harness.judging.gradient_check import Check


@dataclass(frozen=True, slots=True)
class Decision:
    """One number decided, in its unit.

    held: the limit that binds, in words, or "". marginal: what one more of it would earn; 0 unless
    a limit binds. low, high: the values between which profit is within 1 % of the best, the others
    left as they are; infinite or NaN without an end. elasticity: % of demand per % of it.
    pass_through: how it moves with one more of cost. None or NaN where there is no such thing.
    closed_form: what the closed form says; None without one, or where it breaks a limit.
    """

    name: str
    kind: str
    value: float
    unit: str
    held: str = ""
    marginal: float = 0.0
    low: float = math.nan
    high: float = math.nan
    elasticity: float = math.nan
    pass_through: float = math.nan
    closed_form: float | None = None

    @property
    def stem(self) -> str:
        """The parameter's name: "price" of "price 2"."""
        return self.name.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Search:
    """How it was found: steps of the best descent; of all together: starts, evaluations.

    norm: the largest slope of the loss by a free variable (see `variables`), relative to the loss.
    worse: starts that ended at a lower profit.
    """

    steps: int
    evaluations: int
    starts: int
    worse: int
    norm: float
    converged: bool


@dataclass(frozen=True, slots=True)
class Visited:
    """An iterate of the best descent: decisions, (P,), dπ/dθ of each, (P,), and the profit."""

    values: tuple[float, ...]
    slopes: tuple[float, ...]
    profit: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to decide in a market.

    profit: in its unit, and that of the closed form within the limits; None without one.
    demand: per product, None without a cost. worth: figure -> profit gained with one more of it.
    note: what the closed form says besides, or why there is none to compare with.
    warnings: why none of this is advice, a sentence each; see `warnings.py`. way: to the end.
    """

    market: Market
    backend: str
    check: Check
    decisions: tuple[Decision, ...]
    profit: float
    demand: tuple[float, ...] | None
    worth: dict[str, Any]
    search: Search
    closed_form: float | None = None
    note: str = ""
    warnings: tuple[str, ...] = ()
    way: tuple[Visited, ...] = ()

    @property
    def unsold(self) -> bool:
        """Whether the demand for something is negative, which no market's is."""
        return any(sold < 0.0 for sold in self.demand or ())

    @property
    def apart(self) -> float:
        """The largest relative difference to the closed form, also in profit; NaN without one.

        Of several numbers of one name, those below a thousandth of the largest count as that much.
        """
        if self.closed_form is None:
            return math.nan
        largest: dict[str, float] = {}
        for one in self.decisions:
            known = abs(one.closed_form or 0.0)
            largest[one.stem] = max(largest.get(one.stem, 0.0), known)
        found = abs(self.profit - self.closed_form) / (abs(self.closed_form) or 1.0)
        for one in self.decisions:
            if one.closed_form is not None:
                scale = max(abs(one.closed_form), 1e-3 * largest[one.stem]) or 1.0
                found = max(found, abs(one.value - one.closed_form) / scale)
        return found

"""Profiles: which share of problem instances an optimiser solves, at which cost.

**Solved.** An instance is solved to tau once

    f(x) <= f* + tau (f(x0) - f*),

f* the known minimum, or, where none is known, the lowest loss that any descent found on this
instance, at whichever rate. What it cost until then is t_{p,s}, of optimiser s on instance p:
infinite if never.

**Performance profile** (Dolan, More): the share of instances on which s needs at most alpha times
what the best one needs,

    rho_s(alpha) = |{p : t_{p,s} <= alpha min_s t_{p,s}}| / |P|.

rho_s(1) is how often s is the best, its limit how often it gets there at all. The curve of one
optimiser depends on who else takes part.

**Data profile** (More, Wild): the share that is solved within k simplex gradients, that is within
k (n_p + 1) evaluations, n_p the number of parameters,

    d_s(k) = |{p : t_{p,s} <= k (n_p + 1)}| / |P|,

which depends on nobody else. Instances that nobody solves count in |P| in both.
Source: Dolan, More, Benchmarking optimization software with performance profiles, Math. Program.
91, 2002; More, Wild, Benchmarking derivative-free optimization algorithms, SIAM J. Optim. 20, 2009.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gradparity.results.races.targets import Goal, reached
from gradparity.results.records.descent import Descent

Who = TypeVar("Who")
"""Whatever names an optimiser."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A rising step function: from at[i] on, `shares[i]` of the instances are solved, 0 to 1.

    at: ascending, finite; 1 is the first possible place of a performance profile.
    """

    at: tuple[float, ...]
    shares: tuple[float, ...]

    def share(self, x: float) -> float:
        """Return the share solved at x."""
        found = np.searchsorted(self.at, x, "right")
        return self.shares[found - 1] if found else 0.0


def cost(descent: Descent, tau: float, goal: Goal | None, counted: str) -> float:
    """Return what a descent cost until it was solved to tau; infinite if it never was.

    counted: "steps", "evaluations" or "seconds"; NaN for seconds that were not measured.
    """
    found = getattr(reached(descent, goal, [tau])[0], counted)
    return math.nan if found is None else float(found)


def performance(costs: Mapping[Who, Sequence[float]]) -> dict[Who, Profile]:
    """Return the performance profile of each optimiser.

    costs: by optimiser, for each instance, in the same order; infinite where it was not solved.
    """
    best = [min(found) for found in zip(*costs.values(), strict=True)]
    return {
        name: profile([_ratio(own, least) for own, least in zip(found, best, strict=True)])
        for name, found in costs.items()
    }


def data(
    evaluations: Mapping[Who, Sequence[float]], parameters: Sequence[int]
) -> dict[Who, Profile]:
    """Return the data profile of each optimiser.

    evaluations: by optimiser, for each instance; parameters: of each instance, in the same order.
    """
    return {
        name: profile([t / (n + 1) for t, n in zip(found, parameters, strict=True)])
        for name, found in evaluations.items()
    }


def profile(values: Sequence[float]) -> Profile:
    """Return the share of values that are at most x, as a function of x; infinite never are."""
    finite = sorted(value for value in values if math.isfinite(value))
    at = tuple(dict.fromkeys(finite))
    counts = np.searchsorted(finite, at, "right")
    return Profile(at, tuple(float(count) / len(values) for count in counts))


def _ratio(own: float, best: float) -> float:
    # What costs nothing at all, since the start is a solution, is as good as the best.
    if own == best:
        return 1.0 if math.isfinite(own) else math.inf
    return own / best if best > 0 else math.inf

"""The search for an optimum: descents from several starts with a backend's gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.business.descent import Descended, descend, end_at
from gradparity.harness.business.market import Market
from gradparity.harness.business.recommendation import Search
from gradparity.harness.business.variables import ZERO, Choice, Variables, choices
from gradparity.problems import InputError, Instance, Minimum
from gradparity.problems.namespace import NUMPY

SEEDS = range(4)
SHARES = (1.0, 1e-6)
"""Of the spends drawn: a market may have one optimum with advertising and one without."""
LARGEST = 1e37
SAME = 1e-9
"""Relative: losses nearer than this are one optimum's."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best end of all descents.

    loss: parameters, (P,) -> (loss, gradient). theta: (P,), the best. instance: the same by name.
    known: the closed form, if there is one.
    """

    market: Market
    choices: list[Choice]
    variables: Variables
    loss: Callable[[Any], tuple[float, Any]]
    best: Descended
    theta: Any
    instance: Instance
    search: Search
    known: Minimum | None

    def check_curvature(self, curvature: Any) -> None:
        """Raises InputError where, by the Hessian of the loss, the profit is level around it.

        Doubling a decision bends the loss by at least `SAME` of it: less is a profit that only
        approaches its best.
        """
        nothing = np.array([one.lower == 0.0 for one in self.choices]) & (self.theta <= ZERO)
        free = (self.best.held == 0) & ~nothing  # at 0 a square is level, whatever the profit
        turn = self.variables.slope(self.best.v)[free]
        bent = turn[:, None] * curvature[np.ix_(free, free)] * turn
        slope = self.loss(self.theta)[1][free]
        bent += np.diag(slope * self.variables.bend(self.best.v)[free])
        size = self.variables.size(self.best.v)[free]
        bent = size[:, None] * bent * size
        if free.any() and np.all(np.isfinite(bent)):
            lowest = float(np.linalg.eigvalsh(bent)[0])
            if lowest <= SAME * abs(self.best.value):
                pairs = zip(self.choices, self.theta, strict=True)
                told = ", ".join(f"{choice.label} {x:.3g}" for choice, x in pairs)
                raise _endless(self.market, self.choices, f"profit is level around {told}")


def starts(market: Market) -> list[Instance]:
    """Points to start from; the data are those of the first. Raises InputError for no market."""
    points = [market.drawn(seed) for seed in SEEDS]
    _check_range(market, points[0])
    return points


def _check_range(market: Market, point: Instance) -> None:
    """Refuse amounts that float32 cannot hold, in which the gradient is judged as well."""
    with np.errstate(all="ignore"):
        profit = market.problem.loss(NUMPY, point.params, point.data)
    amounts = [*point.params.values(), profit]
    most = max(float(np.max(np.abs(x), initial=0.0)) for x in amounts)
    if most > LARGEST:
        raise InputError(
            f"{market.problem.name}: these figures make amounts of {most:.0e}, and gradients are "
            f"judged in float32 too, which holds {LARGEST:.0e}; count in thousands or millions"
        )


def search(market: Market, backend: str) -> Optimum:
    """The lowest loss that descents from all starts end at.

    Raises InputError for a market that has none: the closed form says so, or the profit grows with
    a decision that has gone far beyond any use.
    """
    points = starts(market)
    data = points[0].data
    known = None if market.problem.minimum is None else market.problem.minimum(data)
    found = choices(market, points[0].params, data)
    limited = any(choice.upper < math.inf for choice in found)
    if known is not None and known.params is None and not limited:
        raise _endless(market, found, known.note)
    variables = Variables(found, points[0].params)
    loss = _loss(market, backend, points[0], variables)

    def by_v(v: Any) -> tuple[float, Any]:
        value, slope = loss(variables.theta(v))
        with np.errstate(all="ignore"):
            return value, slope * variables.slope(v)

    bounds = variables.lower, variables.upper
    shares = SHARES if any(choice.kind == "spend" for choice in found) else SHARES[:1]
    ends = [
        descend(by_v, variables.at(point.params, share), *bounds, variables.far)
        for share in shares
        for point in points
    ]
    lowest = min(end.value if math.isfinite(end.value) else math.inf for end in ends)
    equal = [end for end in ends if end.value <= lowest + SAME * abs(lowest)]
    best = min(equal or ends, key=lambda end: end.norm)
    best = end_at(by_v, variables.emptied(best.v), *bounds, best)
    theta = variables.theta(best.v)
    if best.away or not equal:
        most = int(np.argmax(np.abs(theta)))
        grown = f"profit still grows at {found[most].label} {theta[most]:.3g}"
        raise _endless(market, found, grown)
    made = sum(end.evaluations for end in ends)
    worse = len(ends) - len(equal)
    told = Search(best.steps, made, len(ends), worse, best.norm, best.converged)
    instance = Instance(variables.params(theta), data)
    return Optimum(market, found, variables, loss, best, theta, instance, told, known)


def _loss(
    market: Market, backend: str, like: Instance, variables: Variables
) -> Callable[[Any], tuple[float, Any]]:
    prepared = load(backend).prepare(market.problem, "gradient", like.zeros(), Setting())

    def loss(theta: Any) -> tuple[float, Any]:
        with np.errstate(all="ignore"):
            answer = prepared(Instance(variables.params(theta), like.data))
        return float(answer.value), variables.layout.flatten(answer.derivative)

    return loss


def _endless(market: Market, found: list[Choice], why: str) -> InputError:
    kinds = {choice.kind for choice in found}
    options = [
        option
        for kind, option in (("price", "--max-price"), ("spend", "--budget"))
        if kind in kinds and market.problem.decisions is None
    ]
    hint = f"; set a limit: {' or '.join(options)}" if options else ""
    return InputError(f"{market.problem.name} has no best decision here: {why}{hint}")

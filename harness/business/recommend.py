"""The recommendation for a market: its gradient judged, its optimum found and explained."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends import Unsupported
from gradparity.backends.catalogue import load
from gradparity.harness.business.band import band
from gradparity.harness.business.effects import Effects, effects
from gradparity.harness.business.market import SIZE, Market
from gradparity.harness.business.recommendation import Decision, Recommendation, Visited
from gradparity.harness.business.search import Optimum, search, starts
from gradparity.harness.business.variables import NEAR, ZERO, kind_of, numbered
from gradparity.harness.business.warnings import warnings
from gradparity.harness.judging import user_file
from gradparity.harness.judging.gradient_check import Check, check_problem
from gradparity.problems import InputError, Instance
from gradparity.problems.layout import Layout

ENDLESS = 1e40
"""A slope beyond it is infinite."""
LEFT = 1e-40
"""Of the profit: what rounding, and a spend of `NEAR`, leave of a worth of 0."""
NONE = 1e-12
"""Of the largest spend: a divided budget gives a channel less than this where it gives nothing."""


def judged(market: Market, backend: str) -> Check:
    """The verdict on the backend's gradient of this very market.

    Raises InputError if the figures are no market, or the backend cannot serve it.
    """
    if market.file is not None:
        market.drawn(0)
        user_file.check(market.problem, market.file, 0)
    starts(market)
    engine = load(backend)
    missing = engine.unavailable() or engine.unsupported(market.problem, "gradient")
    if missing:
        raise InputError(f"{missing}; another backend may: --backend tape")
    try:
        return check_problem(market.problem, engine, SIZE, 0)
    except Unsupported as error:
        raise InputError(f"{backend}: {error}") from None


def recommend(market: Market, backend: str, check: Check) -> Recommendation:
    """The best decisions, by descent with the backend's gradient, held against the closed form.

    Raises InputError for a market that has none: profit grows without end, or only approaches.
    """
    optimum = search(market, backend)
    data = optimum.instance.data
    followed = effects(market.problem, optimum.instance, optimum.choices, optimum.best.held)
    if market.problem.decisions is None:
        optimum.check_curvature(followed.curvature)
        slopes = optimum.loss(optimum.theta)[1]
        places = range(len(optimum.choices))
        decisions = [_decision(optimum, place, -slopes[place], followed) for place in places]
    else:
        decisions = _divided(market, optimum.instance)
    decisions, closed, note = _held_against(optimum, decisions)
    profit = -optimum.best.value
    demand = None if followed.demand is None else tuple(followed.demand.tolist())
    if demand is not None:  # rounding leaves next to nothing of what is exactly nothing
        demand = tuple(0.0 if abs(x) < NONE * max(map(abs, demand)) else x for x in demand)
    worth = {name: _felt(x, data[name], profit).tolist() for name, x in followed.worth.items()}
    return Recommendation(
        market=market,
        backend=backend,
        check=check,
        decisions=tuple(decisions),
        profit=profit,
        demand=demand,
        worth=worth,
        search=optimum.search,
        closed_form=closed,
        note=note,
        warnings=tuple(warnings(market, optimum, decisions, demand, followed.sensitivity)),
        way=_way(optimum) if market.problem.decisions is None else (),
    )


def _way(optimum: Optimum) -> tuple[Visited, ...]:
    """The iterates of the best descent, in the units of the decisions."""
    found = []
    for v in optimum.best.path:
        theta = optimum.variables.theta(v)
        loss, slopes = optimum.loss(theta)
        found.append(Visited(tuple(theta.tolist()), tuple((-slopes).tolist()), -loss))
    return tuple(found)


def _decision(optimum: Optimum, place: int, marginal: float, followed: Effects) -> Decision:
    choice, theta, held = optimum.choices[place], optimum.theta, int(optimum.best.held[place])
    nothing = choice.lower == 0.0 and theta[place] <= ZERO
    at = 0.0 if nothing else float(theta[place])
    low = high = math.nan
    if choice.kind != "free":

        def along(t: float) -> float:
            moved = np.array(theta)
            moved[place] = max(t, NEAR**2) if choice.lower == 0.0 else t
            return -optimum.loss(moved)[0]

        bend = float(followed.curvature[place, place])
        low, high = band(along, at, choice.lower, choice.upper, bend)
    return Decision(
        choice.label,
        choice.kind,
        at,
        choice.unit,
        held={-1: choice.floor, 0: "", 1: choice.ceiling}[held],
        marginal=_rounded(marginal) if held else 0.0,
        low=low,
        high=high,
        elasticity=0.0 if nothing else float(followed.elasticities[place]),
        pass_through=float(followed.pass_through[place]),
    )


def _rounded(x: float) -> float:
    """A slope at a spend of `NEAR` as it is at 0: beyond all scales it is infinite."""
    return math.copysign(math.inf, x) if abs(x) > ENDLESS else float(x)


def _felt(worth: Any, figure: Any, profit: float) -> Any:
    """What figures are worth, without what rounding has left where it is 0."""
    scale = np.maximum(np.abs(figure), 1.0)
    return np.where(np.abs(worth) * scale <= LEFT * abs(profit), 0.0, worth)


def _divided(market: Market, instance: Instance) -> list[Decision]:
    """The decisions behind a reparametrisation: nothing else moves one of them alone."""
    found = []
    for name, array in market.decided(instance.params, instance.data).items():
        unit = market.problem.units.get(name, "")
        kind = kind_of(unit, market.money)
        none = NONE * float(np.max(np.abs(array), initial=0.0))
        for index in np.ndindex(np.shape(array)):
            value = float(array[index])
            held = f"{name} >= 0" if kind == "spend" and value <= none else ""
            found.append(Decision(numbered(name, index), kind, 0.0 if held else value, unit, held))
    return found


def _held_against(
    optimum: Optimum, decisions: list[Decision]
) -> tuple[list[Decision], float | None, str]:
    """The decisions beside those of the closed form, its profit, and a note."""
    market, known, found = optimum.market, optimum.known, optimum.choices
    if known is None:
        return decisions, None, "no closed form is known"
    if known.params is None:
        return decisions, None, f"without the limit there is no best: {known.note}"
    decided = market.decided(known.params, optimum.instance.data)
    theirs = Layout.of(decided).flatten(decided)
    if market.problem.decisions is None:
        lower, upper = (np.array([getattr(e, side) for e in found]) for side in ("lower", "upper"))
        if np.any((theirs < lower) | (theirs > upper)):
            told = ", ".join(f"{e.label} {x:.6g}" for e, x in zip(found, theirs, strict=True))
            return decisions, None, f"without the limit, the closed form says: {told}"
    beside = [replace(one, closed_form=float(x)) for one, x in zip(decisions, theirs, strict=True)]
    return beside, -known.value, known.note

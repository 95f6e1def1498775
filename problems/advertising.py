"""Advertising: what to spend in a market of constant elasticities, and how to divide a budget.

The loss is minus the profit, or minus what a budget earns. The figures of a market are `draw`'s
keywords, and `minimum` answers in closed form for any of them.

A budget has to be spent in full, on channels that cannot be given less than nothing. Both budgets
are therefore divided by a smooth map from free numbers z to spends x, which `decisions` states:

    softmax  x_i = B e^z_i / Σ e^z,   where every channel gets something at the optimum;
    squares  x_i = B z_i² / Σ z²,     where some get nothing: a share of 0 is attained, at z_i = 0.

Neither determines z: a constant added to it, or a factor, changes nothing.

What these exercise: fractional powers; a sum over channels behind a normalisation, as in attention,
with a Hessian that is singular by construction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.figures import bounded, check_positive
from gradparity.problems.functions import softmax
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

# Demand of constant elasticities q = A p^-ε x^β, π = (p - c) q - x:
#     dπ/dp = q (1 - ε (p - c)/p) = 0   at   p* = ε c/(ε - 1), whatever is spent;
#     dπ/dx = β K x^(β - 1) - 1 = 0     at   x* = (β K)^(1/(1 - β)),   K = A p*^-ε (p* - c),
# which earns π* = x* (1/β - 1) and spends β/ε of the sales p q: Dorfman and Steiner's rule.
# Profit is unbounded with ε < 1, where K grows with the price, and with β > 1, where it grows with
# the spend; with β = 1 it does where K > 1.


def _ad_elastic(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    p, x = params["price"], params["spend"]
    demand = data["scale"] * xp.pow(p, -data["elasticity"]) * xp.pow(x, data["response"])
    return -((p - data["cost"]) * demand - x)


def _ad_elastic_draw(
    rng: np.random.Generator,
    *,
    scale: float = 3e4,
    elasticity: float = 2.5,
    response: float = 0.3,
    cost: float = 35.0,
) -> Instance:
    figures = {"scale": scale, "elasticity": elasticity, "response": response, "cost": cost}
    check_positive(**figures)
    price = cost * rng.uniform(1.05, 4.0)
    spend = rng.uniform(0.1, 3.0)
    if response < 1.0:
        spend *= _spend(scale * price**-elasticity * (price - cost), response)
    params = {"price": np.asarray(price), "spend": np.asarray(spend)}
    drawn = Instance(params, {name: np.asarray(float(x)) for name, x in figures.items()})
    return bounded(drawn, _ad_elastic_minimum, elasticity=elasticity, response=response)


_MOST = 1e30
"""No market spends as much; a response close to 1 would."""


def _spend(k: float, response: float) -> float:
    """The spend x at which d (k x^β)/dx is 1; β < 1. Never more than `_MOST`."""
    log = math.log(response * k) / (1.0 - response)
    return _MOST if log > math.log(_MOST) else float((response * k) ** (1.0 / (1.0 - response)))


def _ad_elastic_minimum(data: Arrays) -> Minimum:
    scale, elasticity, response, cost = (
        float(data[name]) for name in ("scale", "elasticity", "response", "cost")
    )
    if elasticity <= 1.0 and response < 1.0:
        if elasticity < 1.0:
            return Minimum(
                -math.inf, note="unbounded: profit grows with the price (elasticity < 1)"
            )
        top = _spend(scale, response) * (1.0 / response - 1.0)
        return Minimum(-top, note="an infimum, approached as the price grows (elasticity 1)")
    if response >= 1.0:
        return Minimum(-math.inf, note="unbounded: advertising pays for ever (response >= 1)")
    price = elasticity * cost / (elasticity - 1.0)
    spend = _spend(scale * price**-elasticity * (price - cost), response)
    if spend == _MOST:
        return Minimum(
            -math.inf, note="advertising pays beyond all numbers of use (response this close to 1)"
        )
    optimum = {"price": np.asarray(price), "spend": np.asarray(spend)}
    return Minimum(-spend * (1.0 / response - 1.0), optimum, "not convex in the price")


# A budget B over channels that earn k_i √x_i each. With Σ x = B and the multiplier λ,
#     ½ k_i/√x_i = λ   at   x_i = B k_i²/Σ k²,   which earns √(B Σ k²),   λ = ½ √(Σ k²/B).
# λ, the shadow price, is what one more unit of budget earns. Softmax's z is ln k² there.


def softmax_spends(xp: Namespace, params: Arrays, data: Arrays) -> Arrays:
    """The spends x_i = B e^z_i / Σ e^z, (channels,), in the budget's unit; all above 0."""
    return {"spend": data["budget"] * softmax(xp, params["z"])}


def _budget_sqrt(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    return -xp.sum(data["k"] * xp.sqrt(softmax_spends(xp, params, data)["spend"]))


def _budget_sqrt_draw(
    rng: np.random.Generator,
    *,
    k: Sequence[float] = (90.0, 60.0, 30.0),
    budget: float = 3000.0,
    channels: int | None = None,
) -> Instance:
    """channels: draw so many k at random instead."""
    response = np.array(k, np.float64)
    if channels is not None:
        check_positive(channels=channels)
        response = rng.uniform(10.0, 100.0, channels)
    _check_channels(k=response)
    check_positive(budget=budget)
    data = {"k": response, "budget": np.asarray(float(budget))}
    return Instance({"z": rng.normal(size=response.size)}, data)


def _budget_sqrt_minimum(data: Arrays) -> Minimum:
    k, budget = data["k"], float(data["budget"])
    total = float(k @ k)
    return Minimum(
        -math.sqrt(budget * total),
        {"z": np.log(k * k / total)},
        "z up to a constant: the spends are budget · softmax(z)",
    )


# A budget B over channels that earn k_i ln(1 + x_i/s_i) each, s = x0. With the multiplier λ,
#     k_i/(x_i + s_i) = λ where x_i > 0,  k_i/s_i <= λ where x_i = 0:   x_i = (k_i/λ - s_i)₊.
# Taken in the order of k_i/s_i, what the first unit earns, the first m channels are used:
#     λ = Σ k/(B + Σ s) over them,   m the most for which k_m/s_m > λ.


def squared_spends(xp: Namespace, params: Arrays, data: Arrays) -> Arrays:
    """The spends x_i = B z_i² / Σ z², (channels,), in the budget's unit; 0 where z_i is."""
    squares = xp.square(params["z"])
    return {"spend": data["budget"] * squares / xp.sum(squares)}


def _budget_log(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    spend = squared_spends(xp, params, data)["spend"]
    return -xp.sum(data["k"] * xp.log1p(spend / data["x0"]))


def _budget_log_draw(
    rng: np.random.Generator,
    *,
    k: Sequence[float] = (300.0, 200.0, 50.0),
    x0: Sequence[float] = (500.0, 2000.0, 4000.0),
    budget: float = 3000.0,
    channels: int | None = None,
) -> Instance:
    """channels: draw so many k and x0 at random instead."""
    response, level = np.array(k, np.float64), np.array(x0, np.float64)
    if channels is not None:
        check_positive(channels=channels)
        response, level = rng.uniform(50.0, 300.0, channels), rng.uniform(500.0, 4e3, channels)
    if response.shape != level.shape:
        raise InputError(
            f"k has {response.size} numbers, x0 {level.size}; give one of each for every channel"
        )
    _check_channels(k=response, x0=level)
    check_positive(budget=budget)
    data = {"k": response, "x0": level, "budget": np.asarray(float(budget))}
    return Instance({"z": rng.uniform(0.5, 1.5, response.size)}, data)


def _budget_log_minimum(data: Arrays) -> Minimum:
    k, x0, budget = data["k"], data["x0"], float(data["budget"])
    order = np.argsort(-k / x0, kind="stable")
    prices = np.cumsum(k[order]) / (budget + np.cumsum(x0[order]))
    used = int(np.count_nonzero(k[order] / x0[order] > prices))
    spend = np.maximum(k / prices[used - 1] - x0, 0.0)
    spend[order[used:]] = 0.0
    return Minimum(
        -float(np.sum(k * np.log1p(spend / x0))),
        {"z": np.sqrt(spend / budget)},
        "z up to a factor: the spends are budget · z²/Σ z²",
    )


def _check_channels(**figures: Any) -> None:
    """Raises InputError for the first figure that is not one positive number for every channel."""
    for name, numbers in figures.items():
        if numbers.size == 0 or numbers.ndim > 1:
            raise InputError(f"{name} takes one number for every channel, such as 90,60,30")
    check_positive(**figures)


_DORFMAN = "Dorfman and Steiner (1954), Optimal advertising and optimal quality, AER 44"
_WATER = "Boyd and Vandenberghe, Convex Optimization, example 5.2 (water-filling)"
_SPENDS = {"spend": "currency", "": "currency"}
_CHANNELS: dict[str, dict[str, Any]] = {
    "tiny": {},
    "small": {"channels": 100, "budget": 1e5},
    "medium": {"channels": 10_000, "budget": 1e7},
}

PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        Problem(
            "price-ad-elastic",
            _ad_elastic,
            _ad_elastic_draw,
            {"tiny": {}},
            _DORFMAN,
            _ad_elastic_minimum,
            units={"price": "currency per item", **_SPENDS},
        ),
        Problem(
            "ad-budget-sqrt",
            _budget_sqrt,
            _budget_sqrt_draw,
            _CHANNELS,
            "Lagrange's multiplier rule; the square-root response of Little (1979)",
            _budget_sqrt_minimum,
            units=_SPENDS,
            decisions=softmax_spends,
        ),
        Problem(
            "ad-budget-log",
            _budget_log,
            _budget_log_draw,
            _CHANNELS,
            _WATER,
            _budget_log_minimum,
            units=_SPENDS,
            decisions=squared_spends,
        ),
    )
}

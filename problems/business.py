"""What to charge and what to spend on advertising: minus the profit of five textbook markets.

Every parameter and every datum is a number (shape ()). A market's figures are `draw`'s keywords,
and `minimum` answers in closed form for any of them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.figures import bounded, check_finite, check_not_negative, check_positive
from gradparity.problems.functions import sigmoid
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

_PRICE = {"price": "currency per item", "": "currency"}
_BOTH = {**_PRICE, "spend": "currency"}


def _numbers(**values: float) -> Arrays:
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def _floats(data: Arrays, *names: str) -> list[float]:
    return [float(data[name]) for name in names]


def _surplus(a: float, b: float, cost: float) -> float:
    """D = a - b c, the demand at cost; InputError unless some price above cost finds buyers."""
    check_finite(a=a, b=b)
    check_not_negative(cost=cost)
    if b <= 0.0 or a <= b * cost:
        raise InputError(
            f"a = {a:g}, b = {b:g}, cost = {cost:g} is no market: demand a - b p must fall "
            "with the price (b > 0) and be positive at cost (a > b cost)"
        )
    return a - b * cost


# Linear demand q = a - b p at unit cost c:
#     profit π = (p - c) q,   dπ/dp = a - 2 b p + b c = 0   at   p* = (a/b + c) / 2.
# With D = a - b c, the demand at cost, p* - c = D/(2 b) and π* = D²/(4 b).


def _linear(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    p = params["price"]
    demand = data["a"] - data["b"] * p
    return -((p - data["cost"]) * demand)


def _linear_draw(
    rng: np.random.Generator, *, a: float = 1000.0, b: float = 8.0, cost: float = 35.0
) -> Instance:
    price = cost + rng.uniform(0.0, 1.0) * _surplus(a, b, cost) / b
    return Instance(_numbers(price=price), _numbers(a=a, b=b, cost=cost))


def _linear_minimum(data: Arrays) -> Minimum:
    a, b, cost = _floats(data, "a", "b", "cost")
    surplus = _surplus(a, b, cost)
    return Minimum(-0.25 * surplus * surplus / b, _numbers(price=0.5 * (a / b + cost)))


# Demand of constant elasticity q = A p^-ε:
#     dπ/dp = A p^-ε (1 - ε (p - c)/p) = 0   at   p* = ε c / (ε - 1),  Lerner's (p - c)/p = 1/ε.
# With ε <= 1 profit only grows with the price: towards A for ε = 1, without bound below.


def _elastic(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    p = params["price"]
    demand = data["scale"] * xp.pow(p, -data["elasticity"])
    return -((p - data["cost"]) * demand)


def _elastic_draw(
    rng: np.random.Generator, *, scale: float = 5e5, elasticity: float = 2.5, cost: float = 35.0
) -> Instance:
    check_positive(scale=scale, cost=cost)
    check_finite(elasticity=elasticity)
    price = cost * rng.uniform(1.05, 4.0)
    figures = _numbers(scale=scale, elasticity=elasticity, cost=cost)
    drawn = Instance(_numbers(price=price), figures)
    return bounded(drawn, _elastic_minimum, elasticity=elasticity)


def _elastic_minimum(data: Arrays) -> Minimum:
    scale, elasticity, cost = _floats(data, "scale", "elasticity", "cost")
    if elasticity < 1.0:
        return Minimum(-math.inf, note="unbounded: profit grows with the price (elasticity < 1)")
    if elasticity == 1.0:
        return Minimum(-scale, note="an infimum, approached as the price grows (elasticity 1)")
    price = elasticity * cost / (elasticity - 1.0)
    profit = scale * price**-elasticity * (price - cost)
    return Minimum(-profit, _numbers(price=price), "not convex beyond cost (ε + 1)/(ε - 1)")


# Logit demand q = M σ(α - β p), σ' = σ (1 - σ):
#     dπ/dp = M σ (1 - β (p - c)(1 - σ)) = 0.   With w = β (p - c) - 1 this reads
#     w = σ/(1 - σ) = e^(α - β c - 1 - w), that is w e^w = e^(α - β c - 1):  w is Lambert's W.
# Hence p* = c + (1 + w)/β and, as σ = w/(1 + w), π* = M w/β. Wright's ω(z) = W(e^z) never
# overflows.


def _logit(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    p = params["price"]
    demand = data["market"] * sigmoid(xp, data["alpha"] - data["beta"] * p)
    return -((p - data["cost"]) * demand)


def _logit_draw(
    rng: np.random.Generator,
    *,
    market: float = 2000.0,
    alpha: float = 4.0,
    beta: float = 0.08,
    cost: float = 35.0,
) -> Instance:
    check_positive(market=market)
    check_finite(alpha=alpha, beta=beta)
    check_not_negative(cost=cost)
    price = cost + rng.uniform(0.0, 4.0) / (abs(beta) or 1.0)
    figures = _numbers(market=market, alpha=alpha, beta=beta, cost=cost)
    return bounded(Instance(_numbers(price=price), figures), _logit_minimum, beta=beta)


def _logit_minimum(data: Arrays) -> Minimum:
    # SciPy is slow to import, and listing the problems must not wait for it.
    from scipy.special import wrightomega

    market, alpha, beta, cost = _floats(data, "market", "alpha", "beta", "cost")
    if beta <= 0.0:
        return Minimum(-math.inf, note="unbounded: demand does not fall with the price (beta <= 0)")
    w = float(wrightomega(alpha - beta * cost - 1.0))
    return Minimum(-market * w / beta, _numbers(price=cost + (1.0 + w) / beta))


# Linear demand that advertising x lifts by k √x, m = p - c, D = a - b c:
#     dπ/dx = ½ m k/√x - 1 = 0   at   √x = k m/2, which leaves   π = m D - (b - k²/4) m²:
#     m* = 2 D/(4 b - k²), x* = (k m*/2)², π* = D²/(4 b - k²); unbounded if k² >= 4 b.


def _ad_sqrt(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    p, x = params["price"], params["spend"]
    demand = data["a"] - data["b"] * p + data["k"] * xp.sqrt(x)
    return -((p - data["cost"]) * demand - x)


def _ad_sqrt_draw(
    rng: np.random.Generator, *, a: float = 1e3, b: float = 8.0, cost: float = 35.0, k: float = 2.0
) -> Instance:
    margin = rng.uniform(0.1, 1.0) * _surplus(a, b, cost) / b
    check_finite(k=k)
    spend = rng.uniform(0.1, 3.0) * ((0.5 * k * margin) ** 2 or 1.0)
    figures = _numbers(a=a, b=b, cost=cost, k=k)
    drawn = Instance(_numbers(price=cost + margin, spend=spend), figures)
    return bounded(drawn, _ad_sqrt_minimum, k=k, b=b)


def _ad_sqrt_minimum(data: Arrays) -> Minimum:
    a, b, cost, k = _floats(data, "a", "b", "cost", "k")
    k = max(k, 0.0)  # advertising that repels is not bought
    surplus, curvature = _surplus(a, b, cost), 4.0 * b - k * k
    if curvature <= 0.0:
        return Minimum(-math.inf, note="unbounded: advertising pays for ever (k² >= 4 b)")
    margin = 2.0 * surplus / curvature
    optimum = _numbers(price=cost + margin, spend=(0.5 * k * margin) ** 2)
    return Minimum(-surplus * surplus / curvature, optimum)


# Linear demand that advertising x lifts by k ln(1 + x/x₀), m = p - c, D = a - b c:
#     dπ/dx = k m/(x + x₀) - 1 = 0   at   x + x₀ = k m;   dπ/dp = D - 2 b m + k ln(1 + x/x₀) = 0.
# With m = k w/(2 b) the two leave   w - ln w = t,   t = D/k + ln(k²/(2 b x₀)).   Its root above 1,
# w = -W₋₁(-e^-t), is the one where the Hessian of π is negative definite. Not advertising, x = 0
# and m = D/(2 b), is best where there is no root (t < 1), where the root gives x < 0, and where it
# gives less profit.


def _ad_log(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    p, x = params["price"], params["spend"]
    demand = data["a"] - data["b"] * p + data["k"] * xp.log1p(x / data["x0"])
    return -((p - data["cost"]) * demand - x)


def _ad_log_draw(
    rng: np.random.Generator,
    *,
    a: float = 1000.0,
    b: float = 8.0,
    cost: float = 35.0,
    k: float = 80.0,
    x0: float = 50.0,
) -> Instance:
    margin = rng.uniform(0.1, 1.0) * _surplus(a, b, cost) / b
    spend = rng.uniform(0.1, 3.0) * (abs(k) * margin or 1.0)
    _check_scale(x0)
    check_finite(k=k, x0=x0)
    figures = _numbers(a=a, b=b, cost=cost, k=k, x0=x0)
    return Instance(_numbers(price=cost + margin, spend=spend), figures)


def _ad_log_minimum(data: Arrays) -> Minimum:
    a, b, cost, k, x0 = _floats(data, "a", "b", "cost", "k", "x0")
    surplus = _surplus(a, b, cost)
    _check_scale(x0)
    note = "over price >= cost, spend >= 0; unbounded below outside"
    best = Minimum(
        -0.25 * surplus * surplus / b,
        _numbers(price=cost + 0.5 * surplus / b, spend=0.0),
        f"no advertising, at the edge of the domain; {note}",
    )
    if k > 0.0 and (t := surplus / k + math.log(k * k / (2.0 * b * x0))) >= 1.0:
        margin = k * _upper_root(t) / (2.0 * b)
        spend = k * margin - x0
        profit = margin * (surplus - b * margin + k * math.log1p(spend / x0)) - spend
        if spend >= 0.0 and profit > -best.value:
            return Minimum(-profit, _numbers(price=cost + margin, spend=spend), note)
    return best


def _check_scale(x0: float) -> None:
    if x0 <= 0.0:
        raise InputError(f"x0 = {x0:g}, the spend at which response levels off, must be positive")


def _upper_root(t: float) -> float:
    """The root w >= 1 of w - ln w = t, for t >= 1, by Newton's method.

    The start is Chatzigeorgiou's upper bound (arXiv 1601.04895); from there, w - ln w being convex,
    exact steps only descend: the first one that does not is rounding, and ends the iteration.
    """
    w = t + math.sqrt(2.0 * (t - 1.0))
    while w > 1.0:
        lower = w - (w - math.log(w) - t) * w / (w - 1.0)
        if not 1.0 <= lower < w:
            break
        w = lower
    return w


_VARIAN = "Varian, Intermediate Microeconomics: market demand; monopoly"
_TRAIN = "Train, Discrete Choice Methods with Simulation, ch. 3; optimum by Lambert's W"
_DORFMAN = "Dorfman and Steiner (1954), Optimal advertising and optimal quality, AER 44"


def _problem(name: str, source: str, units: dict[str, str], *functions: Any) -> Problem:
    loss, draw, minimum = functions
    return Problem(name, loss, draw, {"tiny": {}}, source, minimum, units=units)


PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        _problem("price-linear", _VARIAN, _PRICE, _linear, _linear_draw, _linear_minimum),
        _problem("price-elastic", _VARIAN, _PRICE, _elastic, _elastic_draw, _elastic_minimum),
        _problem("price-logit", _TRAIN, _PRICE, _logit, _logit_draw, _logit_minimum),
        _problem("price-ad-sqrt", _DORFMAN, _BOTH, _ad_sqrt, _ad_sqrt_draw, _ad_sqrt_minimum),
        _problem("price-ad-log", _DORFMAN, _BOTH, _ad_log, _ad_log_draw, _ad_log_minimum),
    )
}

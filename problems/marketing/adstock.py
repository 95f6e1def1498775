"""A schedule of advertising that works for weeks: adstock, and a response that saturates.

    a_t = Σ_l w_l x_{t-l},  w_l = α^l/Σ α^l,   the stock of week t, l = 0 … lags - 1 back,
    h(a) = 1/(1 + (a/e)^-s) = r/(1 + r),  r = (a/e)^s,   Hill's response, half of it at a = e,
    loss = Σ_t x_t - v h(a_t),   minus the profit,

with a spend x_t for each week of a year that comes round again: what was spent at its end works at
its beginning. The weights add up to 1, so a constant schedule is its own stock. For s ≤ 1 the
response is concave, and by Jensen's inequality no schedule beats the constant one, at v h′(x) = 1.
For s = 1 that is x = √(v e) - e, or nothing where v ≤ e; for other s the equation is solved by
bisection. For s > 1 pulses may be better: what is stated then is the best constant schedule.

What it exercises: shifted copies added up, and their transpose; powers.

Source: Broadbent 1979, One way TV advertisements work; Jin, Wang, Sun, Chan and Koehler 2017,
Bayesian methods for media mix modeling with carryover and shape effects.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError, in_range
from gradparity.problems.figures import check_positive
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem


def draw(
    rng: np.random.Generator,
    *,
    weeks: int = 52,
    value: float = 900.0,
    half: float = 100.0,
    shape: float = 1.0,
    kept: float = 0.6,
    lags: int = 8,
) -> Instance:
    """Params spend (weeks,), around what saturates half. Data: weights (lags,), weeks, and figures.

    value: v, what a week at full response is worth. half: e. shape: s. kept: α, what is left of the
    stock a week later. lags: weeks that a spend works, at most the weeks there are.
    """
    in_range("weeks", weeks, 1, 1e6, whole=True)
    in_range("lags", lags, 1, weeks, whole=True)
    check_positive(value=value, half=half, shape=shape)
    if not 0.0 <= kept < 1.0:
        raise InputError(f"kept = {kept:g} must be from 0 to below 1, what is left a week later")
    weights = kept ** np.arange(lags)
    figures = {"value": value, "half": half, "shape": shape}
    data = {name: np.asarray(float(x)) for name, x in figures.items()}
    data |= {"weights": weights / weights.sum(), "weeks": np.asarray(weeks)}
    return Instance({"spend": half * rng.uniform(0.2, 2.0, weeks)}, data)


def stock(xp: Namespace, spend: Any, weights: Any) -> Any:
    """The stock of every week, (weeks,)."""
    total = weights[0] * spend
    for back in range(1, weights.shape[0]):
        total = total + weights[back] * xp.roll(spend, back)
    return total


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Minus the profit of a year, in currency."""
    x = params["spend"]
    r = xp.pow(stock(xp, x, data["weights"]) / data["half"], data["shape"])
    return xp.sum(x) - data["value"] * xp.sum(r / (1.0 + r))


def best(value: float, half: float, shape: float) -> tuple[float, float]:
    """The best constant spend of a week, and its profit; 0 where none pays.

    v h'(x) = 1 by bisection, between the largest slope of h and where it has died away.
    """
    if shape == 1.0:
        spend = max(math.sqrt(value * half) - half, 0.0)
        return spend, value * spend / (spend + half) - spend

    def slope(log: float) -> float:
        r = math.exp(shape * log)
        return value * shape * r / (math.exp(log) * half * (1.0 + r) ** 2) - 1.0

    steepest = math.log((shape - 1.0) / (shape + 1.0)) / shape if shape > 1.0 else -600.0
    low, high = steepest, max(steepest, 0.0) + 30.0
    if slope(low) <= 0.0:
        return 0.0, 0.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if slope(middle) > 0.0 else (low, middle)
    spend, r = half * math.exp(low), math.exp(shape * low)
    profit = value * r / (1.0 + r) - spend
    return (spend, profit) if profit > 0.0 else (0.0, 0.0)


def _minimum(data: Arrays) -> Minimum:
    weeks = int(data["weeks"])
    value, half, shape = (float(data[name]) for name in ("value", "half", "shape"))
    spend, profit = best(value, half, shape)
    note = "the constant schedule"
    if shape > 1.0:
        note = "the best constant schedule; pulses may be better"
    return Minimum(-weeks * profit, {"spend": np.full(weeks, spend)}, note)


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import torch

    x = params["spend"]
    a = sum(w * torch.roll(x, back) for back, w in enumerate(data["weights"]))
    r = (a / data["half"]) ** data["shape"]
    return x.sum() - data["value"] * (r / (1.0 + r)).sum()


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    x = params["spend"]
    a = sum(w * jnp.roll(x, back) for back, w in enumerate(data["weights"]))
    r = (a / data["half"]) ** data["shape"]
    return jnp.sum(x) - data["value"] * jnp.sum(r / (1.0 + r))


PROBLEMS: dict[str, Problem] = {
    "ad-adstock": Problem(
        name="ad-adstock",
        loss=loss,
        draw=draw,
        sizes={
            "tiny": {"weeks": 10, "lags": 4},
            "small": {"weeks": 52},
            "medium": {"weeks": 520},
            "large": {"weeks": 10_000},
        },
        source="Broadbent 1979; Jin, Wang, Sun, Chan and Koehler 2017",
        minimum=_minimum,
        idiomatic={"torch": _torch, "jax": _jax},
        units={"spend": "currency", "": "currency"},
    )
}

"""Claim 33: a slope of .05 means that a weight 1 larger makes the error .05 larger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement, objective
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, median, share
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

PRICE = 60.0


def market() -> tuple[CountedObjective, Instance]:
    """price-linear at a price of 60: minus the profit as a function of the price."""
    drawn = PROBLEMS["price-linear"].instance("tiny", 0)
    instance = Instance({"price": np.asarray(PRICE)}, drawn.data)
    return objective("price-linear", instance, "tape"), instance


def profit(loss: CountedObjective, price: float) -> float:
    """The profit at a price, in currency."""
    return -loss.value(np.array([price]))


def unit_step(extent: Extent) -> Observed:
    """f(w + δ) - f(w) = δ f′(w) + ½ δ² f″ + ...: the slope is the change to first order alone.

    Profit (p - c)(a - b p) has slope a + b c - 2 b p and second derivative -2 b, so that a change
    of δ gains exactly δ slope - b δ². A convex loss lies above its tangents: a weight raised by 1
    changes it by the slope at least, never by less. softmax-digits is convex.
    """
    loss, instance = market()
    a, b, cost = (float(instance.data[name]) for name in ("a", "b", "cost"))
    slope = -float(loss.gradient(np.array([PRICE]))[1][0])
    gain = profit(loss, PRICE + 1.0) - profit(loss, PRICE)
    small = 0.01
    near = (profit(loss, PRICE + small) - profit(loss, PRICE)) / small
    stated = a + b * cost - 2.0 * b * PRICE
    ratios, above = _weights(extent)
    digits = PROBLEMS["softmax-digits"].instance("tiny", 0)
    figures = [
        Figure(
            "slope of the profit at a price of 60",
            *exact(slope),
            unit="currency per unit of price",
            theory=Theory(stated, "a + b c - 2 b p"),
        ),
        Figure(
            "what a price 1 higher gains",
            *exact(gain),
            unit="currency",
            claimed=Claimed("the slope, to 1 %", 0.99 * slope, 1.01 * slope, ours=True),
            theory=Theory(stated - b, "slope - b"),
        ),
        Figure(
            "what a price .01 higher gains, per .01",
            *exact(near),
            unit="currency",
            claimed=Claimed("the slope, to 1 %", 0.99 * slope, 1.01 * slope, ours=True),
            theory=Theory(stated - b * small, "slope - .01 b"),
            slack=1e-9,
        ),
        Figure(
            f"change of softmax-digits' loss over the slope, one of {len(ratios):,} weights raised "
            "by 1, median",
            *median(ratios),
            seeds=len(ratios),
            claimed=Claimed("1, to 10 %", 0.9, 1.1, ours=True),
        ),
        Figure(
            "weights whose change is the slope's to 10 %",
            *share(int(np.sum(np.abs(ratios - 1.0) <= 0.1)), len(ratios)),
            seeds=len(ratios),
            unit="share",
            claimed=Claimed("most", low=0.5, ours=True),
        ),
        Figure(
            "weights whose change is the slope at least",
            *exact(above),
            unit="share",
            theory=Theory(1.0, "a convex loss lies above its tangents"),
        ),
        agreement("price-linear", instance, extent.backends),
        agreement("softmax-digits", digits, extent.backends),
    ]
    sentence = (
        f"At a price of 60 the slope is {slope:.0f}, yet a price 1 higher gains {gain:.0f}; .01 "
        f"higher gains {near:.2f} a unit. Of the digits' weights raised by 1, the median change "
        f"is {figures[3].value:.2f} times the slope."
    )
    return Observed(sentence, figures, _chart(loss, 1.0))


def _weights(extent: Extent) -> tuple[Any, float]:
    """Change over slope of each weight raised by 1; the share whose change is not below it.

    Weights of pixels that are 0 in every image have slope 0 and no ratio.
    """
    ratios, above = [], []
    for seed in extent.seeds(1, 5):
        instance = PROBLEMS["softmax-digits"].instance("small", seed)
        loss = objective("softmax-digits", instance, "tape")
        theta = loss.layout.flatten(instance.params)
        value, gradient = loss.gradient(theta)
        for place in np.flatnonzero(gradient):
            raised = theta.copy()
            raised[place] += 1.0
            change = loss.value(raised) - value
            ratios.append(change / gradient[place])
            above.append(change >= gradient[place] - 1e-12 * value)
    return np.array(ratios), float(np.mean(above))


def _chart(loss: CountedObjective, delta: float) -> Chart:
    prices = np.linspace(PRICE - 5.0, 105.0, 111)
    slope = -float(loss.gradient(np.array([PRICE]))[1][0])
    here = profit(loss, PRICE)
    gain = profit(loss, PRICE + delta) - here
    return Chart(
        "unit-step",
        f"A price {delta:g} higher gains {gain:,.4g}, by the slope {delta * slope:,.4g}",
        Axis("price", "currency"),
        Axis("profit", "currency"),
        (
            Polyline(prices, [profit(loss, price) for price in prices], "profit", "ink"),
            Polyline(prices, here + slope * (prices - PRICE), "the slope's", "a", (6, 4)),
            Rule(PRICE + delta),
            Points(
                [PRICE, PRICE + delta], [here, here + gain], "from here, to there", "a", "circle", 6
            ),
        ),
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    loss, _ = market()
    delta = float(given["delta"])
    slope = -float(loss.gradient(np.array([PRICE]))[1][0])
    gain = profit(loss, PRICE + delta) - profit(loss, PRICE)
    return Frame(
        f"The slope at 60 is {slope:.0f}: {delta:g} higher should gain {delta * slope:,.4g}, and "
        f"gains {gain:,.4g}.",
        (_chart(loss, delta),),
        numbers={"gain": gain, "by the slope": delta * slope},
    )


CLAIM = Claim(
    33,
    "A slope of .05 means that a weight 1 larger makes the error .05 larger.",
    unit_step,
    problems=("price-linear", "softmax-digits"),
    backends=("numpy", "tape", "jax", "torch"),
    view=View(
        "claim-33",
        "Claim 33",
        "Does a step of 1 gain what the slope says?",
        "Take a larger step in the price: what it gains falls behind the slope.",
        (
            Number(
                "delta",
                "Step in the price",
                0.01,
                40.0,
                1.0,
                unit="currency",
                scale="log",
                stops=(0.01, 0.1, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0),
            ),
        ),
        _frame,
    ),
)

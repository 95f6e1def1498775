"""Claim 4: price and ad spend together, and what their units do to descent and to Adam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends import Training
from gradparity.harness.claims.tools.answers import agreement, objective, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.claims.tools.moving import log_stops, over
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import Namespace
from gradparity.results.pages.charts import Axis, Chart, Points, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

START = 1.01
"""Descent begins with so many times the best spend, at the best price."""
AFAR = (1.1, 1.5)
"""Adam begins with so many times the best price and the best spend."""
MOST = 400_000

Path = tuple[int | None, list[int], list[float]]
"""(steps until price and spend are as near as asked, some steps, how far off they were there)."""

IN_SPEND = PROBLEMS["price-ad-sqrt"]


def _root_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    return IN_SPEND.loss(xp, {"price": params["price"], "spend": xp.square(params["root"])}, data)


IN_ROOT = Problem(
    "price-ad-sqrt in the root of the spend",
    _root_loss,
    IN_SPEND.draw,
    {"tiny": {}},
    IN_SPEND.source,
)
"""The same profit with s = √x for a parameter: loss = -(p - c)(a - b p + k s) + s²."""


def units(extent: Extent) -> Observed:
    """The condition number of the Hessian decides how many steps descent takes.

    At the optimum, m = p - c and √x = k m/2, that of minus the profit is

        in (p, x)    [[2 b, -1/m], [-1/m, 2/(k² m²)]]      in (p, s = √x)    [[2 b, -k], [-k, 2]].

    Its condition number κ is the ratio of the eigenvalues. Descent at the rate 2/(μ + L) shrinks
    the error along the flattest direction by (κ - 1)/(κ + 1) a step, so that a factor of ε takes
    ln ε / ln((κ - 1)/(κ + 1)), about ½ κ ln(1/ε), steps: exact where the loss is quadratic, as in
    s, and near the optimum in x. The start, 1 % more spend, is nearly that direction in (p, x).
    Adam moves every parameter by about its rate, whatever the unit.
    """
    drawn = IN_SPEND.instance("tiny", 0)
    b, k, cost = (float(drawn.data[name]) for name in ("b", "k", "cost"))
    assert IN_SPEND.minimum is not None
    best = IN_SPEND.minimum(drawn.data).params
    assert best is not None
    price, spend = float(best["price"]), float(best["spend"])
    m = price - cost
    matrices = {
        "(p, x)": np.array([[2 * b, -1 / m], [-1 / m, 2 / (k * m) ** 2]]),
        "(p, √x)": np.array([[2 * b, -k], [-k, 2.0]]),
    }
    share = 0.1 if extent.quick else 0.03
    figures: list[Figure] = []
    charted: list[tuple[str, list[int], list[float]]] = []
    said = {"(p, x)": ("about 9.7e4", 9.65e4, 9.75e4), "(p, √x)": ("about 9.5", 9.45, 9.55)}
    for name, problem in (("(p, x)", IN_SPEND), ("(p, √x)", IN_ROOT)):
        instance = _at(problem, drawn, price, spend)
        loss = objective(problem, instance, "tape")
        values = np.linalg.eigvalsh(loss.hessian(loss.layout.flatten(instance.params)))
        kappa, stated = values[1] / values[0], np.linalg.cond(matrices[name])
        figures.append(
            Figure(
                f"condition number in {name}",
                *exact(kappa),
                claimed=Claimed(*said[name]),
                theory=Theory(stated, "the Hessian's eigenvalues"),
                slack=1e-9,
            )
        )
        start = _at(problem, drawn, price, START * spend)
        near = share * (START - 1.0)
        taken, places, path = descended(
            problem, start, "gd", 2.0 / values.sum(), near, (price, spend), MOST
        )
        figures.append(
            Figure(
                f"steps of descent in {name}, until a spend {START - 1:.0%} too high is {share:g} "
                "times as far off",
                *exact(taken if taken is not None else np.inf),
                theory=Theory(
                    np.log(share) / np.log((stated - 1) / (stated + 1)),
                    "ln ε / ln((κ - 1)/(κ + 1)), of the flattest direction alone",
                )
                if name == "(p, x)"
                else None,
                slack=0.05,
            )
        )
        charted.append((f"descent in {name}", places, path))
    for name, problem in (("(p, x)", IN_SPEND), ("(p, √x)", IN_ROOT)):
        start = _at(problem, drawn, AFAR[0] * price, AFAR[1] * spend)
        tried = [
            descended(problem, start, "adam", rate, 0.01, (price, spend), 4_000)
            for rate in 10.0 ** np.arange(-2.0, 2.01, 0.125)
        ]
        done = [one for one in tried if one[0] is not None]
        taken, places, path = min(done, key=lambda one: one[0] or 0, default=(None, [], []))
        figures.append(
            Figure(
                f"steps of Adam in {name} from price and spend {AFAR[0] - 1:.0%} and "
                f"{AFAR[1] - 1:.0%} too high to 1 %, its rate the best of {len(tried)}",
                *exact(taken if taken is not None else np.inf),
            )
        )
        charted.append((f"Adam in {name}", places, path))
    ratio = figures[4].value / figures[5].value
    figures.append(
        Figure(
            "steps of Adam in (p, x) over those in (p, √x)",
            *exact(ratio),
            claimed=Claimed("hardly moved by the units, at most 10", high=10.0, ours=True),
        )
    )
    figures += _optimum(drawn, price, spend)
    figures.append(agreement(IN_SPEND, drawn, extent.backends))
    others = tuple(name for name in extent.backends if name != "numpy")
    figures.append(agreement(IN_ROOT, _at(IN_ROOT, drawn, price, START * spend), others))
    sentence = (
        f"Measuring the spend by its root takes the condition number from {figures[0].value:.3g} "
        f"to {figures[2].value:.3g} and descent from {figures[1].value:,.0f} steps to "
        f"{figures[3].value:,.0f}; Adam, its rate tuned, takes {figures[4].value:,.0f} and "
        f"{figures[5].value:,.0f}."
    )
    return Observed(sentence, figures, _chart(charted))


def _at(problem: Problem, drawn: Instance, price: float, spend: float) -> Instance:
    name, value = ("root", np.sqrt(spend)) if problem is IN_ROOT else ("spend", spend)
    params = {"price": np.asarray(price), name: np.asarray(value)}
    return replace(drawn, params=params, direction={})


def descended(
    problem: Problem,
    start: Instance,
    optimizer: str,
    rate: float,
    near: float,
    best: tuple[float, float],
    most: int,
) -> Path:
    """From `start` until price and spend are within `near`, relative to the best ones.

    Descent stops there; Adam, which overshoots, makes all its steps, and the step counts from which
    on it is never farther.
    """
    step = prepared(problem, start, "tape").training_step(Training(optimizer))
    state, batch = step.start(start.params), step.batch(start.data)
    outside, places, path = 0, [], []
    every = 1
    for k in range(1, most + 1):
        state, _report = step.run(state, batch, rate)
        price, last = state.theta
        spend = last**2 if problem is IN_ROOT else last
        error = max(abs(price / best[0] - 1.0), abs(spend / best[1] - 1.0))
        if k % every == 0:
            places.append(k)
            path.append(error)
            every = max(1, k // 100)
        if not error < 1e6:
            return None, places, path
        if error > near:
            outside = k
        elif optimizer == "gd":
            return k, places, path
    return (outside + 1 if outside < most else None), places, path


def _optimum(drawn: Instance, price: float, spend: float) -> list[Figure]:
    """Newton's step from 1 % away, in the units where the loss is quadratic: one is enough."""
    away = _at(IN_ROOT, drawn, 1.01 * price, START * spend)
    loss = objective(IN_ROOT, away, "tape")
    theta = loss.layout.flatten(away.params)
    found = theta - np.linalg.solve(loss.hessian(theta), loss.gradient(theta)[1])
    return [
        Figure(
            f"best {what} found",
            *exact(value),
            unit="currency",
            theory=Theory(closed, "the closed form"),
            slack=1e-9,
        )
        for what, value, closed in (
            ("price", float(found[0]), price),
            ("spend", float(found[1]) ** 2, spend),
        )
    ]


def _chart(charted: list[tuple[str, list[int], list[float]]]) -> Chart:
    marks: list[Any] = []
    for (label, steps, path), colour in zip(charted, ("a", "b", "c", "d"), strict=True):
        marks.append(Polyline(steps, path, label, colour))
        marks.append(Points(steps[-1:], path[-1:], "", colour))
    return Chart(
        "units",
        "A change of units does more than a change of optimiser",
        Axis("step", scale="log"),
        Axis("how far price or spend is off", scale="log"),
        marks,
    )


def _in_units(unit: float) -> Mapping[str, float]:
    """κ of the Hessian at the optimum with the spend in units of `unit`, and descent's steps."""
    drawn = IN_SPEND.instance("tiny", 0)
    assert IN_SPEND.minimum is not None
    best = IN_SPEND.minimum(drawn.data).params
    assert best is not None
    at = _at(IN_SPEND, drawn, float(best["price"]), float(best["spend"]))
    loss = objective(IN_SPEND, at, "tape")
    scale = np.array([1.0, unit])
    hessian = np.outer(scale, scale) * loss.hessian(loss.layout.flatten(at.params))
    kappa = float(np.linalg.cond(hessian))
    return {
        "condition number κ": kappa,
        "steps of descent to a hundredth": float(np.log(0.01) / np.log((kappa - 1) / (kappa + 1))),
    }


VIEW = over(
    4,
    "What does the unit of the spend do?",
    "Price and spend of price-ad-sqrt at their best. Count the spend in larger units.",
    Number("unit", "Unit of the spend", 1.0, 1000.0, 1.0, scale="log", stops=log_stops(1, 1000, 9)),
    _in_units,
    Axis("κ, and steps", scale="log"),
    lambda unit, seen: (
        f"With the spend in units of {unit:,.4g} the condition number is "
        f"{seen['condition number κ']:,.3g}: about "
        f"{seen['steps of descent to a hundredth']:,.0f} steps of descent to a hundredth."
    ),
)

CLAIM = Claim(
    4,
    "Price and ad spend together: the joint optimum against its closed form; a change of units "
    "takes the condition number from 9.7e4 to 9.5, which descent feels and Adam does not.",
    units,
    problems=("price-ad-sqrt",),
    optimizers=("gd", "adam"),
    backends=("numpy", "tape", "jax", "torch"),
    view=VIEW,
)

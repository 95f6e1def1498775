"""Claim 35: descent gets stuck in small valleys."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import share
from gradparity.harness.claims.tools.walks import Vectors, moved, trained
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

NAME = "styblinski-tang"
GLOBAL = -2.903534
HILL = sorted(
    2 * math.sqrt(8 / 3) * math.cos(math.acos(-0.625 * (3 / 8) ** 1.5) / 3 - 2 * math.pi * k / 3)
    for k in range(3)
)[1]
"""The root of x³ - 8x + 5/4 between the valleys, 0.15673, by Viète's formula."""
CHANCE = (HILL + 5) / 10
"""Of a start in -5 ... 5 to lie left of the hill: 0.51567."""


def valleys(extent: Extent) -> Observed:
    """Styblinski and Tang's function is a sum over coordinates of ½ (x⁴ - 16 x² + 5 x).

    Each has a hill at the middle root of x³ - 8x + 5/4 = 0, x = 0.15673, and descent with small
    steps never crosses it: left of it is the way to the global minimum at -2.9035. Of starts
    uniform in -5 ... 5 the share (0.15673 + 5)/10 = 0.51567 is there, in d independent coordinates
    0.51567ᵈ.

    Small is a step below 1/L, L = max |6x² - 16| = 134: beyond, descent may jump over the hill. The
    shares at 0.01 and 0.03 are measured beside.
    """
    count = extent.of(16_000, 200_000)
    figures = []
    within = _left(0.005, count)
    for d in (1, 2, 4, 8):
        hits = np.all(within[: count // d * d].reshape(-1, d), axis=1)
        figures.append(
            Figure(
                f"share of starts that reach the global minimum, d = {d}, rate 0.005",
                *share(int(hits.sum()), len(hits)),
                seeds=len(hits),
                claimed=Claimed(
                    "about 0.516ᵈ: to a tenth or 3 deviations",
                    CHANCE**d * 0.9 - 3 * math.sqrt(CHANCE**d / len(hits)),
                    CHANCE**d * 1.1 + 3 * math.sqrt(CHANCE**d / len(hits)),
                ),
                theory=Theory(CHANCE**d, "0.51567ᵈ"),
            )
        )
    for rate in (0.01, 0.03):
        hits = _left(rate, count // 4)
        figures.append(
            Figure(
                f"the same, d = 1, rate {rate:g}",
                *share(int(hits.sum()), len(hits)),
                seeds=len(hits),
            )
        )
    figures.append(agreement(NAME, PROBLEMS[NAME].instance("tiny", 0), extent.backends))
    sentence = (
        f"From {figures[0].value:.1%} of the starts descent reaches the global minimum in one "
        f"dimension, from {figures[3].value:.2%} in eight; at the rate 0.03, where steps jump, "
        f"from {figures[5].value:.1%} in one."
    )
    return Observed(sentence, figures)


def _left(rate: float, count: int) -> npt.NDArray[np.bool_]:
    """Whether each coordinate ends in the global minimum, (count,): all starts in one vector."""
    instance = PROBLEMS[NAME].instance(f"n={count}", 0)
    start = np.random.default_rng(35).uniform(-5.0, 5.0, count)
    end = trained(NAME, moved(instance, start), "gd", [rate] * int(2 / rate)).theta
    return np.asarray(np.abs(end - GLOBAL) < 1e-2)


@lru_cache(maxsize=1)
def _starts() -> Vectors:
    return np.linspace(-5.0, 5.0, 401)


def _frame(given: Mapping[str, Any]) -> Frame:
    rate = given["rate"]
    x = _starts()
    instance = PROBLEMS[NAME].instance(f"n={len(x)}", 0)
    with np.errstate(all="ignore"):
        end = trained(NAME, moved(instance, x), "gd", [rate] * 150).theta
    there = np.abs(end - GLOBAL) < 0.1
    part = float(np.mean(there))
    told = f"rate {rate:.3g}: {part:.1%} of the starts reach the global minimum"
    return Frame(
        f"{told}; left of the hill are {CHANCE:.1%} of them, {CHANCE**8:.2%} in eight dimensions.",
        (
            Chart(
                "ends",
                told,
                Axis("start x"),
                Axis("end", low=-5, high=5),
                (
                    Polyline(x, end, "end of descent"),
                    Rule(HILL, "hill", "bad", "x"),
                    Rule(GLOBAL, "global minimum", "good", "y"),
                ),
            ),
            Chart(
                "valleys",
                "One coordinate's valleys",
                Axis("x"),
                Axis("½ (x⁴ - 16 x² + 5 x)"),
                (
                    Polyline(x, 0.5 * (x**4 - 16 * x**2 + 5 * x), "loss"),
                    Rule(HILL, "hill", "bad", "x"),
                ),
            ),
        ),
        numbers={"share": part},
    )


CLAIM = Claim(
    35,
    "Descent gets stuck in small valleys: about 0.516ᵈ of the starts reach the global minimum.",
    valleys,
    problems=(NAME,),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-35",
        "Valleys",
        "From which starts does descent reach the global minimum?",
        "Styblinski and Tang's function in one coordinate. Move the rate: large steps jump.",
        (Number("rate", "Rate η", 0.002, 0.05, 0.01, scale="log"),),
        _frame,
    ),
)

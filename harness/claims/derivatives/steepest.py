"""Claim 3: the gradient is the steepest direction."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement, objective
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import mean
from gradparity.harness.views.controls import Number
from gradparity.harness.views.steepest import DRAWS, random_cosines
from gradparity.harness.views.view import View
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Bars, Chart, Frame
from gradparity.results.records.claim import Claimed, Figure, Theory

SIZE = "small"


def steepest(extent: Extent) -> Observed:
    """u·g ≤ ‖g‖ for every unit vector u (Cauchy and Schwarz), with equality at u = g/‖g‖ alone.

    For u uniform on the sphere of n dimensions the mean of (u·g)²/‖g‖² is 1/n: the n squares of a
    unit vector's components sum to 1, and all are alike.
    """
    instance = PROBLEMS["rosenbrock"].instance(SIZE, 0)
    loss = objective("rosenbrock", instance, extent.backends[0])
    theta = loss.layout.flatten(instance.params)
    gradient = loss.gradient(theta)[1]
    draws = extent.of(10_000, 100_000)
    u = np.random.default_rng(3).standard_normal((draws, theta.size))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    cosines = u @ gradient / np.linalg.norm(gradient)
    top = float(cosines.max())
    figures = [
        Figure(
            f"largest u·g/‖g‖ of {draws:,} random unit vectors in {theta.size} dimensions",
            *(top, top, top),
            claimed=Claimed("at most 1", high=1.0),
        ),
        Figure(
            "mean of (u·g)²/‖g‖²",
            *mean(cosines**2),
            seeds=draws,
            theory=Theory(1 / theta.size, "1/n"),
        ),
        agreement("rosenbrock", instance, extent.backends),
    ]
    sentence = f"The steepest of {draws:,} random directions has {top:.0%} of the gradient's slope."
    return Observed(sentence, figures)


BINS = 41


def _frame(given: Mapping[str, Any]) -> Frame:
    n = int(given["dimensions"])
    cosines = random_cosines(n)
    top = float(cosines.max())
    counts, edges = np.histogram(cosines, BINS, (-1.0, 1.0))
    every = BINS // 4
    chart = Chart(
        "steepness",
        f"In {n:,} dimensions a random direction is {np.std(cosines):.1%} as steep",
        Axis(
            "u·g / ‖g‖",
            ticks=[(float(k), f"{edges[k] + 1 / BINS:.1f}") for k in range(0, BINS, every)],
        ),
        Axis(f"of {DRAWS:,}"),
        (Bars([f"{a:.2f} to {b:.2f}" for a, b in pairwise(edges)], counts, "random u"),),
    )
    return Frame(
        f"In {n:,} dimensions the steepest of {DRAWS:,} random directions has {top:.0%} of the "
        "gradient's slope, and none has more.",
        (chart,),
        numbers={"top": top, "mean of squares": float(np.mean(cosines**2))},
    )


CLAIM = Claim(
    3,
    "The gradient is the steepest direction: over 10⁴ random unit vectors no u·g exceeds ‖g‖.",
    steepest,
    problems=("rosenbrock",),
    backends=("numpy", "tape", "jax", "torch"),
    view=View(
        "claim-3",
        "Claim 3",
        "Which direction is steepest?",
        "Add dimensions: random directions become level, and none passes the gradient.",
        (
            Number(
                "dimensions",
                "Dimensions n",
                2,
                1000,
                100,
                scale="log",
                whole=True,
                stops=(2, 3, 5, 10, 30, 100, 300, 1000),
            ),
        ),
        _frame,
    ),
)

"""Claim 29: where gradient-free methods win."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.backends.optimizers.catalogue import start_search
from gradparity.harness.claims.tools.answers import agreement, objective
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, mean
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import flat, objective_of, trained
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.regression import draw_logistic
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure


def _loss(xp: Any, params: Arrays, data: Arrays) -> Any:
    """The share of cases on the wrong side."""
    z = data["x"] @ params["w"]
    return xp.mean(xp.where((2.0 * data["y"] - 1.0) * z > 0.0, 0.0 * z, 0.0 * z + 1.0))


ZERO_ONE = Problem(
    "zero-one",
    _loss,
    draw_logistic,
    {"tiny": {}, "small": {"cases": 300, "features": 10}},
    "the share of wrong answers of a linear classifier",
)


def gradient_free(extent: Extent) -> Observed:
    """The share of wrong answers is constant but where an answer changes sides: its gradient is 0.

    Almost everywhere, that is: on the boundaries it has none. Descent from anywhere stays there
    exactly, and so does every method that is told gradients. A search that is told values moves.

    That does not make it the best that can be done: the logistic loss of the same classifier has
    gradients, and descent on it lowers the share of wrong answers as well.
    """
    figures = []
    seeds = extent.seeds(6, 50)
    first = ZERO_ONE.instance("small", 0)
    largest = 0.0
    rng = np.random.default_rng(29)
    for backend in extent.backends:
        asked = objective(ZERO_ONE, first, backend)
        for _ in range(extent.of(20, 500)):
            w = rng.standard_normal(flat(first).size)
            largest = max(largest, float(np.abs(asked.gradient(w)[1]).max()))
    figures.append(
        Figure(
            f"largest slope of the 0-1 loss, {len(extent.backends)} backends at random weights",
            *exact(largest),
            claimed=Claimed("exactly 0", high=0.0),
        )
    )
    starts = [ZERO_ONE.instance("small", seed) for seed in seeds]
    at_start = np.array([objective_of(ZERO_ONE, one).value(flat(one)) for one in starts])
    stays = [trained(ZERO_ONE, one, "gd", [1.0] * 50).theta - flat(one) for one in starts]
    figures.append(
        Figure(
            "farthest that 50 steps of descent go",
            *exact(float(np.abs(stays).max())),
            claimed=Claimed("exactly 0", high=0.0),
        )
    )
    evaluations = extent.of(600, 6000)
    ends = {
        "one-plus-one-es": np.array([_searched(one, evaluations) for one in starts]),
        "gd on the logistic loss": np.array([_surrogate(one) for one in starts]),
    }
    for words, end in ends.items():
        figures.append(
            Figure(
                f"share of wrong answers of {words}, of that at the start",
                *mean(end / at_start),
                seeds=len(starts),
                claimed=Claimed("descends: below 1", high=1.0)
                if words == "one-plus-one-es"
                else None,
            )
        )
    figures.append(
        Figure(
            "wrong answers of one-plus-one-es less those of gd on the logistic loss",
            *mean(ends["one-plus-one-es"] - ends["gd on the logistic loss"]),
            seeds=len(starts),
        )
    )
    figures.append(agreement(ZERO_ONE, first, extent.backends))
    sentence = (
        f"On the 0-1 loss every gradient is {largest:g} and descent stays; a (1+1)-ES goes from "
        f"{at_start.mean():.1%} to {ends['one-plus-one-es'].mean():.1%} wrong. Descent on the "
        f"logistic loss of the same classifier ends at "
        f"{ends['gd on the logistic loss'].mean():.1%}."
    )
    return Observed(sentence, figures)


def _searched(start: Instance, evaluations: int) -> float:
    theta, asked = flat(start), objective_of(ZERO_ONE, start)
    search = start_search("one-plus-one-es", asked, theta, np.random.default_rng(0), {})
    for _ in range(evaluations):
        search(theta, 1.0)
    return asked.value(theta)


def _surrogate(start: Instance) -> float:
    end = trained("regression-logistic", start, "gd", [1.0] * 300).theta
    return objective_of(ZERO_ONE, start).value(end)


GRANTED = (0, 20, 50, 100, 200, 400, 600)


def _asked(evaluations: float) -> Mapping[str, float]:
    """The share of wrong answers from one start, after so many evaluations."""
    start, count = ZERO_ONE.instance("small", 0), int(evaluations)
    still = trained(ZERO_ONE, start, "gd", [1.0] * min(count, 20)).theta
    return {
        "one-plus-one-es": _searched(start, count),
        "descent": objective_of(ZERO_ONE, start).value(still),
    }


VIEW = over(
    29,
    "Who descends where the gradient is 0?",
    "The share of wrong answers of a linear classifier, one start. Grant more evaluations.",
    Number(
        "evaluations", "Evaluations", 0, 600, 100, whole=True, stops=(0, 20, 50, 100, 200, 400, 600)
    ),
    _asked,
    Axis("share of wrong answers", low=0.0),
    lambda count, seen: (
        f"After {count:.0f} evaluations the (1+1)-ES is wrong on {seen['one-plus-one-es']:.1%}, "
        f"descent, whose gradient is 0, on {seen['descent']:.1%} as at the start."
    ),
)

CLAIM = Claim(
    29,
    "Gradient-free methods win where there is no gradient: a 0-1 loss has gradient 0 everywhere.",
    gradient_free,
    problems=("regression-logistic",),
    optimizers=("gd", "one-plus-one-es"),
    backends=("tape", "jax", "torch"),
    view=VIEW,
)

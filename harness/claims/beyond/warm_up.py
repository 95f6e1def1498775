"""Claim 42: a warm-up of the rate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, geometric
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import Vectors, flat, objective_of, trained
from gradparity.harness.training.descents import schedules
from gradparity.harness.views.controls import Number
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Points, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

NAME = "mlp-digits"
OPTIMIZERS = ("adam", "gd")
WARM = (1, 2, 5, 10, 20, 40, 80)
LEAST = 1e-6
"""Losses below this count as this: of images that are all learnt, less says nothing."""


def warm_up(extent: Extent) -> Observed:
    """The rate grows from η/W to η over the first W steps, then stays, against η from the start.

    Adam's first step is η in every weight whose gradient is not 0, whatever the loss is like there:
    its length is η √P′, P′ of them. With a warm-up it is W times shorter. What that is worth at the
    end no theory tells: losses after as many steps, from the same starts, on one grid of rates.
    """
    steps, warm = extent.of(120, 500), extent.of(30, 100)
    grid = {
        "adam": np.geomspace(0.01, 1.0, extent.of(5, 9)),
        "gd": np.geomspace(0.1, 10.0, extent.of(4, 9)),
    }
    starts = [PROBLEMS[NAME].instance("tiny", seed) for seed in extent.seeds(5, 15)]
    figures = [_first_step()]
    series = {}
    for optimizer in OPTIMIZERS:
        ends = {
            warmup: np.array(
                [
                    [_loss(one, optimizer, float(rate), steps, warmup) for one in starts]
                    for rate in grid[optimizer]
                ]
            )
            for warmup in (0, warm)
        }
        series[optimizer] = ends
        typical = {warmup: np.median(found, axis=1) for warmup, found in ends.items()}
        best = {warmup: int(np.argmin(found)) for warmup, found in typical.items()}
        ratio = ends[warm][best[warm]] / ends[0][best[0]]
        good = {
            warmup: float(max(grid[optimizer][found <= 0.1], default=np.nan))
            for warmup, found in typical.items()
        }
        figures += [
            Figure(
                f"loss with a warm-up of {warm} over that without, best rate each, {optimizer}",
                *geometric(ratio),
                seeds=len(starts),
                claimed=Claimed("lower: below 1", high=1.0),
            ),
            Figure(
                f"largest rate that gets to a loss of 0.1, with over without, {optimizer}",
                *exact(good[warm] / good[0]),
                claimed=Claimed("larger: above 1", low=1.0 + 1e-9),
            ),
        ]
    figures.append(agreement(NAME, starts[0], extent.backends))
    sentence = (
        f"With a warm-up Adam learns at rates up to {figures[2].value:.2g} times as large, and at "
        f"each one's best rate its loss is {figures[1].value:.2g} of that without; descent's is "
        f"{figures[3].value:.2g}."
    )
    chart = Chart(
        "warm-up",
        "What a warm-up does at each rate of Adam",
        Axis("rate η", scale="log"),
        Axis("loss at the end", scale="log"),
        [
            mark
            for index, (warmup, found) in enumerate(series["adam"].items())
            for mark in (
                Polyline(
                    grid["adam"],
                    np.median(found, axis=1),
                    f"warm-up of {warmup}" if warmup else "without",
                    "ab"[index],
                ),
                Points(grid["adam"], np.median(found, axis=1), "", "ab"[index]),
            )
        ],
        note=f"{len(starts)} starts of mlp-digits, {steps} steps, medians.",
    )
    return Observed(sentence, figures, chart)


def _loss(start: Instance, optimizer: str, rate: float, steps: int, warm: int) -> float:
    factor = schedules.factors(f"constant:warmup={warm}" if warm else "constant", steps)
    rates = [rate * factor(k) for k in range(steps)]
    found = trained(NAME, start, optimizer, rates).loss
    return min(max(found, LEAST), 1e3)


def _first_step() -> Figure:
    """The length of Adam's first step over η √P′."""
    start = PROBLEMS[NAME].instance("tiny", 0)
    theta: Vectors = flat(start)
    gradient = objective_of(NAME, start).gradient(theta)[1]
    moves = int(np.sum(np.abs(gradient) > 1e-6))
    step = trained(NAME, start, "adam", [0.01]).theta - theta
    return Figure(
        f"length of Adam's first step over η √P′, P′ = {moves} weights of {theta.size}",
        *exact(float(np.linalg.norm(step) / (0.01 * np.sqrt(moves)))),
        theory=Theory(1.0, "η in each"),
        slack=2e-3,
    )


def _warmed(steps: float) -> Mapping[str, float]:
    """The loss after 120 steps of Adam from one start."""
    start = PROBLEMS[NAME].instance("tiny", 0)
    return {
        f"rate {rate:g}": _loss(start, "adam", rate, 120, int(steps)) for rate in (0.03, 0.1, 0.3)
    }


VIEW = over(
    42,
    "What does a warm-up allow?",
    "mlp-digits, 120 steps of Adam from one start. Move the warm-up's steps.",
    Number(
        "warm", "Warm-up", 1, 80, 1, "steps", "log", whole=True, stops=(1, 2, 5, 10, 20, 40, 80)
    ),
    _warmed,
    Axis("loss at the end", scale="log"),
    lambda steps, seen: (
        f"With a warm-up of {steps:.0f} Adam ends at "
        + ", ".join(f"{loss:.2g} ({rate})" for rate, loss in seen.items())
        + "."
    ),
)

CLAIM = Claim(
    42,
    "A warm-up lets the rate be larger, and ends at a lower loss.",
    warm_up,
    problems=(NAME,),
    optimizers=OPTIMIZERS,
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

"""Claim 25: how much noise a mini-batch's gradient has."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, mean
from gradparity.harness.claims.tools.walks import Vectors, flat, loss_of
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

NAME = "softmax-digits"


def noise(extent: Extent) -> Observed:
    """The mean gradient ĝ of B cases out of N, without replacement, has E ĝ = g.

    Its variance is

        E ‖ĝ - g‖² = σ²/B (N - B)/(N - 1),   σ² = 1/N Σ ‖g_i - g‖².

    For Var Σ_batch g_i = B σ² + B (B - 1) c, where c is the covariance of two cases of a batch; at
    B = N the variance is 0, so that c = -σ²/(N - 1).

    All subsets of a few cases attain it exactly; random batches of many do in the mean. An epoch
    visits every case once: its batches' gradients average to g, exactly.
    """
    few = cases(NAME, 8)
    figures = []
    for size in (2, 3, 4):
        rows = [list(chosen) for chosen in itertools.combinations(range(8), size)]
        figures.append(
            Figure(
                f"variance over all {len(rows)} batches of {size} out of 8, over σ²/B",
                *exact(_spread(few, rows) / (_sigma2(few) / size)),
                claimed=_to_rounding((8 - size) / 7),
                theory=Theory((8 - size) / 7, "(N - B)/(N - 1)"),
                slack=1e-9,
            )
        )
    many = cases(NAME, None)
    n, draws = len(many), extent.of(400, 10_000)
    for size in (1, 4, 16, 48):
        seen = squares(many, size, range(draws))
        theory = _sigma2(many) / size * (n - size) / (n - 1)
        figures.append(
            Figure(
                f"E ‖ĝ - g‖² over σ²/B (N - B)/(N - 1), batches of {size} out of {n}",
                *mean(seen / theory),
                seeds=draws,
                claimed=Claimed("1 to a tenth", 0.9, 1.1, ours=True),
                theory=Theory(1.0, "1"),
            )
        )
    figures.append(_epoch(many))
    figures.append(agreement(NAME, PROBLEMS[NAME].instance("tiny", 0), extent.backends))
    sentence = (
        f"Over random batches of 4 and 16 out of {n} the variance is {figures[4].value:.3f} and "
        f"{figures[5].value:.3f} of (σ²/B)(N - B)/(N - 1); over all subsets of 8 exactly that."
    )
    return Observed(sentence, figures)


def _to_rounding(value: float) -> Claimed:
    return Claimed("(N - B)/(N - 1)", value * (1 - 1e-9), value * (1 + 1e-9))


@lru_cache(maxsize=4)
def cases(name: str, count: int | None) -> Vectors:
    """The gradient of each case at the start, (N, P)."""
    drawn = PROBLEMS[name].instance("tiny", 0)
    layout, problem = Layout.of(drawn.params), PROBLEMS[name]
    first = {key: x[:1] if key in problem.cases else x for key, x in drawn.data.items()}
    gradient = loss_of(name, Instance(drawn.params, first)).operator("gradient")
    total = len(drawn.data[problem.cases[0]]) if count is None else count
    found = np.empty((total, flat(drawn).size))
    for i in range(total):
        data = {key: x[i : i + 1] if key in problem.cases else x for key, x in drawn.data.items()}
        found[i] = layout.flatten(gradient(Instance(drawn.params, data)).derivative)
    return found


def _sigma2(gradients: Vectors) -> float:
    return float(np.mean(np.sum((gradients - gradients.mean(axis=0)) ** 2, axis=1)))


def _spread(gradients: Vectors, rows: list[list[int]]) -> float:
    means = np.array([gradients[chosen].mean(axis=0) for chosen in rows])
    return float(np.mean(np.sum((means - gradients.mean(axis=0)) ** 2, axis=1)))


def squares(gradients: Vectors, size: int, seeds: range) -> Vectors:
    """‖ĝ - g‖² of the first batch of each seed, by the batches of training."""
    whole, found = gradients.mean(axis=0), []
    data = {"x": np.arange(len(gradients)), "y": np.arange(len(gradients))}
    for seed in seeds:
        rows = Batches(PROBLEMS[NAME], data, size, seed).rows(0)
        found.append(float(np.sum((gradients[rows].mean(axis=0) - whole) ** 2)))
    return np.array(found)


def _epoch(gradients: Vectors) -> Figure:
    data = {"x": np.arange(len(gradients)), "y": np.arange(len(gradients))}
    batches = Batches(PROBLEMS[NAME], data, 4, 0)
    means = [gradients[batches.rows(k)].mean(axis=0) for k in range(batches.per_epoch)]
    off = np.abs(np.mean(means, axis=0) - gradients.mean(axis=0)).max() / np.abs(gradients).max()
    return Figure(
        "distance of an epoch's mean gradient from that of all cases, relative",
        *exact(float(off)),
        claimed=Claimed("0 but for rounding", high=1e-14),
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    size = given["batch"]
    gradients = cases(NAME, None)
    n, sigma2 = len(gradients), _sigma2(gradients)
    sizes = np.arange(1, n + 1)
    theory = sigma2 / sizes * (n - sizes) / (n - 1)
    seen = float(squares(gradients, size, range(60)).mean())
    rng = np.random.default_rng(0)
    plane = rng.standard_normal((gradients.shape[1], 2)) / np.sqrt(gradients.shape[1])
    drawn = [rng.choice(n, size, replace=False) for _ in range(120)]
    dots = np.array([gradients[rows].mean(axis=0) for rows in drawn]) @ plane
    middle = gradients.mean(axis=0) @ plane
    at = float(theory[size - 1])
    return Frame(
        f"Batches of {size} out of {n}: the gradient is off by {np.sqrt(at):.3g} in the root mean "
        f"square, measured {np.sqrt(seen):.3g}.",
        (
            Chart(
                "variance",
                "Noise falls like 1/B, and to 0 with all cases",
                Axis("batch B", scale="log", sets="batch"),
                Axis("E ‖ĝ - g‖²", scale="log", low=float(theory[-2]) / 3),
                (
                    Polyline(sizes[:-1], theory[:-1], "(σ²/B)(N - B)/(N - 1)"),
                    Points([size], [seen], "60 batches", "b"),
                ),
            ),
            Chart(
                "cloud",
                f"Gradients of batches of {size}, seen along two directions",
                Axis("one direction"),
                Axis("another"),
                (
                    Points(dots[:, 0], dots[:, 1], "batches", size=3),
                    Points([middle[0]], [middle[1]], "all cases", "b", "star", 9),
                ),
                equal=True,
            ),
        ),
        numbers={"theory": at, "seen": seen},
    )


CLAIM = Claim(
    25,
    "A mini-batch's gradient is the whole one with noise of variance (σ²/B)(N - B)/(N - 1).",
    noise,
    problems=(NAME,),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-25",
        "Batch noise",
        "How far off is a batch's gradient?",
        "Softmax regression on 64 digits. Move the batch.",
        (Number("batch", "Batch B", 1, 63, 4, positions=62, whole=True),),
        _frame,
    ),
)

"""Claim 44: loss scaling in float16."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, geometric, mean
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import Vectors, flat, moved, objective_of, trained
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure, Theory

NAME = "mlp-digits"
SCALE = 2.0**12
FEWEST = 1e-4
"""A share of less is that of less than one weight, and counts as this."""
SMALLEST = 2.0**-25
"""Half the smallest number of float16: what is no larger rounds to 0 (a tie goes to even)."""


def _loss(xp: Any, params: Arrays, data: Arrays) -> Any:
    return data["scale"] * PROBLEMS[NAME].loss(xp, params, data)


def scaled(instance: Instance, scale: float) -> Instance:
    """The network's instance with the factor of its loss among the data."""
    data = {**instance.data, "scale": np.asarray(scale)}
    return Instance(instance.params, data, instance.direction)


SCALED = Problem(
    "mlp-digits-scaled",
    _loss,
    lambda rng: scaled(PROBLEMS[NAME].instance("tiny", 0), SCALE),
    {"tiny": {}},
    "mlp-digits times a factor",
)


def half(extent: Extent) -> Observed:
    """Float16 has no number between 0 and 2⁻²⁴: a gradient's entry of at most 2⁻²⁵ becomes 0.

    The loss times S has S times the gradient, and all that lies between on the way back; divided by
    S in float32 or more it is the gradient again. The share of entries that a cast alone loses is a
    count. That backprop in float16 loses more, for what it multiplies on the way is smaller yet.

    Then the network is trained on, weights in float64 and every gradient by a backprop in float16,
    with a scale and without.
    """
    shares: dict[float, list[float]] = {1.0: [], SCALE: []}
    figures, counted = [], []
    ratios: dict[float, list[float]] = {1.0: [], SCALE: []}
    for seed in extent.seeds(3, 12):
        start = PROBLEMS[NAME].instance("tiny", seed)
        theta = trained(NAME, start, "adam", [0.03] * 1000).theta
        gradient = objective_of(NAME, start).gradient(theta)[1]
        real = gradient != 0.0
        counted.append(
            (
                float(np.mean(np.abs(gradient[real]) <= SMALLEST)),
                float(np.mean(gradient[real].astype(np.float16) == 0)),
            )
        )
        exactly = _trained_on(start, theta, None, extent)
        for scale in shares:
            by_half = _half(start, theta, scale)
            shares[scale].append(float(np.mean(by_half[real] == 0.0)))
            ratios[scale].append(_trained_on(start, theta, scale, extent) / exactly)
    figures += [
        Figure(
            "share of a trained network's gradient that a cast to float16 makes 0",
            *exact(counted[0][1]),
            theory=Theory(counted[0][0], "share of |g| ≤ 2⁻²⁵"),
            slack=1e-12,
        )
    ]
    for scale, found in shares.items():
        figures.append(
            Figure(
                f"share that backprop in float16 makes 0, loss times {scale:g}",
                *mean(found),
                seeds=len(found),
                claimed=Claimed("few: at most 1 %", high=0.01, ours=True) if scale > 1 else None,
            )
        )
    figures.append(
        Figure(
            "share lost with the scale over that without",
            *geometric(np.maximum(shares[SCALE], FEWEST) / np.maximum(shares[1.0], FEWEST)),
            seeds=len(shares[1.0]),
            claimed=Claimed("below 1", high=1.0),
        )
    )
    for scale, found in ratios.items():
        figures.append(
            Figure(
                f"loss after training on by float16's gradients, over float64's, times {scale:g}",
                *geometric(found),
                seeds=len(found),
                claimed=Claimed("as good: 1 to 1 %", 0.99, 1.01, ours=True) if scale > 1 else None,
            )
        )
    start = PROBLEMS[NAME].instance("tiny", 0)
    over = _half(start, flat(start), 2.0**20)
    figures += [
        Figure(
            "share of the gradient at the start that is not finite, loss times 2²⁰",
            *exact(float(np.mean(~np.isfinite(over)))),
        ),
        agreement(SCALED, scaled(start, SCALE), extent.backends),
    ]
    sentence = (
        f"Near its end {figures[1].value:.0%} of a network's gradient becomes 0 in float16, "
        f"{figures[2].value:.1%} with the loss times {SCALE:g}; trained on it ends at "
        f"{figures[4].value:.3g} and {figures[5].value:.3g} times the loss by float64's gradients."
    )
    return Observed(sentence, figures)


def _half(start: Instance, theta: Vectors, scale: float) -> Vectors:
    """The gradient by a backprop in float16 of the loss times `scale`, over it in float64."""
    at = scaled(moved(start, theta), scale)
    with np.errstate(all="ignore"):
        answer = prepared(SCALED, at, "tape", "float16").operator("gradient")(at)
        return np.asarray(Layout.of(at.params).flatten(answer.derivative)) / scale


def _trained_on(start: Instance, theta: Vectors, scale: float | None, extent: Extent) -> float:
    """The loss after steps of descent from theta, by float64's gradients where scale is None."""
    objective, at = objective_of(NAME, start), theta.copy()
    answer = None
    if scale is not None:
        asked = scaled(moved(start, theta), scale)
        answer = prepared(SCALED, asked, "tape", "float16").operator("gradient")
    for _ in range(extent.of(100, 600)):
        if answer is None or scale is None:
            gradient = objective.gradient(at)[1]
        else:
            now = scaled(moved(start, at), scale)
            with np.errstate(all="ignore"):
                found = Layout.of(now.params).flatten(answer(now).derivative)
            gradient = np.asarray(found, dtype=np.float64) / scale
        at -= 1.0 * gradient
    return objective.value(at)


@lru_cache(maxsize=1)
def _near_its_end() -> tuple[Instance, Vectors, Vectors]:
    start = PROBLEMS[NAME].instance("tiny", 0)
    theta = trained(NAME, start, "adam", [0.03] * 1000).theta
    return start, theta, objective_of(NAME, start).gradient(theta)[1] != 0.0


def _lost(scale: float) -> Mapping[str, float]:
    """Shares of the gradient of a network near its end, by a backprop in float16."""
    start, theta, real = _near_its_end()
    found = _half(start, theta, scale)[real]
    return {
        "becomes 0": float(np.mean(found == 0.0)),
        "is not finite": float(np.mean(~np.isfinite(found))),
    }


VIEW = over(
    44,
    "How much of a gradient does float16 lose?",
    "mlp-digits near its end. Multiply its loss: too little is lost to 0, too much overflows.",
    Number(
        "scale",
        "Loss times",
        1.0,
        2.0**28,
        1.0,
        scale="log",
        stops=[2.0**k for k in range(0, 29, 4)],
    ),
    _lost,
    Axis("share of the gradient", low=0.0, high=1.0),
    lambda scale, seen: (
        f"With the loss times {scale:,.4g} {seen['becomes 0']:.1%} of the gradient becomes 0 and "
        f"{seen['is not finite']:.1%} is not finite."
    ),
)

CLAIM = Claim(
    44,
    "Scaling the loss saves small gradients in float16 from becoming 0.",
    half,
    problems=(NAME,),
    optimizers=("adam", "gd"),
    backends=("tape", "jax", "torch"),
    view=VIEW,
)

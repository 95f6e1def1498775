"""Claim 21: Adam adapts per weight."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.backends import Training
from gradparity.backends.optimizers.training import start_update
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, mean
from gradparity.harness.claims.tools.walks import (
    Vectors,
    flat,
    objective_of,
    path,
    quadratic,
    trained,
)
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
RATE = 1e-2
KINGMA = (1 - BETA1) / math.sqrt(1 - BETA2)
"""3.162, the bound of a step that Adam's authors give, in units of the rate."""
CAUCHY = KINGMA / math.sqrt(1 - BETA1**2 / BETA2)
"""7.27, the bound that holds."""


def adam(extent: Extent) -> Observed:
    """Adam divides each entry of the mean gradient by that entry's own root mean square.

    First step: m̂ = g and v̂ = g², so it is η g/(|g| + ε): as long whatever the gradient's size.

    Rescaling: entries multiplied by constants c multiply m̂ and √v̂ alike; as ε → 0 no step changes.
    On ½ (x₁² + κ x₂²), where κ does just that, the path does not depend on κ.

    Largest step, t → ∞. After zeros one gradient gives (1 - β₁)/√(1 - β₂) = 3.162 rates, which
    Adam's authors state as the bound. It is not: by Cauchy and Schwarz,

        m²/v = (1 - β₁)² (Σ β₁ⁱ gᵢ)²/((1 - β₂) Σ β₂ⁱ gᵢ²) ≤ (1 - β₁)²/(1 - β₂) Σ (β₁²/β₂)ⁱ,

    which is 7.27 rates, attained by gradients i steps ago of (β₁/β₂)ⁱ: growing by 11 % a step.
    """
    figures = [_first(extent)]
    for epsilon in (1e-8, 1e-12):
        walks = [
            path(
                "quadratic", quadratic(kappa, (3.0, 3.0)), "adam", RATE, 500, epsilon=epsilon
            ).points
            for kappa in (1.0, 1e6)
        ]
        figures.append(
            Figure(
                f"largest distance of paths on κ = 1 and on κ = 1e6 in 500 steps, ε = {epsilon:g}",
                *exact(float(np.abs(walks[0] - walks[1]).max())),
                unit="of a way of 3",
                claimed=Claimed("0 as ε → 0: at most 1e5 ε", high=1e5 * epsilon, ours=True),
            )
        )
    turned = [_turned(kappa) for kappa in (1.0, 1e6)]
    figures.append(
        Figure(
            "the same after turning both by 30°, where κ is not a scale of weights",
            *exact(float(np.abs(turned[0] - turned[1]).max())),
            unit="of a way of 3",
        )
    )
    figures += _bounds(extent)
    figures.append(
        agreement("mlp-digits", PROBLEMS["mlp-digits"].instance("tiny", 0), extent.backends)
    )
    sentence = (
        f"Adam's first step is η in every weight; growing gradients give steps of "
        f"{figures[-3].value:.2f} η, beyond the {KINGMA:.2f} η that its authors state; in training "
        f"none was longer than {figures[-2].value:.2f} η."
    )
    return Observed(sentence, figures)


def _first(extent: Extent) -> Figure:
    """η g/(|g| + ε) against the first step from many starts, in units of η."""
    worst = 0.0
    for seed in extent.seeds(5, 50):
        instance = PROBLEMS["mlp-digits"].instance("tiny", seed)
        theta = flat(instance)
        gradient = objective_of("mlp-digits", instance).gradient(theta)[1]
        step = trained("mlp-digits", instance, "adam", [RATE]).theta - theta
        expected = -gradient / (np.abs(gradient) + EPSILON)
        worst = max(worst, float(np.abs(step / RATE - expected).max()))
    return Figure(
        "largest difference of a first step from η g/(|g| + ε), mlp-digits",
        *exact(worst),
        unit="η",
        claimed=Claimed("0 but for rounding", high=1e-10),
    )


def _turned(kappa: float) -> Vectors:
    """Adam's path on the quadratic turned by 30°, by gradients that are fed to it, turned back."""
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    turn = np.array([[c, -s], [s, c]])
    objective = objective_of("quadratic", quadratic(kappa))
    theta = turn @ np.array([3.0, 3.0])
    update = start_update(Training("adam"), theta)
    points = []
    for _ in range(500):
        points.append(turn.T @ theta)
        update(theta, turn @ objective.gradient(turn.T @ theta)[1], RATE)
    return np.array(points)


def fed(gradients: Vectors) -> float:
    """The longest step, in rates, of a weight that is told these gradients, (K,)."""
    theta = np.zeros(1)
    update = start_update(Training("adam", {"epsilon": 1e-300}), theta)
    longest = 0.0
    for gradient in gradients:
        before = float(theta[0])
        update(theta, np.array([gradient]), 1.0)
        longest = max(longest, abs(float(theta[0]) - before))
    return longest


def _bounds(extent: Extent) -> list[Figure]:
    zeros = np.zeros(extent.of(20_000, 50_000))
    spike = fed(np.append(zeros, 1.0))
    growing = fed(np.append(zeros, (BETA2 / BETA1) ** np.arange(-100.0, 1.0)))
    longest = []
    for seed in extent.seeds(5, 30):
        instance = PROBLEMS["mlp-digits"].instance("tiny", seed)
        kept: list[Vectors] = []
        trained(
            "mlp-digits",
            instance,
            "adam",
            [RATE] * extent.of(300, 3000),
            batch=8,
            seed=seed,
            watch=lambda k, theta, kept=kept: kept.append(theta.copy()),  # type: ignore[misc]
        )
        longest.append(float(np.abs(np.diff(np.array(kept), axis=0)).max() / RATE))
    claimed = Claimed("at most (1 - β₁)/√(1 - β₂) = 3.162", high=KINGMA)
    return [
        Figure(
            "step of one gradient after many zeros",
            *exact(spike),
            unit="η",
            claimed=Claimed(claimed.words, high=KINGMA * (1 + 1e-6)),
            theory=Theory(KINGMA, "(1 - β₁)/√(1 - β₂)"),
            slack=1e-3,
        ),
        Figure(
            "largest step of gradients that grow by β₂/β₁ after many zeros",
            *exact(growing),
            unit="η",
            claimed=claimed,
            theory=Theory(CAUCHY, "(1 - β₁)/√((1 - β₂)(1 - β₁²/β₂))"),
            slack=1e-3,
        ),
        Figure(
            "largest step in training mlp-digits, batches of 8",
            *mean(longest),
            unit="η",
            seeds=len(longest),
            claimed=claimed,
        ),
    ]


def _frame(given: Mapping[str, Any]) -> Frame:
    kappa, steps = given["kappa"], 400
    start = quadratic(kappa, (3.0, 3.0))
    adam_path = path("quadratic", start, "adam", 0.05, steps).points
    gd_path = path("quadratic", start, "gd", 1 / kappa, steps).points
    told = f"κ = {kappa:.3g}: Adam's path is that of every κ, descent's is not"
    ends = [float(np.linalg.norm(points[-1])) for points in (adam_path, gd_path)]
    return Frame(
        f"{told}. After {steps} steps Adam is {ends[0]:.2g} from the minimum, descent at 1/κ "
        f"{ends[1]:.2g}.",
        (
            Chart(
                "paths",
                told,
                Axis("x₁", low=-3.5, high=3.5),
                Axis("x₂", low=-3.5, high=3.5),
                (
                    Polyline(adam_path[:, 0], adam_path[:, 1], "adam", "a"),
                    Polyline(gd_path[:, 0], gd_path[:, 1], "gd at 1/κ", "b"),
                ),
                equal=True,
            ),
        ),
        numbers={"adam": adam_path, "gd": gd_path},
    )


CLAIM = Claim(
    21,
    "Adam adapts its rate per weight, and no step exceeds η (1 - β₁)/√(1 - β₂).",
    adam,
    problems=("quadratic", "mlp-digits"),
    optimizers=("adam", "gd"),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-21",
        "Per weight",
        "What does a change of a weight's scale do to Adam?",
        "A quadratic whose second weight has the curvature κ. Move κ.",
        (Number("kappa", "Curvature κ", 1.0, 1e4, 10.0, scale="log"),),
        _frame,
    ),
)

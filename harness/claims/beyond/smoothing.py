"""Claim 46: label smoothing's optimum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, mean
from gradparity.harness.claims.tools.walks import Vectors, held_out, moved, trained
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from gradparity.results.pages.charts import Axis, Bars, Chart, Frame, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

CLASSES = 10
NAME = "mlp-digits"


def _loss(xp: Any, params: Arrays, data: Arrays) -> Any:
    z = params["z"]
    return xp.logsumexp(z, axis=-1) - xp.sum(data["t"] * z)


def logits(epsilon: float) -> Instance:
    """Free logits (10,) of one case whose class is 0, at 0, and its smoothed target."""
    target = np.full(CLASSES, epsilon / CLASSES)
    target[0] += 1.0 - epsilon
    return Instance({"z": np.zeros(CLASSES)}, {"t": target}, {"z": np.ones(CLASSES)})


LOGITS = Problem(
    "smoothed-logits",
    _loss,
    lambda rng: logits(0.1),
    {"tiny": {}},
    "Szegedy et al. (2016), Rethinking the Inception architecture, section 7",
)


def _network_loss(xp: Any, params: Arrays, data: Arrays) -> Any:
    hidden = xp.maximum(data["x"] @ params["w1"] + params["b1"], 0.0)
    z = hidden @ params["w2"] + params["b2"]
    return xp.mean(xp.logsumexp(z, axis=-1) - xp.sum(data["t"] * z, axis=-1))


NETWORK = Problem(
    "mlp-digits-smoothed",
    _network_loss,
    lambda rng: network(0, 0.1),
    {"tiny": {}},
    "mlp-digits, smoothed",
)


def network(seed: int, epsilon: float) -> Instance:
    """The digits' network of this seed, with smoothed targets."""
    one = PROBLEMS[NAME].instance("tiny", seed)
    target = (1 - epsilon) * np.eye(CLASSES)[one.data["y"]] + epsilon / CLASSES
    return Instance(one.params, {"x": one.data["x"], "t": target}, one.direction)


def gap(epsilon: float) -> float:
    """ln(1 + C (1 - ε)/ε): by how much the right logit is above each other one at the optimum."""
    return math.log(1 + CLASSES * (1 - epsilon) / epsilon)


def smoothing(extent: Extent) -> Observed:
    """Targets t = (1 - ε) one-hot + ε/C: cross-entropy is least at p = t, where it is t's entropy.

    The logits are then ln(t_right/t_other) = ln(1 + C (1 - ε)/ε) apart, a finite number. At ε = 0
    the loss falls for ever: its infimum 0 is approached as the gap grows, like ln k over steps k.

    First with free logits, then a network on digits, whose logits are not free but nearly.
    """
    figures = []
    for epsilon in (0.05, 0.1, 0.3):
        start = logits(epsilon)
        end = trained(LOGITS, start, "gd", [4.0] * extent.of(1500, 6000))
        target = start.data["t"]
        figures += [
            Figure(
                f"gap of free logits at the optimum, ε = {epsilon:g}",
                *exact(float(end.theta[0] - end.theta[1])),
                claimed=Claimed("ln(1 + C(1 - ε)/ε)", gap(epsilon) - 1e-6, gap(epsilon) + 1e-6),
                theory=Theory(gap(epsilon), "ln(1 + C(1 - ε)/ε)"),
                slack=1e-6,
            ),
            Figure(
                f"least loss, ε = {epsilon:g}",
                *exact(end.loss),
                theory=Theory(float(-target @ np.log(target)), "the target's entropy"),
                slack=1e-9,
            ),
        ]
    steps, seeds = extent.of(600, 4000), extent.seeds(4, 20)
    told: dict[float, list[tuple[float, float, float, float]]] = {}
    for epsilon in (0.0, 0.1):
        told[epsilon] = [_of_network(seed, epsilon, steps) for seed in seeds]
    figures += [
        Figure(
            f"mean gap of a network's logits after {steps:,} steps of Adam, ε = 0.1",
            *mean([whole for _, whole, _, _ in told[0.1]]),
            seeds=len(seeds),
            claimed=Claimed(
                "ln(1 + C(1 - ε)/ε) to 5 %", 0.95 * gap(0.1), 1.05 * gap(0.1), ours=True
            ),
            theory=Theory(gap(0.1), "ln(1 + C(1 - ε)/ε)"),
            slack=0.05,
        ),
        *(
            Figure(
                f"growth of the gap over the second half of training, ε = {epsilon:g}",
                *mean([whole / half - 1 for half, whole, _, _ in told[epsilon]]),
                seeds=len(seeds),
                claimed=Claimed("grows: above 5 %", low=0.05, ours=True)
                if epsilon == 0
                else Claimed("has ended: at most 5 %", -0.05, 0.05, ours=True),
            )
            for epsilon in told
        ),
    ]
    difference = [
        (smooth[2] - plain[2], smooth[3] - plain[3])
        for plain, smooth in zip(told[0.0], told[0.1], strict=True)
    ]
    figures += [
        Figure(
            "held-out accuracy with ε = 0.1 less that without",
            *mean([one for one, _ in difference]),
            seeds=len(seeds),
        ),
        Figure(
            "held-out cross-entropy with ε = 0.1 less that without",
            *mean([one for _, one in difference]),
            seeds=len(seeds),
        ),
        agreement(NETWORK, network(0, 0.1), extent.backends),
    ]
    sentence = (
        f"With ε = 0.1 a network's logits end {figures[6].value:.3f} apart, the formula says "
        f"{gap(0.1):.3f}; without smoothing the gap grows by {figures[7].value:.0%} over the "
        f"second half of training. Held out, smoothing changes accuracy by "
        f"{figures[9].value:+.2%}."
    )
    return Observed(sentence, figures)


def _of_network(seed: int, epsilon: float, steps: int) -> tuple[float, float, float, float]:
    """Mean gap halfway and at the end; accuracy and cross-entropy on what was left out."""
    start = network(seed, epsilon)
    kept: list[float] = []

    def look(k: int, theta: Vectors) -> None:
        kept.append(_gap(moved(start, theta)))

    end = trained(NETWORK, start, "adam", [0.02] * steps, watch=look, every=steps // 2)
    at = moved(start, end.theta)
    others, known = held_out(NAME, "tiny", seed), PROBLEMS[NAME]
    assert known.accuracy is not None
    return (
        kept[1],
        _gap(at),
        known.accuracy(at.params, others),
        float(known.loss(NUMPY, at.params, others)),
    )


def _gap(at: Instance) -> float:
    """The right logit above the mean of the others, in the mean over cases."""
    params, data = at.params, at.data
    z = np.maximum(data["x"] @ params["w1"] + params["b1"], 0) @ params["w2"] + params["b2"]
    right = np.take_along_axis(z, np.argmax(data["t"], axis=1)[:, None], axis=1)[:, 0]
    return float(np.mean(right - (z.sum(axis=1) - right) / (CLASSES - 1)))


def _frame(given: Mapping[str, Any]) -> Frame:
    epsilon = given["epsilon"]
    kept: list[float] = []

    def look(k: int, theta: Vectors) -> None:
        kept.append(float(theta[0] - theta[1]))

    start = logits(epsilon)
    end = trained(LOGITS, start, "gd", [4.0] * 600, watch=look)
    p = np.exp(end.theta - end.theta.max())
    p /= p.sum()
    told = (
        f"ε = {epsilon:.3g}: the logits end ln(1 + C(1 - ε)/ε) = {gap(epsilon):.3f} apart"
        if epsilon > 0
        else "ε = 0: the logits part for ever"
    )
    marks: list[Any] = [Polyline(range(len(kept)), kept, "gap of the logits")]
    if epsilon > 0:
        marks.append(Rule(gap(epsilon), "ln(1 + C(1 - ε)/ε)", "good", "y"))
    return Frame(
        f"{told}; after 600 steps they are {kept[-1]:.3f} apart.",
        (
            Chart("gap", told, Axis("step"), Axis("gap of the logits"), marks),
            Chart(
                "probabilities",
                "The probabilities that it ends with",
                Axis("class"),
                Axis("probability", low=0, high=1),
                (Bars([str(k) for k in range(CLASSES)], p, "p"),),
            ),
        ),
        numbers={"gap": kept[-1]},
    )


CLAIM = Claim(
    46,
    "Label smoothing makes the optimum finite: logits ln(1 + C(1 - ε)/ε) apart.",
    smoothing,
    problems=(NAME,),
    optimizers=("gd", "adam"),
    backends=("tape", "jax", "torch"),
    view=View(
        "claim-46",
        "Smoothing",
        "How far apart do the logits end?",
        "One case of ten classes, its logits free. Move the smoothing.",
        (Number("epsilon", "Smoothing ε", 0.0, 0.9, 0.1, positions=90),),
        _frame,
    ),
)

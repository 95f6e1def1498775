"""What it takes to come to a hundredth of the first loss: by descent, and without gradients."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends import Training
from gradparity.backends.optimizers.catalogue import start_search
from gradparity.harness.claims.tools.answers import objective, prepared
from gradparity.problems import Instance

KAPPA, TARGET = 10.0, 0.01
PAIRS = 8


def instance(d: int, seed: int) -> Instance:
    """The catalogue's quadratic in d dimensions, curvatures from 1 to κ, from a random start."""
    x = np.random.default_rng([seed, d]).standard_normal(d)
    return Instance({"x": x}, {"curvature": np.geomspace(1.0, KAPPA, d)})


@dataclass(frozen=True, slots=True)
class SearchCost:
    """evaluations, seconds of CPU time: until f is `TARGET` of the first.

    whole: whether it was reached, not foretold by the rate.
    """

    evaluations: float
    seconds: float
    whole: bool


def descended(d: int, seed: int) -> SearchCost:
    """Plain descent at the rate 2/(1 + κ), by the tape."""
    at = instance(d, seed)
    step = prepared("quadratic", at, "tape").training_step(Training("gd"))
    batch = step.batch(at.data)
    step.run(step.start(at.params), batch, 0.1)
    state = step.start(at.params)
    steps, first = 0, None
    start = time.process_time()
    while True:
        state, report = step.run(state, batch, 2.0 / (1.0 + KAPPA))
        loss = step.report(report)[0]
        first = loss if first is None else first
        if loss <= TARGET * first:
            break
        steps += 1
    return SearchCost(steps, time.process_time() - start, True)


def searched(method: str, d: int, seed: int, most: int) -> SearchCost:
    """A search with the best settings that the quadratic's own figures give, by the tape's value.

    most: evaluations; where the target is not reached within them it is extrapolated from the fall
    of ln f over their second half, at the seconds that an evaluation took.
    """
    at = instance(d, seed)
    loss = objective("quadratic", at, "tape")
    theta = at.params["x"].copy()
    first = loss.value(theta)
    options, rate = settings(method, theta, at.data["curvature"])
    move = start_search(method, loss, theta, np.random.default_rng([seed, d, 1]), options)
    own = objective("quadratic", at, "tape")
    marks = [(0, 0.0)]
    begun, start = loss.evaluations, time.process_time()
    spent, value = 0.0, first
    while loss.evaluations - begun < most and value > TARGET * first:
        told = move(theta, rate)
        spent += time.process_time() - start
        value = own.value(theta) if told is None else told
        marks.append((loss.evaluations - begun, float(np.log(value / first))))
        start = time.process_time()
    done, fallen = marks[-1]
    if value <= TARGET * first:
        return SearchCost(done, spent, True)
    half = next(mark for mark in marks if mark[0] >= done / 2)
    slope = (fallen - half[1]) / max(1, done - half[0])
    evaluations = np.log(TARGET) / slope if slope < 0.0 else np.inf
    return SearchCost(float(evaluations), float(spent * evaluations / done), False)


def settings(method: str, theta: Any, curvature: Any) -> tuple[dict[str, Any], float]:
    """Options and rate: what makes each fastest on this quadratic.

    spsa: ĝ = (g·Δ) Δ, so that f falls by a‖g‖² - ½ a² (g·Δ)² ΔᵀHΔ in the mean, ΔᵀHΔ = tr H: best
    at a = 1/tr H. es, K directions: ½ a² E ĝᵀHĝ = ½ a² (tr H + (K + 1) gᵀHg/‖g‖²)/K ‖g‖².
    one-plus-one-es: σ = 1.224 r/d. cma-es: a third of what a start's entry is.
    """
    total, d = float(curvature.sum()), theta.size
    if method == "spsa":
        return {"spread": 1e-3, "rate_power": 0.0, "spread_power": 0.0}, 1.0 / total
    if method == "es":
        return {"pairs": PAIRS, "sigma": 1e-3}, PAIRS / (total + (PAIRS + 1) * KAPPA)
    if method == "one-plus-one-es":
        return {"sigma": 1.224 * float(np.linalg.norm(theta)) / d}, 1.0
    return {"sigma": 0.3}, 1.0

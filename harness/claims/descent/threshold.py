"""Claim 16: how large the rate of descent may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.backends.optimizers.catalogue import start_search
from gradparity.backends.optimizers.contract.optimizer import Stalled
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
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
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

STEPS = 60
"""The component along the steepest direction is all that growth is read from, so few will do."""


def threshold(extent: Extent) -> Observed:
    """θ ← θ - η∇J multiplies the error by I - ηH where J is quadratic.

    Along the eigenvector of the curvature λ that is 1 - ηλ: smaller than 1 in size exactly for
    0 < η < 2/λ, so that the largest λ decides. At 1.99/λmax it is -0.99, at 2.01/λmax -1.01.

    Where J is not quadratic 2/λmax at the minimum is where the minimum stops attracting. Descent is
    then pushed to where the curvature is less, and goes to and fro there: it need not diverge.
    """
    cases: list[tuple[str, str, Instance]] = [
        (f"quadratic, κ = {kappa:g}", "quadratic", quadratic(kappa)) for kappa in (10, 100, 1000)
    ]
    cases.append(("regression-linear", "regression-linear", _instance("regression-linear", "tiny")))
    figures = []
    for words, name, instance in cases:
        goal = minimiser(name, instance)
        values, vectors = np.linalg.eigh(objective_of(name, instance).hessian(goal))
        top, direction = float(values[-1]), vectors[:, -1]
        figures.append(
            Figure(
                f"threshold of divergence times λmax, {words}",
                *exact(top * _bisected(name, instance, goal, direction, top)),
                claimed=Claimed("2", 2 - 1e-6, 2 + 1e-6),
                theory=Theory(2.0, "2"),
                slack=1e-6,
            )
        )
        for share, claimed in (
            (1.99, Claimed("below 1", high=1 - 1e-9)),
            (2.01, Claimed("above 1", low=1 + 1e-9)),
        ):
            grown = _growth(name, instance, goal, direction, share / top)
            figures.append(
                Figure(
                    f"factor of the error a step at {share}/λmax, {words}",
                    *exact(grown),
                    claimed=claimed,
                    theory=Theory(abs(1 - share), "|1 - ηλmax|"),
                    slack=1e-6,
                )
            )
    figures.append(_beyond_quadratics(extent))
    figures.append(agreement("regression-linear", cases[-1][2], extent.backends))
    far = figures[-2].value
    sentence = (
        f"On quadratics the threshold is {figures[0].value:.7f}/λmax. On logistic regression "
        f"descent at 2.1/λmax does not diverge: its error is {far:.2g} of that at the start."
    )
    return Observed(sentence, figures)


def _instance(name: str, size: str, seed: int = 0) -> Instance:
    return PROBLEMS[name].instance(size, seed)


def minimiser(name: str, instance: Instance) -> Vectors:
    """Where the gradient is 0: known, or found by Newton's method."""
    known = PROBLEMS[name].minimum
    found = None if known is None else known(instance.data)
    if found is not None and found.params is not None:
        return flat(Instance(found.params, instance.data))
    theta = flat(instance)
    objective = objective_of(name, instance)
    search = start_search("newton", objective, theta, np.random.default_rng(0), {})
    for _ in range(50):
        try:
            search(theta, 1.0)
        except Stalled:
            break
    return theta


def _growth(name: str, instance: Instance, goal: Vectors, direction: Vectors, rate: float) -> float:
    """By how much a step multiplies the error along a direction, in the mean of `STEPS`."""
    walk = path(name, instance, "gd", rate, STEPS).points
    first, last = abs((walk[0] - goal) @ direction), abs((walk[-1] - goal) @ direction)
    return float((last / first) ** (1 / (len(walk) - 1)))


def _bisected(
    name: str, instance: Instance, goal: Vectors, direction: Vectors, top: float
) -> float:
    low, high = 1.0 / top, 4.0 / top
    while high - low > 1e-9 / top:
        middle = 0.5 * (low + high)
        if _growth(name, instance, goal, direction, middle) > 1.0:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def _beyond_quadratics(extent: Extent) -> Figure:
    instance = _instance("regression-logistic", "small")
    goal = minimiser("regression-logistic", instance)
    top = float(np.linalg.eigvalsh(objective_of("regression-logistic", instance).hessian(goal))[-1])
    steps = extent.of(2000, 20_000)
    end = trained("regression-logistic", instance, "gd", [2.1 / top] * steps).theta
    error = np.linalg.norm(end - goal) / np.linalg.norm(flat(instance) - goal)
    return Figure(
        f"error after {steps:,} steps at 2.1/λmax, of that at the start, regression-logistic",
        *exact(float(error)),
        claimed=Claimed("diverges, beyond 1e6", low=1e6, ours=True),
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    share, kappa = given["share"], 10.0
    walk = path("quadratic", quadratic(kappa), "gd", share / kappa, 60)
    error = np.linalg.norm(walk.points, axis=1)
    factor = max(abs(1 - share), abs(1 - share / kappa))
    ends = "diverges" if factor > 1 else "goes to and fro for ever" if factor == 1 else "converges"
    chart = Chart(
        "error",
        f"At {share:.3g}/λmax descent {ends}",
        Axis("step"),
        Axis("distance from the minimum", scale="log"),
        (
            Polyline(range(len(error)), error, "measured"),
            Polyline(
                range(len(error)),
                error[0] * factor ** np.arange(len(error)),
                "max |1 - ηλ| a step",
                "muted",
                (4, 4),
            ),
        ),
    )
    return Frame(
        f"η = {share:.3g}/λmax: a step multiplies the error by {factor:.4g}, so descent {ends}.",
        (chart,),
        numbers={"factor": factor, "errors": error},
    )


VIEW = View(
    "claim-16",
    "Threshold",
    "From which rate on does descent diverge?",
    "A quadratic of curvatures 1 and 10. Move the rate across 2/λmax.",
    (Number("share", "Rate times λmax", 0.05, 2.5, 1.9, positions=245),),
    _frame,
)

CLAIM = Claim(
    16,
    "The update is θ ← θ - α∇J; descent diverges exactly beyond the rate 2/λmax.",
    threshold,
    problems=("quadratic", "regression-linear", "regression-logistic"),
    optimizers=("gd", "newton"),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

"""Claim 19: what is guaranteed of descent on convex functions, and how fast it is on quadratics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.claims.descent.threshold import minimiser
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
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

WORST_STEPS = 50


def convex(extent: Extent) -> Observed:
    """f_k - f* ≤ L R²/(4k + 2), R = ‖x₀ - x*‖, for descent at 1/L on any convex f of curvature ≤ L.

    It cannot be improved: f(x) = L R/(2K + 1) |x| - L R²/(2 (2K + 1)²) beyond R/(2K + 1),
    and ½ L x² within, has f_K - f* = L R²/(4K + 2), for K steps of R/(2K + 1) each never leave the
    slope.

    On a quadratic of condition κ the error shrinks a step by
        descent at 2/(L + μ)                     (κ - 1)/(κ + 1), exactly, from (κ, 1);
        Nesterov, momentum (√κ - 1)/(√κ + 1)     1 - 1/√κ;
        heavy ball, 4/(√L + √μ)²                 (√κ - 1)/(√κ + 1),
    the last two with double roots, so that the error is t ρᵗ: the factor is read from error/t.
    """
    steps = extent.of(300, 3000)
    figures = []
    for name, size, curvature in (
        ("regression-linear", "tiny", _linear),
        ("regression-linear", "small", _linear),
        ("regression-logistic", "small", _logistic),
        ("quadratic", "large", lambda instance: float(instance.data["curvature"].max())),
    ):
        instance = PROBLEMS[name].instance(size, 0)
        figures.append(_bound(name, size, instance, curvature(instance), steps))
    worst = _of_bound("worst", _WORST, _worst_instance(), 1.0, WORST_STEPS, np.zeros(1))
    figures.append(
        Figure(
            f"the same at step {WORST_STEPS} of the worst function for so many",
            *exact(float(worst[-1])),
            claimed=Claimed("at most 1", high=1.0 + 1e-12),
            theory=Theory(1.0, "attained"),
            slack=1e-9,
        )
    )
    for kappa in (10.0, 100.0, 1000.0):
        for words, factor, theory, formula in measured(kappa):
            figures.append(
                Figure(
                    f"factor of the error a step, {words}, κ = {kappa:g}",
                    *exact(factor),
                    claimed=Claimed(formula, theory * (1 - 0.02), theory * (1 + 0.02)),
                    theory=Theory(theory, formula),
                    slack=0.005,
                )
            )
    instance = PROBLEMS["regression-linear"].instance("tiny", 0)
    figures.append(agreement("regression-linear", instance, extent.backends))
    largest = max(figure.value for figure in figures[:4])
    sentence = (
        f"On four convex problems f - f* is at most {largest:.2g} of L R²/(4k + 2); on the worst "
        f"function it is {figures[4].value:.6g} of it."
    )
    return Observed(sentence, figures)


def _linear(instance: Instance) -> float:
    x = instance.data["x"]
    return float(np.linalg.eigvalsh(x.T @ x / len(x))[-1])


def _logistic(instance: Instance) -> float:
    """σ(1 - σ) ≤ ¼ bounds the curvature everywhere."""
    return 0.25 * _linear(instance)


def _of_bound(
    words: str, problem: str | Problem, instance: Instance, top: float, steps: int, goal: Vectors
) -> Vectors:
    """(f_k - f*)(4k + 2)/(L R²) for k = 0 ... steps."""
    losses = trained(problem, instance, "gd", [1.0 / top] * steps).losses
    least = objective_of(problem, instance).value(goal)
    radius = float(np.sum((flat(instance) - goal) ** 2))
    return np.asarray((losses - least) * (4 * np.arange(len(losses)) + 2) / (top * radius))


def _bound(name: str, size: str, instance: Instance, top: float, steps: int) -> Figure:
    share = _of_bound(name, name, instance, top, steps, minimiser(name, instance))
    return Figure(
        f"largest (f - f*)(4k + 2)/(L R²) of {steps:,} steps, {name}, {size}",
        *exact(float(share.max())),
        claimed=Claimed("at most 1", high=1.0),
    )


def _worst_loss(xp: Any, params: Arrays, data: Arrays) -> Any:
    size, end = xp.abs(params["x"]), data["end"]
    return xp.sum(xp.where(size > end, end * size - 0.5 * end * end, 0.5 * size * size))


def _worst_instance() -> Instance:
    """L = 1 and R = 1, the parabola's end at 1/(2K + 1)."""
    return Instance({"x": np.ones(1)}, {"end": np.asarray(1 / (2 * WORST_STEPS + 1))})


_WORST = Problem(
    "worst-convex",
    _worst_loss,
    lambda rng: _worst_instance(),
    {"tiny": {}},
    "Drori and Teboulle (2014), Performance of first-order methods, theorem 3.2",
)


def measured(kappa: float) -> list[tuple[str, float, float, str]]:
    """(method, factor a step, theory's, its formula) of three methods at their best."""
    root = math.sqrt(kappa)
    slow = (root - 1) / (root + 1)
    start = quadratic(kappa)
    steps = int(12 * root) + 60
    gd = path("quadratic", start, "gd", 2 / (1 + kappa), steps)
    nesterov = path("quadratic", start, "nesterov-textbook", 1 / kappa, steps, momentum=slow)
    ball = path("quadratic", start, "momentum", 4 / (1 + root) ** 2, steps, momentum=slow**2)
    return [
        ("gd", factor(gd.points, False), (kappa - 1) / (kappa + 1), "(κ - 1)/(κ + 1)"),
        ("nesterov-textbook", factor(nesterov.points, True), 1 - 1 / root, "1 - 1/√κ"),
        ("momentum", factor(ball.points, True), slow, "(√κ - 1)/(√κ + 1)"),
    ]


def factor(points: Vectors, double: bool) -> float:
    """The factor per step of ‖x‖ over the second half; double: of ‖x‖/t, where t ρᵗ is expected."""
    t = np.arange(len(points))[len(points) // 2 :]
    error = np.log(np.linalg.norm(points[len(points) // 2 :], axis=1))
    return float(np.exp(np.polyfit(t, error - np.log(t) if double else error, 1)[0]))


def _frame(given: Mapping[str, Any]) -> Frame:
    kappa = given["kappa"]
    root = math.sqrt(kappa)
    slow, steps, start = (root - 1) / (root + 1), 400, quadratic(kappa)
    runs = {
        "descent": path("quadratic", start, "gd", 2 / (1 + kappa), steps),
        "Nesterov": path("quadratic", start, "nesterov-textbook", 1 / kappa, steps, momentum=slow),
        "heavy ball": path(
            "quadratic", start, "momentum", 4 / (1 + root) ** 2, steps, momentum=slow**2
        ),
    }
    marks = [
        Polyline(range(len(run.points)), np.linalg.norm(run.points, axis=1), name, colour)
        for (name, run), colour in zip(runs.items(), "abc", strict=True)
    ]
    ratio = math.log(slow) / math.log((kappa - 1) / (kappa + 1)) if kappa > 1 else 1.0
    told = f"κ = {kappa:.3g}: the heavy ball needs about {ratio:.3g} times fewer steps than descent"
    return Frame(
        f"{told}, whose error shrinks by {(kappa - 1) / (kappa + 1):.4f} a step.",
        (
            Chart(
                "errors", told, Axis("step"), Axis("distance from the minimum", scale="log"), marks
            ),
        ),
        numbers={"ratio": ratio},
    )


CLAIM = Claim(
    19,
    "On convex functions descent converges: f - f* ≤ L R²/(4k + 2) at every step k.",
    convex,
    problems=("regression-linear", "regression-logistic", "quadratic"),
    optimizers=("gd", "nesterov-textbook", "momentum"),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-19",
        "Condition",
        "How fast is each method on a quadratic of this condition?",
        "Descent, Nesterov's method and the heavy ball, each at its best rate.",
        (Number("kappa", "Condition κ", 1.5, 2000.0, 100.0, scale="log"),),
        _frame,
    ),
)

"""Claim 39: when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from gradparity.harness.claims.descent.threshold import minimiser
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, share
from gradparity.harness.claims.tools.moving import log_stops, over
from gradparity.harness.claims.tools.walks import Vectors, objective_of, path, quadratic, trained
from gradparity.harness.views.controls import Number
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

RULE = 0.01
"""‖g‖ at which the rule stops a network."""
SOLVED = 0.1


def stopping(extent: Extent) -> Observed:
    """f - f* ≤ ‖g‖²/(2μ) where all curvatures are μ or more (strongly convex).

    f(y) ≥ f(x) + g·(y - x) + ½ μ ‖y - x‖² for all y; the least of the right side, at y = x - g/μ,
    is f(x) - ‖g‖²/(2μ), and f* is no less. With equality along the eigenvector of μ of a quadratic,
    to which descent at 1/L turns in the end, as the rest falls faster.

    Elsewhere a small gradient tells nothing: on XOR descent crosses plateaus where ‖g‖ is small.
    A start is lost to the rule where it stops at a loss above 0.1 that descent without it passes.
    """
    figures = []
    for name, words, instance in (
        ("quadratic", "κ = 10", quadratic(10.0)),
        ("quadratic", "κ = 1000", quadratic(1000.0)),
        ("regression-linear", "tiny", PROBLEMS["regression-linear"].instance("tiny", 0)),
        ("regression-linear", "small", PROBLEMS["regression-linear"].instance("small", 0)),
    ):
        ratio = _ratios(name, instance, extent.of(400, 4000))
        figures.append(
            Figure(
                f"largest (f - f*) 2μ/‖g‖² on the way of descent, {name}, {words}",
                *exact(float(ratio.max())),
                claimed=Claimed("at most 1", high=1.0 + 1e-6),
            )
        )
    late = _ratios("quadratic", quadratic(10.0), 60)[-1]
    figures.append(
        Figure(
            "the same after 60 steps on the quadratic of κ = 10",
            *exact(float(late)),
            claimed=Claimed("at most 1", high=1.0 + 1e-6),
            theory=Theory(1.0, "attained along μ"),
            slack=1e-6,
        )
    )
    lost, stopped, curve = _lost(extent)
    figures.append(
        Figure(
            f"starts of xor-sigmoid that a stop at ‖g‖ < {RULE:g} loses",
            *share(lost, len(stopped)),
            seeds=len(stopped),
            claimed=Claimed("none to speak of: at most 5 %", high=0.05, ours=True),
        )
    )
    figures.append(agreement("quadratic", quadratic(10.0), extent.backends))
    most = max(one.value for one in figures[:4])
    sentence = (
        f"On strongly convex problems f - f* is at most {most:.4g} "
        f"of ‖g‖²/(2μ); on XOR a stop at ‖g‖ < {RULE:g} loses {lost} of {len(stopped)} starts."
    )
    chart = Chart(
        "plateau",
        "A small gradient is no end: descent on XOR crosses a plateau",
        Axis("step"),
        Axis("loss, and ‖g‖", scale="log"),
        (
            Polyline(range(len(curve[0])), curve[0], "loss", "a"),
            Polyline(range(len(curve[1])), curve[1], "‖g‖", "b"),
        ),
    )
    return Observed(sentence, figures, chart)


def _ratios(name: str, instance: Instance, steps: int) -> Vectors:
    """(f - f*) 2μ/‖g‖² at each iterate of descent at 1/L, until f - f* is rounding."""
    goal, objective = minimiser(name, instance), objective_of(name, instance)
    values = np.linalg.eigvalsh(objective.hessian(goal))
    points: list[Vectors] = []
    trained(
        name,
        instance,
        "gd",
        [1.0 / values[-1]] * steps,
        watch=lambda k, theta: points.append(theta.copy()),
    )
    least, found = objective.value(goal), []
    for theta in points:
        value, gradient = objective.gradient(theta)
        if value - least <= 1e-9 * abs(least) + 1e-200:
            break
        found.append((value - least) * 2 * values[0] / float(gradient @ gradient))
    return np.array(found)


def _lost(extent: Extent) -> tuple[int, list[bool], tuple[Vectors, Vectors]]:
    """How many starts the rule loses, which it stops early, and a lost one's loss and ‖g‖."""
    steps, every = extent.of(3000, 20_000), 10
    lost, stopped = 0, []
    shown = (np.zeros(1), np.zeros(1))
    for seed in extent.seeds(20, 200):
        instance = PROBLEMS["xor-sigmoid"].instance("tiny", seed)
        points: list[Vectors] = []
        run = trained(
            "xor-sigmoid",
            instance,
            "gd",
            [2.0] * steps,
            until=SOLVED,
            every=every,
            watch=lambda k, theta, points=points: points.append(theta.copy()),  # type: ignore[misc]
        )
        objective = objective_of("xor-sigmoid", instance)
        norms = np.array([float(np.linalg.norm(objective.gradient(x)[1])) for x in points])
        early = bool(np.any(norms < RULE))
        stopped.append(early)
        if early and run.losses[-1] <= SOLVED:
            lost += 1
            shown = (run.losses, np.repeat(norms, every)[: len(run.losses)])
    return lost, stopped, shown


@lru_cache(maxsize=1)
def _ways() -> tuple[Vectors, Vectors, Vectors, Vectors]:
    """‖g‖ and f along descent on the quadratic of κ = 10, at 1/L, and on xor-sigmoid at 2."""
    xor = PROBLEMS["xor-sigmoid"].instance("tiny", 0)
    found: list[Vectors] = []
    for name, instance, rate, steps in (
        ("quadratic", quadratic(10.0), 0.1, 200),
        ("xor-sigmoid", xor, 2.0, 1500),
    ):
        objective = objective_of(name, instance)
        seen = [objective.gradient(x) for x in path(name, instance, "gd", rate, steps).points]
        found += [np.array([np.linalg.norm(g) for _, g in seen]), np.array([f for f, _ in seen])]
    return found[0], found[1], found[2], found[3]


def _stopped(tolerance: float) -> Mapping[str, float]:
    """What is left where ‖g‖ first is at most so, and ‖g‖²/(2μ) there, μ = 1."""
    norms, losses, of_xor, xor = _ways()
    k = int(np.argmax(norms <= tolerance))
    reached = np.flatnonzero(of_xor <= tolerance)
    return {
        "f - f*, quadratic": float(losses[k]),
        "‖g‖²/(2μ), quadratic": float(norms[k] ** 2 / 2),
        "loss of xor-sigmoid": float(xor[reached[0] if len(reached) else -1]),
    }


VIEW = over(
    39,
    "What is left where descent stops?",
    "Descent on a quadratic of κ = 10, and on XOR (at most 1,500 steps). Move the ‖g‖ it stops at.",
    Number("tolerance", "Stop at ‖g‖", 1e-6, 1.0, 0.01, scale="log", stops=log_stops(1e-6, 1.0)),
    _stopped,
    Axis("loss left", scale="log"),
    lambda tolerance, seen: (
        f"Stopped at ‖g‖ = {tolerance:.0e} the quadratic is {seen['f - f*, quadratic']:.1e} above "
        f"its minimum, at most {seen['‖g‖²/(2μ), quadratic']:.1e}; XOR's loss is "
        f"{seen['loss of xor-sigmoid']:.3g}."
    ),
)

CLAIM = Claim(
    39,
    "Stop where the gradient is small: f - f* ≤ ‖g‖²/(2μ).",
    stopping,
    problems=("quadratic", "regression-linear", "xor-sigmoid"),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

"""Claim 36: curvatures differ widely between directions, hence Adam."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, geometric, slope
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import Vectors, objective_of, path, sharpness, trained
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Points
from gradparity.results.records.claim import Claimed, Figure, Theory

NEAR, MOST = 1e-3, 4000
KAPPAS = (10.0, 32.0, 100.0, 316.0, 1000.0)


def _loss(xp: Any, params: Arrays, data: Arrays) -> Any:
    return 0.5 * xp.sum(data["curvature"] * xp.square(data["turn"] @ params["x"]))


def turned(kappa: float, angle: float) -> Instance:
    """½ (u² + κ v²), u and v the axes turned by an angle in radians; from u = v = 1."""
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, s], [-s, c]])
    data = {"curvature": np.array([1.0, kappa]), "turn": turn}
    return Instance({"x": turn.T @ np.ones(2)}, data, {"x": np.ones(2)})


TURNED = Problem(
    "turned-quadratic", _loss, lambda rng: turned(10.0, 0.5), {"tiny": {}}, "a quadratic, turned"
)


def curvatures(extent: Extent) -> Observed:
    """The spectrum of a trained network's Hessian, and what its condition costs descent and Adam.

    Descent at 2/(1 + κ) takes (κ/2) ln(1/ε) steps: on a log-log plot the slope on κ is 1. Adam
    divides by each weight's own gradients: where the axes of curvature are the weights, its path is
    the same at any κ (`descent/adam.py`), slope 0. Turned, no division by weights undoes κ, and
    what is left of the gain is measured. Rates of Adam are the best of a grid at each κ.
    """
    name = "mlp-digits"
    start = PROBLEMS[name].instance("tiny", 0)
    objective = objective_of(name, start)
    theta = trained(name, start, "adam", [0.01] * 60).theta
    hessian = np.stack([objective.hvp(theta, unit) for unit in np.eye(theta.size)], axis=1)
    values = np.linalg.eigvalsh(0.5 * (hessian + hessian.T))
    top, typical = float(values[-1]), float(np.median(np.abs(values)))
    figures = [
        Figure(
            "largest curvature of mlp-digits, trained, by Lanczos' method",
            *exact(sharpness(objective, theta)),
            theory=Theory(top, "of the whole Hessian"),
            slack=1e-3,
        ),
        Figure(
            "the same over the median of all curvatures' sizes",
            *exact(top / max(typical, 1e-300)),
            claimed=Claimed("differ widely: 100 at least", low=100.0, ours=True),
        ),
        Figure(
            "share of its curvatures above a hundredth of the largest",
            *exact(float(np.mean(values > 0.01 * top))),
        ),
        Figure("share of its curvatures that are negative", *exact(float(np.mean(values < 0)))),
    ]
    gd = [_steps_of_descent(kappa) for kappa in KAPPAS]
    figures.append(
        Figure(
            "slope of descent's steps on κ",
            *slope(KAPPAS, gd),
            theory=Theory(1.0, "(κ/2) ln(1/ε)"),
            slack=0.02,
        )
    )
    adam = {}
    for words, angle in (("along the weights", 0.0), ("turned by 45°", math.pi / 4)):
        rates = np.geomspace(1e-3, 1.0, extent.of(4, 13)).tolist()
        adam[words] = [_steps_of_adam(kappa, angle, rates) for kappa in KAPPAS]
        found = slope(KAPPAS, adam[words])
        figures.append(
            Figure(
                f"slope of Adam's steps on κ, curvatures {words}",
                *(found if angle else exact(found[0])),
                claimed=Claimed("hence Adam: below ½", high=0.5, ours=True),
                theory=None if angle else Theory(0.0, "no κ in the path"),
                slack=0.0,
            )
        )
    ratio = _network(extent)
    figures.append(
        Figure(
            "descent's steps over Adam's to a loss of 0.1 on mlp-digits, each at its best rate",
            *geometric(ratio),
            seeds=len(ratio),
            claimed=Claimed("hence Adam: above 1", low=1.0),
        )
    )
    figures.append(agreement(name, start, extent.backends))
    sentence = (
        f"A trained network's largest curvature is {top / max(typical, 1e-300):.2g} times the "
        f"median. Descent's steps grow like κ^{figures[4].value:.2f}, Adam's like "
        f"κ^{figures[5].value:.2f} along the weights and κ^{figures[6].value:.2f} turned by 45°."
    )
    order = np.arange(1, len(values) + 1)
    chart = Chart(
        "spectrum",
        "A few directions are steep, most are nearly flat",
        Axis("rank", scale="log"),
        Axis("size of the curvature", scale="log", low=top * 1e-8),
        (Points(order, np.sort(np.abs(values))[::-1], "eigenvalues", size=2.5),),
        note=f"mlp-digits, {len(values):,} parameters, 60 steps of Adam.",
    )
    return Observed(sentence, figures, chart)


def _arrived(points: Vectors) -> float:
    """The step from which on the error stays below `NEAR` of the first; infinite if none."""
    error = np.linalg.norm(points, axis=1)
    beyond = np.flatnonzero(~(error <= NEAR * error[0]))
    step = float(beyond[-1] + 1) if len(beyond) else 0.0
    return step if step < len(points) else math.inf


def _steps_of_descent(kappa: float) -> float:
    most = int(kappa * math.log(1 / NEAR))
    return _arrived(path(TURNED, turned(kappa, 0.0), "gd", 2 / (1 + kappa), most).points)


def _steps_of_adam(kappa: float, angle: float, rates: Sequence[float]) -> float:
    start = turned(kappa, angle)
    return min(_arrived(path(TURNED, start, "adam", rate, MOST).points) for rate in rates)


def _network(extent: Extent) -> Vectors:
    """Steps to a loss of 0.1 by descent over those by Adam, (S,), best rates of a grid each."""
    steps = extent.of(250, 2000)
    best = []
    for seed in extent.seeds(3, 20):
        start = PROBLEMS["mlp-digits"].instance("tiny", seed)
        best.append(
            [
                min(
                    trained("mlp-digits", start, name, [rate] * steps, until=0.1).steps_to(0.1)
                    for rate in rates
                )
                for name, rates in (("gd", (0.1, 0.3, 1.0)), ("adam", (0.003, 0.01, 0.03)))
            ]
        )
    return np.array([gd / adam for gd, adam in best])


def _conditioned(kappa: float) -> Mapping[str, float]:
    """Steps to a thousandth of the error."""
    return {
        "descent": _steps_of_descent(kappa),
        "Adam at 0.1, along the weights": _steps_of_adam(kappa, 0.0, [0.1]),
        "Adam at 0.1, turned by 45°": _steps_of_adam(kappa, math.pi / 4, [0.1]),
    }


VIEW = over(
    36,
    "What does a wide range of curvatures cost?",
    "A quadratic in two directions, to a thousandth of the error. Move its condition number κ.",
    Number("kappa", "Condition number κ", 10, 1000, 100, scale="log", stops=KAPPAS),
    _conditioned,
    Axis("steps", scale="log"),
    lambda kappa, seen: (
        f"At κ = {kappa:.0f} steps are: "
        + ", ".join(f"{name} {steps:,.0f}" for name, steps in seen.items())
        + "."
    ),
)

CLAIM = Claim(
    36,
    "Curvatures differ widely between directions, hence Adam.",
    curvatures,
    problems=("mlp-digits", "quadratic"),
    optimizers=("gd", "adam"),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

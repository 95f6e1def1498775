"""Claim 28: what inputs that are not normalised do to descent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.claims.tools.walks import flat, objective_of, path, trained
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Instance
from gradparity.problems.real_data import breast_cancer
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

NEAR = 1e-6
SCALES = (3.0, 10.0, 30.0)
CASES = 64


def scales(extent: Extent) -> Observed:
    """Two features, uncorrelated and of variance 1, the first times s: H = XᵀX/n = diag(s², 1).

    Hence κ = s². From errors of 1 in both weights the gradient is (s², 1): what the first weight
    is told is s² times as much. At the best rate 2/(1 + s²) the error falls by (κ - 1)/(κ + 1) a
    step: ln(1/ε)/-ln((κ - 1)/(κ + 1)) ≈ (κ/2) ln(1/ε) steps, for -ln((κ - 1)/(κ + 1)) is 2/κ up to
    terms of κ⁻³. Divided by its deviation the feature is as the other: κ = 1, and one step will do.
    """
    figures = []
    for s in SCALES if extent.quick else (*SCALES, 100.0):
        instance, kappa = scaled(s), s * s
        objective = objective_of("regression-linear", instance)
        values = np.linalg.eigvalsh(objective.hessian(flat(instance)))
        gradient = objective.gradient(flat(instance))[1]
        taken = steps(s)
        figures += [
            Figure(
                f"condition of the Hessian, s = {s:g}",
                *exact(float(values[-1] / values[0])),
                claimed=Claimed("s²", kappa * (1 - 1e-6), kappa * (1 + 1e-6)),
                theory=Theory(kappa, "s²"),
                slack=1e-6,
            ),
            Figure(
                f"gradient of the scaled feature's weight over the other's, s = {s:g}",
                *exact(float(gradient[0] / gradient[1])),
                claimed=Claimed("disproportionate: above 1", low=1.0 + 1e-9),
                theory=Theory(kappa, "s²"),
                slack=1e-6,
            ),
            Figure(
                f"steps to {NEAR:g} of the error, s = {s:g}",
                *exact(taken),
                claimed=Claimed(
                    "(κ/2) ln(1/ε) to 5 %",
                    0.475 * kappa * math.log(1 / NEAR),
                    0.525 * kappa * math.log(1 / NEAR),
                    ours=True,
                ),
                theory=Theory(0.5 * kappa * math.log(1 / NEAR), "(κ/2) ln(1/ε)"),
                slack=0.02,
            ),
        ]
    figures.append(
        Figure(
            "steps after the feature is divided by its deviation",
            *exact(steps(1.0)),
            claimed=Claimed("1", 1, 1),
            theory=Theory(1.0, "κ = 1"),
        )
    )
    raw, normal = _real(False), _real(True)
    figures += [
        Figure("condition of XᵀX/n, 30 real features as they come, breast cancer", *exact(raw)),
        Figure(
            "the same, each standardised, over that of the raw ones",
            *exact(normal / raw),
            claimed=Claimed("below 1", high=0.999),
        ),
        agreement("regression-linear", scaled(10.0), extent.backends),
    ]
    sentence = (
        f"Scaled by 30, a feature makes κ = {figures[6].value:.4g} and descent take "
        f"{figures[8].value:,.0f} steps instead of one; the real features of breast cancer have "
        f"κ = {raw:.2g}, standardised {normal:.2g}."
    )
    return Observed(sentence, figures)


def scaled(s: float) -> Instance:
    """Linear regression on two whitened features, the first times s; errors of 1 at the start."""
    x = np.random.default_rng(28).standard_normal((CASES, 2))
    q = np.linalg.qr(x - x.mean(axis=0))[0] * math.sqrt(CASES) * np.array([s, 1.0])
    params = {"w": np.array([1.0, 1.0])}
    return Instance(params, {"x": q, "y": np.zeros(CASES)}, {"w": np.ones(2)})


def steps(s: float) -> float:
    """Steps of descent at 2/(1 + s²) until the error is `NEAR` of the first."""
    kappa = s * s
    most = int(0.6 * kappa * math.log(1 / NEAR)) + 5
    points = path("regression-linear", scaled(s), "gd", 2 / (1 + kappa), most).points
    error = np.linalg.norm(points, axis=1)
    return float(np.flatnonzero(error <= NEAR * error[0])[0])


def _real(standardised: bool) -> float:
    x, _ = breast_cancer()
    if standardised:
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    values = np.linalg.svd(np.column_stack([np.ones(len(x)), x]), compute_uv=False)
    return float((values[0] / values[-1]) ** 2)


def _frame(given: Mapping[str, Any]) -> Frame:
    s = given["scale"]
    kappa = s * s
    runs = {
        f"scaled by {s:.3g}": (
            trained("regression-linear", scaled(s), "gd", [2 / (1 + kappa)] * 300),
            "a",
        ),
        "normalised": (trained("regression-linear", scaled(1.0), "gd", [0.9] * 300), "b"),
    }
    needed = 0.5 * kappa * math.log(1 / NEAR)
    marks = [
        Polyline(range(len(run.losses)), run.losses, name, colour)
        for name, (run, colour) in runs.items()
    ]
    return Frame(
        f"A feature scaled by {s:.3g} gives κ = {kappa:.4g}: about {max(needed, 1):,.0f} steps to "
        "a millionth of the error.",
        (
            Chart(
                "losses",
                f"κ = {kappa:.4g} takes about {max(needed, 1):,.0f} steps",
                Axis("step"),
                Axis("loss", scale="log", low=1e-14),
                marks,
            ),
        ),
        numbers={"needed": needed, "loss": runs[f"scaled by {s:.3g}"][0].losses},
    )


CLAIM = Claim(
    28,
    "Inputs that are not normalised give disproportionate gradients and slow descent.",
    scales,
    problems=("regression-linear",),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-28",
        "Scales",
        "What does one large feature cost?",
        "Two features, one of them times s. Move s.",
        (Number("scale", "Scale s", 1.0, 100.0, 10.0, scale="log"),),
        _frame,
    ),
)

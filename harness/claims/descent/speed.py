"""Claim 20: momentum builds up speed, at most 1/(1 - μ) times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.claims.descent.convex import measured
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.claims.tools.walks import path, quadratic
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Arrays, Instance, Problem
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

MU = 0.9
KAPPAS = (10.0, 100.0, 1000.0)
SADDLE_RATE = 0.1


def speed(extent: Extent) -> Observed:
    """v ← μ v + g on a constant slope g is g (1 - μᵗ)/(1 - μ): 1/(1 - μ) times a step of descent.

    Steps are another matter. Where ηλ ≪ (1 - μ)² the error shrinks by ηλ/(1 - μ) a step instead of
    ηλ, 1/(1 - μ) times as fast; but where ηλ = (1 - √μ)² it shrinks by the factor √μ, which is

        ½ ln(1/μ)/-ln(1 - (1 - √μ)²) ≈ 2/(1 - μ)

    times as fast. In between, with z the larger root of z² - (1 + μ - ηλ) z + μ, it is
    ln z/ln(1 - ηλ).

    At its own best rate and μ a heavy ball has ln((√κ - 1)/(√κ + 1)) where descent has
    ln((κ - 1)/(κ + 1)): about √κ times as fast.

    At the saddle x² - y² descent multiplies y by 1 + 2η a step, momentum by the larger root of
    z² - (1 + μ + 2η) z + μ.
    """
    slope = path(_SLOPE, _start(), "momentum", 1e-3, 200, momentum=MU).points[:, 0]
    plain = path(_SLOPE, _start(), "gd", 1e-3, 200).points[:, 0]
    fastest = float(np.diff(slope).max() / np.diff(plain).max())
    figures = [
        Figure(
            f"largest step on a constant slope over descent's, μ = {MU}",
            *exact(fastest),
            claimed=Claimed("at most 10", high=10.0 + 1e-9),
            theory=Theory((1 - MU**200) / (1 - MU), "(1 - μᵗ)/(1 - μ)"),
            slack=1e-9,
        )
    ]
    for kappa in KAPPAS:
        ratio, theory = _same_rate(kappa)
        figures.append(
            Figure(
                f"speed with μ = {MU} over that of descent at the same rate, κ = {kappa:g}",
                *exact(ratio),
                claimed=Claimed("at most 10", high=10.0),
                theory=Theory(theory, "ln z/ln(1 - ηλ)"),
                slack=0.01,
            )
        )
    for kappa in KAPPAS:
        (_, gd, _, _), _, (_, ball, _, _) = measured(kappa)
        root = math.sqrt(kappa)
        figures.append(
            Figure(
                f"speed of momentum over that of descent, each at its best, κ = {kappa:g}",
                *exact(math.log(ball) / math.log(gd)),
                claimed=Claimed("above 1", low=1.0),
                theory=Theory(
                    math.log((root - 1) / (root + 1)) / math.log((kappa - 1) / (kappa + 1)), "≈ √κ"
                ),
                slack=0.01,
            )
        )
    figures += _escapes()
    figures.append(agreement("quadratic", quadratic(100.0), extent.backends))
    sentence = (
        f"On a slope momentum is at most {fastest:.3g} times as fast; at the same rate its error "
        f"on κ = 1000 shrinks {figures[3].value:.3g} times as fast, and at each one's best rate "
        f"{figures[6].value:.3g} times."
    )
    return Observed(sentence, figures)


def _start() -> Instance:
    return Instance({"x": np.zeros(2)}, {"slope": np.array([-1.0, 0.0])})


def _slope(xp: Any, params: Arrays, data: Arrays) -> Any:
    return xp.sum(data["slope"] * params["x"])


_SLOPE = Problem("constant-slope", _slope, lambda rng: _start(), {"tiny": {}}, "a plane")


def _same_rate(kappa: float) -> tuple[float, float]:
    """ln of the factor along curvature 1, momentum's over descent's, at 2/(1 + κ) or what μ bears.

    Where both roots are complex their modulus √μ is the factor: peaks of the error are what is
    fitted.
    """
    rate = 2.0 / (1.0 + kappa)
    half = 0.5 * (1 + MU - rate)
    under = half * half - MU
    root = math.sqrt(MU) if under < 0 else half + math.sqrt(under)
    start = quadratic(kappa, (1.0, 0.0))
    steps = max(200, int(8 / (1 - root)))
    x = np.abs(path("quadratic", start, "momentum", rate, steps, momentum=MU).points[:, 0])
    late = np.arange(steps // 2, steps)
    peaks = late[(x[late] >= x[late - 1]) & (x[late] >= x[late + 1])] if under < 0 else late
    fitted = float(np.polyfit(peaks, np.log(x[peaks]), 1)[0])
    y = np.abs(path("quadratic", start, "gd", rate, 100).points[:, 0])
    plain = float(np.log(y[100] / y[0]) / 100)
    return fitted / plain, math.log(root) / math.log(1 - rate)


def _escapes() -> list[Figure]:
    """Steps until |y| > 1 at the saddle, from x = 1 and small y."""
    figures = []
    for y0 in (1e-2, 1e-6, 1e-10):
        for optimizer in ("gd", "momentum", "adam"):
            steps = escape(optimizer, y0)
            factor = 1 + 2 * SADDLE_RATE
            theory = Theory(math.ceil(math.log(1 / y0) / math.log(factor)), "ln(1/y₀)/ln(1 + 2η)")
            slower = escape("gd", y0)
            figures.append(
                Figure(
                    f"steps of {optimizer} from y = {y0:g} to |y| > 1 at the saddle x² - y²",
                    *exact(steps),
                    claimed=None
                    if optimizer == "gd"
                    else Claimed(f"fewer than gd's {slower:g}", high=slower - 1),
                    theory=theory if optimizer == "gd" else None,
                )
            )
    return figures


def escape(optimizer: str, y0: float, most: int = 300) -> float:
    """Steps until |y| > 1 from (1, y₀); infinite if not within `most`."""
    start = Instance({"x": np.array([1.0, y0])}, {}, {"x": np.ones(2)})
    y = np.abs(path("saddle", start, optimizer, SADDLE_RATE, most).points[:, 1])
    out = np.flatnonzero(y > 1.0)
    return float(out[0]) if len(out) else math.inf


def _frame(given: Mapping[str, Any]) -> Frame:
    mu = given["momentum"]
    start, rate, steps = quadratic(100.0, (1.0, 0.0)), 2 / 101, 300
    plain = np.abs(path("quadratic", start, "gd", rate, steps).points[:, 0])
    heavy = np.abs(path("quadratic", start, "momentum", rate, steps, momentum=mu).points[:, 0])
    half = 0.5 * (1 + mu - rate)
    under = half * half - mu
    root = math.sqrt(mu) if under < 0 else half + math.sqrt(under)
    ratio = math.log(root) / math.log(1 - rate) if 0 < root < 1 else 0.0
    told = f"μ = {mu:.3g} shrinks the error {ratio:.3g} times as fast as descent"
    return Frame(
        f"{told} at the same rate; on a slope it is at most {1 / (1 - mu):.3g} times as fast.",
        (
            Chart(
                "speed",
                told,
                Axis("step"),
                Axis("error along curvature 1", scale="log", low=1e-12),
                (
                    Polyline(range(steps + 1), plain, "descent", "a"),
                    Polyline(range(steps + 1), heavy, "momentum", "b"),
                ),
            ),
        ),
        numbers={"ratio": ratio},
    )


CLAIM = Claim(
    20,
    "Momentum builds up speed, at most 1/(1 - μ) times that of descent.",
    speed,
    problems=("quadratic", "saddle"),
    optimizers=("gd", "momentum", "adam"),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-20",
        "Momentum",
        "How much faster does momentum make descent?",
        "A valley of condition 100, at descent's best rate. Move μ.",
        (Number("momentum", "Momentum μ", 0.0, 0.99, 0.75),),
        _frame,
    ),
)

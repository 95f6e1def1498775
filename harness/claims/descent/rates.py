"""Claim 17: too small a rate takes for ever, too large a one overshoots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, geometric, share
from gradparity.harness.claims.tools.walks import path, quadratic, trained
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule, Zone
from gradparity.results.records.claim import Claimed, Figure, Theory

KAPPA = 10.0
SHARE = 1e-6
"""Of the first error, where a descent on the quadratic has arrived."""
LEVEL = 0.1
"""The loss at which a network has learnt XOR."""


def rates(extent: Extent) -> Observed:
    """On ½ (x₁² + κ x₂²) from (κ, 1) a step at η multiplies x by (1 - η, 1 - κη).

    The slower of the two decides, ρ = max(|1 - η|, |1 - κη|): steps to the share s of the error are
    ln s/ln ρ, least at η = 2/(1 + κ), where ρ = (κ - 1)/(κ + 1). A rate c times smaller takes c
    times as many steps, nearly; beyond 2/κ none suffice.

    On XOR, which is not convex, the same U is measured over starts.
    """
    best, shrinks = 2.0 / (1.0 + KAPPA), (KAPPA - 1.0) / (KAPPA + 1.0)
    fine = best * np.geomspace(0.8, 1.1, extent.of(31, 301))
    taken = [_steps(float(rate), 200) for rate in fine]
    at = float(fine[int(np.argmin(taken))])
    least = _steps(best, 200)
    figures = [
        Figure(
            "best rate times (1 + κ)/2 on a grid, quadratic, κ = 10",
            *exact(at / best),
            claimed=Claimed("in between", 0.9, 1.1),
            theory=Theory(1.0, "η = 2/(1 + κ)"),
            slack=0.02,
        ),
        Figure(
            "steps at the best rate, quadratic, κ = 10",
            *exact(least),
            theory=Theory(math.ceil(math.log(SHARE) / math.log(shrinks)), "ln s/ln ρ"),
            slack=0.02,
        ),
        Figure(
            "steps at a hundredth of the best rate over steps at the best, quadratic, κ = 10",
            *exact(_steps(best / 100, 20_000) / least),
            claimed=Claimed("takes for ever: 10 times as many at least", low=10.0, ours=True),
            theory=Theory(math.log(shrinks) / math.log(1 - best / 100), "ln ρ*/ln(1 - η)"),
            slack=0.02,
        ),
        Figure(
            "error after 200 steps at 1.1 times the threshold over that at the start",
            *exact(_left(2.2 / KAPPA)),
            claimed=Claimed("overshoots: above 1", low=1.0),
        ),
    ]
    chart, more = _network(extent)
    figures += more
    figures.append(
        agreement("xor-tanh", PROBLEMS["xor-tanh"].instance("small", 0), extent.backends)
    )
    sentence = (
        f"On a quadratic of condition 10 a hundredth of the best rate takes {figures[2].value:.0f} "
        f"times as many steps; on XOR {more[0].value:.0f} times, and ten times the best rate there "
        f"solves {more[1].value:.0%} of the starts."
    )
    return Observed(sentence, figures, chart)


def _steps(rate: float, most: int = 2000, share: float = SHARE) -> float:
    """Steps until the error is this share of the first, at most so many."""
    points = path("quadratic", quadratic(KAPPA), "gd", rate, most).points
    error = np.abs(points / points[0]).max(axis=1)
    there = np.flatnonzero(error <= share)
    return float(there[0]) if len(there) else np.inf


def _left(rate: float) -> float:
    points = path("quadratic", quadratic(KAPPA), "gd", rate, 200).points
    return float(np.linalg.norm(points[-1]) / np.linalg.norm(points[0]))


def _network(extent: Extent) -> tuple[Chart, list[Figure]]:
    """Steps to learn XOR against the rate: median over starts, and figures at three rates."""
    seeds, most = extent.seeds(6, 20), extent.of(1000, 10_000)
    grid = np.geomspace(0.01, 100.0, extent.of(9, 17))
    found = np.array([[_learnt(float(rate), seed, most) for rate in grid] for seed in seeds])
    typical = np.median(found, axis=0)
    best = int(np.argmin(typical))
    slow = np.array([_learnt(float(grid[best]) / 100, seed, 40 * most) for seed in seeds])
    both = np.isfinite(slow) & np.isfinite(found[:, best])
    large = np.array([_learnt(10 * float(grid[best]), seed, most) for seed in seeds])
    figures = [
        Figure(
            f"steps at a hundredth of the best rate, {grid[best]:.2g}, over steps at it, xor-tanh",
            *geometric(slow[both] / found[both, best]),
            seeds=int(both.sum()),
            claimed=Claimed("takes for ever: 10 times as many at least", low=10.0, ours=True),
        ),
        Figure(
            f"starts that ten times the best rate solves in {most:,} steps, xor-tanh",
            *share(int(np.isfinite(large).sum()), len(large)),
            seeds=len(seeds),
            claimed=Claimed("overshoots: less than half", high=0.5, ours=True),
        ),
    ]
    chart = Chart(
        "u-curve",
        f"XOR is learnt soonest at {grid[best]:.2g}",
        Axis("rate η", scale="log"),
        Axis("steps to a loss of 0.1", scale="log"),
        (Polyline(grid, typical, "median start"), Points(grid, typical)),
        note=f"{len(seeds)} starts, four hidden units; gaps: not in {most:,} steps.",
    )
    return chart, figures


def _learnt(rate: float, seed: int, most: int) -> float:
    instance = PROBLEMS["xor-tanh"].instance("small", seed)
    return trained("xor-tanh", instance, "gd", [rate] * most, until=LEVEL).steps_to(LEVEL)


RATES, MOST, NEAR = np.geomspace(0.03, 1.0, 15), 240, 1e-3
"""Of the view: a thousandth of the error is near enough, and within so many steps."""


@lru_cache(maxsize=1)
def _curve() -> tuple[float, ...]:
    return tuple(_steps(float(rate), MOST, NEAR) for rate in RATES)


def _frame(given: Mapping[str, Any]) -> Frame:
    rate = given["rate"]
    points = path("quadratic", quadratic(KAPPA), "gd", rate, 200).points
    error = np.linalg.norm(points, axis=1) / np.linalg.norm(points[0])
    steps = _steps(rate, MOST, NEAR)
    told = f"takes {steps:.0f} steps to a thousandth" if np.isfinite(steps) else "does not arrive"
    return Frame(
        f"At η = {rate:.3g} descent {told}; best is {2 / (1 + KAPPA):.3g}, beyond "
        f"{2 / KAPPA:.3g} it diverges.",
        (
            Chart(
                "u-curve",
                "Steps fall with the rate, until they are not enough at all",
                Axis("rate η", scale="log", sets="rate"),
                Axis("steps to a thousandth of the error", scale="log"),
                (
                    Polyline(RATES, _curve(), "steps"),
                    Zone(2 / KAPPA, float(RATES[-1]), "diverges"),
                    Rule(rate, f"η = {rate:.3g}", "ink"),
                ),
            ),
            Chart(
                "error",
                f"At η = {rate:.3g} descent {told}",
                Axis("step"),
                Axis("error, of the first", scale="log"),
                (Polyline(range(len(error)), error, "error"),),
            ),
        ),
        numbers={"steps": steps},
    )


CLAIM = Claim(
    17,
    "Too small a rate takes for ever, too large a rate overshoots.",
    rates,
    problems=("quadratic", "xor-tanh"),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-17",
        "Rate",
        "How many steps does each rate take?",
        "A quadratic of condition 10: move the rate along the U.",
        (Number("rate", "Rate η", 0.03, 1.0, 0.05, scale="log"),),
        _frame,
    ),
)

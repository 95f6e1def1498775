"""Claim 23: saddle points dominate in high dimension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import optimize, stats

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, share
from gradparity.harness.claims.tools.walks import Vectors, flat, moved, objective_of
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Bars, Chart, Frame, Points
from gradparity.results.records.claim import Claimed, Figure, Theory

DECAY = 1e-3
"""Without it the losses of a network that solves XOR fall for ever, and nothing is critical."""


def saddles(extent: Extent) -> Observed:
    """Styblinski and Tang's function is a sum over coordinates of one quartic with three roots.

    Two of the roots are minima and one is a maximum; all 3ᵈ combinations are critical. A minimum
    takes a minimum in every coordinate: 2ᵈ of 3ᵈ, the share (2/3)ᵈ. The index, the number of
    negative curvatures, is binomial with the mean d/3, and each adds the same to the value: higher
    index, higher loss.

    A small network has no formula: its critical points are where the squared gradient falls to 0
    from random starts, and their index is that of the Hessian.
    """
    problem = PROBLEMS["styblinski-tang"]
    figures = []
    for d in (2, 4):
        instance = _instance(d)
        assert problem.critical is not None
        found = [one.params["x"] for one in problem.critical(instance.data)]
        objective = objective_of("styblinski-tang", instance)
        steep = max(float(np.abs(objective.gradient(x)[1]).max()) for x in found)
        minima = sum(index(objective.hessian(x)) == 0 for x in found)
        figures.append(
            Figure(
                f"share of minima among all {len(found)} critical points, d = {d}",
                *exact(minima / len(found)),
                claimed=Claimed("saddles and maxima are more: below ½", high=0.5),
                theory=Theory((2 / 3) ** d, "(2/3)ᵈ"),
                slack=1e-12,
            )
        )
    figures.append(
        Figure(
            "largest slope at any of them",
            *exact(steep),
            claimed=Claimed("0", high=1e-9),
            check=True,
        )
    )
    d, draws = 10, extent.of(1000, 20_000)
    indices, values = _sampled(d, draws)
    figures.append(
        Figure(
            f"share of minima among {draws:,} critical points at random, d = {d}",
            *share(int(np.sum(indices == 0)), draws),
            seeds=draws,
            claimed=Claimed("saddles and maxima are more: below ½", high=0.5),
            theory=Theory((2 / 3) ** d, "(2/3)ᵈ"),
        )
    )
    figures.append(
        Figure(
            "rank correlation of index and loss there",
            *ranks(indices, values),
            seeds=draws,
            claimed=Claimed("above 0", low=0.0),
        )
    )
    at, losses = network(extent.of(60, 600))
    figures += [
        Figure(
            f"share of minima among {len(at)} critical points found of xor-tanh with decay",
            *share(int(np.sum(at == 0)), len(at)),
            seeds=len(at),
            claimed=Claimed("saddles are more: below ½", high=0.5),
        ),
        Figure(
            "rank correlation of index and loss there",
            *ranks(at, losses),
            seeds=len(at),
            claimed=Claimed("above 0", low=0.0),
        ),
        agreement("styblinski-tang", _instance(4), extent.backends),
    ]
    sentence = (
        f"Minima are {figures[3].value:.2%} of the critical points in ten dimensions, and "
        f"{np.mean(at == 0):.0%} of the {len(at)} found of a small network, where index and loss "
        f"are correlated by {figures[-2].value:.2f}."
    )
    chart = Chart(
        "index",
        "Critical points of a small network: the more directions lead down, the higher the loss",
        Axis("directions that lead down", whole=True),
        Axis("loss"),
        (Points(at, losses, "critical points"),),
        note=f"xor-tanh, two hidden units, ½ {DECAY:g} ‖θ‖² added; from random starts.",
    )
    return Observed(sentence, figures, chart)


def _instance(d: int) -> Instance:
    problem = PROBLEMS["styblinski-tang"]
    drawn = problem.instance(f"n={d}", 0)
    return drawn


def index(hessian: Vectors) -> int:
    """How many curvatures are negative."""
    return int(np.sum(np.linalg.eigvalsh(hessian) < 0.0))


def ranks(x: Vectors, y: Vectors) -> tuple[float, float, float]:
    """Spearman's rank correlation with Fisher's interval, its variance that of Bonett and Wright.

    Source: Bonett and Wright (2000), Sample size requirements for estimating Pearson, Kendall and
    Spearman correlations, Psychometrika 65.
    """
    rho = float(stats.spearmanr(x, y).statistic)
    inside = float(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    half = 1.959963984540054 * np.sqrt((1 + inside**2 / 2) / (len(x) - 3))
    low, high = (float(np.tanh(np.arctanh(inside) + sign * half)) for sign in (-1, 1))
    return rho, min(low, rho), max(high, rho)


def _sampled(d: int, draws: int) -> tuple[Vectors, Vectors]:
    """Indices and values at combinations of the three roots, drawn at random."""
    assert PROBLEMS["styblinski-tang"].critical is not None
    roots = sorted(
        {float(one.params["x"][0]) for one in PROBLEMS["styblinski-tang"].critical({"n": 1})}
    )
    objective = objective_of("styblinski-tang", _instance(d))
    chosen = np.random.default_rng(23).choice(roots, size=(draws, d))
    indices = np.array([index(objective.hessian(x)) for x in chosen])
    return indices, np.array([objective.value(x) for x in chosen])


def _decayed(xp: Any, params: Arrays, data: Arrays) -> Any:
    loss = PROBLEMS["xor-tanh"].loss(xp, params, data)
    for one in params.values():
        loss = loss + 0.5 * DECAY * xp.sum(xp.square(one))
    return loss


_DECAYED = Problem(
    "xor-tanh-decayed",
    _decayed,
    PROBLEMS["xor-tanh"].draw,
    {"tiny": {"hidden": 2}},
    "xor-tanh with weight decay",
)


def network(starts: int) -> tuple[Vectors, Vectors]:
    """Index and loss of the critical points that least squares on the gradient find, each once.

    Two of the same index whose losses agree to eight digits are one, or its mirror images.
    """
    found: dict[tuple[int, str], float] = {}
    instance = _DECAYED.instance("tiny", 0)
    objective = objective_of(_DECAYED, instance)
    rng = np.random.default_rng(5)

    def slopes(x: Vectors) -> Vectors:
        return objective.gradient(x)[1]

    for _ in range(starts):
        theta = flat(moved(instance, rng.normal(scale=2.0, size=9)))
        end = optimize.least_squares(
            slopes,
            theta,
            jac=objective.hessian,
            method="lm",
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
            max_nfev=100,
        )
        if np.linalg.norm(end.fun) < 1e-9:
            value, at = objective.value(end.x), index(objective.hessian(end.x))
            found[(at, f"{value:.8e}")] = value
    keys = sorted(found)
    return np.array([at for at, _ in keys]), np.array([found[key] for key in keys])


def _frame(given: Mapping[str, Any]) -> Frame:
    d = given["dimensions"]
    shares = stats.binom.pmf(np.arange(d + 1), d, 1 / 3)
    minima = float((2 / 3) ** d)
    indices, _ = _sampled(d, 200)
    seen = [float(np.mean(indices == k)) for k in range(d + 1)]
    return Frame(
        f"In {d} dimensions {minima:.2%} of the critical points are minima; of 200 drawn at random "
        f"{seen[0]:.1%} are.",
        (
            Chart(
                "index",
                "Most critical points are saddles",
                Axis("directions that lead down", whole=True),
                Axis("share of critical points"),
                (
                    Bars([str(k) for k in range(d + 1)], shares, "(2/3)ᵈ⁻ᵏ (1/3)ᵏ times choices"),
                    Points(range(d + 1), seen, "of 200 at random", "b"),
                ),
            ),
        ),
        numbers={"share": minima, "seen": seen},
    )


CLAIM = Claim(
    23,
    "In high dimension saddle points dominate: minima are few among the critical points.",
    saddles,
    problems=("styblinski-tang", "xor-tanh"),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-23",
        "Saddles",
        "How many critical points are minima?",
        "Styblinski and Tang's function in d dimensions. Move d.",
        (Number("dimensions", "Dimensions d", 1, 12, 4, positions=11, whole=True),),
        _frame,
    ),
)

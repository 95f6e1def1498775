"""Claim 18: why a rate of 0.01 can beat 1.0."""

from __future__ import annotations

from collections.abc import Mapping

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.claims.tools.learning import SHALLOW
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import (
    flat,
    objective_of,
    path,
    quadratic,
    sharpness,
    trained,
)
from gradparity.harness.views.controls import Number
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure, Theory

CURVATURES = (0.25, 0.5, 0.8, 1.5, 1.9, 2.1, 3, 10)


def small_rate(extent: Extent) -> Observed:
    """At the rate 1.0 a step multiplies the error along λmax by 1 - λmax, at 0.01 by 1 - λmax/100.

    Hence descent at 1.0 diverges where λmax > 2, and at 0.01 only where λmax > 200. Where the
    curvature is less than 2 everywhere, 1.0 is the faster of the two.

    Measured at the start of every learning problem of a few layers: does λmax > 2 there tell that
    0.01 ends lower? It need not: the curvature changes on the way.
    """
    kappa = 10.0
    factors = {}
    for rate in (1.0, 0.01):
        walk = path("quadratic", quadratic(kappa), "gd", rate, 40).points
        factors[rate] = float(abs(walk[-1][1] / walk[0][1]) ** (1 / (len(walk) - 1)))
    figures = [
        Figure(
            f"factor of the error a step at {rate:g}, quadratic of curvature 10",
            *exact(factor),
            claimed=Claimed("above 1", low=1.0) if rate == 1.0 else Claimed("below 1", high=1.0),
            theory=Theory(abs(1 - rate * kappa), "|1 - ηλ|"),
            slack=1e-9,
        )
        for rate, factor in factors.items()
    ]
    steps, told, right = extent.of(100, 1000), [], 0
    for name in SHALLOW:
        instance = PROBLEMS[name].instance("tiny", 0)
        above = sharpness(objective_of(name, instance), flat(instance)) > 2.0
        losses = [trained(name, instance, "gd", [rate] * steps).loss for rate in (0.01, 1.0)]
        better = losses[0] < losses[1]
        right += above == better
        told.append((above, better))
    high = [better for above, better in told if above]
    figures.append(
        Figure(
            f"problems of {len(high)} with λmax > 2 at the start where 0.01 ends lower than 1.0",
            *exact(sum(high)),
            claimed=Claimed("all of them", low=len(high)),
        )
    )
    low = [better for above, better in told if not above]
    figures.append(
        Figure(
            f"problems of {len(low)} with λmax < 2 at the start where 0.01 ends lower than 1.0",
            *exact(sum(low)),
            claimed=Claimed("none", high=0),
        )
    )
    figures.append(agreement("quadratic", quadratic(kappa), extent.backends))
    sentence = (
        f"With curvature 10 a step at 1.0 multiplies the error by {factors[1.0]:.3g}, at 0.01 by "
        f"{factors[0.01]:.3g}; λmax > 2 at the start tells who ends lower after {steps:,} steps in "
        f"{right} of {len(SHALLOW)} problems."
    )
    return Observed(sentence, figures)


def _two_rates(curvature: float) -> Mapping[str, float]:
    """The error after 100 steps along this curvature, from 1."""
    start = quadratic(curvature, (0.0, 1.0))
    ends = {rate: path("quadratic", start, "gd", rate, 100).points[-1, 1] for rate in (0.01, 1.0)}
    return {f"at {rate:g}": float(abs(end)) for rate, end in ends.items()}


VIEW = over(
    18,
    "When does 0.01 beat 1.0?",
    "A quadratic, 100 steps at either rate. Move its curvature across 2.",
    Number(
        "curvature",
        "Curvature",
        0.25,
        10,
        3,
        scale="log",
        stops=(0.25, 0.5, 0.8, 1.5, 1.9, 2.1, 3, 10),
    ),
    _two_rates,
    Axis("error left, of the first", scale="log"),
    lambda curvature, seen: (
        f"At curvature {curvature:.3g} 100 steps at 0.01 leave {seen['at 0.01']:.2g} of the error, "
        f"at 1.0 {seen['at 1']:.2g}: 1.0 is {'more' if curvature > 2 else 'no more'} than 2/λmax."
    ),
)

CLAIM = Claim(
    18,
    "A rate of 0.01 can beat 1.0, because 1.0 is more than 2/λmax.",
    small_rate,
    problems=("quadratic", *SHALLOW),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

"""Claim 37: flat minima generalise better."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from gradparity.harness.claims.landscape.flatness import NAME, Found, found, rescaled, start
from gradparity.harness.claims.landscape.saddles import ranks
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import Vectors, objective_of, trained
from gradparity.harness.views.controls import Number
from gradparity.results.pages.charts import Axis, Chart, Points
from gradparity.results.records.claim import Claimed, Figure, Theory

LOSS = 0.05
"""All are compared where their training loss first is this: else the better trained are sharper."""
WAYS = tuple((batch, rate) for batch in (8, 32, None) for rate in (0.05, 0.15, 0.4))
FACTOR = 8.0


def flat_minima(extent: Extent) -> Observed:
    """Networks by several batches, rates and starts, at one training loss: rank correlations.

    Sharpness of the kind λmax cannot be what matters alone: with a ReLU unit's inputs times c and
    its output over c the function is the same, hence the held-out loss, but H is not (Dinh et al.).
    The largest eigenvalue of D H D, D = diag |θ|, stays: the rescaling S turns H into S⁻¹ H S⁻¹ and
    D into D S.
    """
    networks = [
        one
        for seed in extent.seeds(4, 20)
        for batch, rate in WAYS
        if (one := _at_loss(seed, batch, rate, extent.of(1500, 4000))) is not None
    ]
    gaps = np.array([one.gap for one in networks])
    figures = [
        Figure(
            f"rank correlation of {what} and held-out gap, {len(networks)} networks",
            *ranks(np.array([getattr(one, attribute) for one in networks]), gaps),
            seeds=len(networks),
            claimed=Claimed("above 0", low=0.0),
        )
        for what, attribute in (
            ("λmax", "top"),
            ("λmax of D H D", "relative"),
            ("box sharpness", "box"),
        )
    ]
    instance = start(0)
    theta, before = _trained()
    after = found(0, rescaled(instance, theta, FACTOR))
    figures += [
        Figure(
            f"λmax after units are rescaled by {FACTOR:g}, over that before",
            *exact(after.top / before.top),
        ),
        Figure(
            "λmax of D H D after units are rescaled, over that before",
            *exact(after.relative / before.relative),
            theory=Theory(1.0, "S cancels"),
            slack=2e-3,
        ),
        Figure(
            "held-out gap after it, over that before",
            *exact(after.gap / before.gap),
            theory=Theory(1.0, "the same function"),
            slack=1e-9,
        ),
        agreement(NAME, instance, extent.backends),
    ]
    sentence = (
        f"Over {len(networks)} networks at a training loss of {LOSS:g} the held-out gap is "
        f"correlated with λmax by {figures[0].value:+.2f}, with the sharpness that no rescaling "
        f"changes by {figures[1].value:+.2f}; rescaling alone makes λmax {figures[3].value:.2g} "
        "times as large and the gap the same."
    )
    chart = Chart(
        "flatness",
        f"Sharpness and held-out gap: rank correlation {figures[1].value:+.2f}",
        Axis("λmax of D H D", scale="log"),
        Axis("held-out loss less training loss"),
        (Points([one.relative for one in networks], gaps, "networks", size=4),),
        note=f"mlp-digits at a training loss of {LOSS:g}, by nine ways of training.",
    )
    return Observed(sentence, figures, chart)


def _at_loss(seed: int, batch: int | None, rate: float, steps: int) -> Found | None:
    """The network where its loss over all images first is `LOSS`; None if it never is."""
    instance = start(seed)
    objective = objective_of(NAME, instance)
    kept: list[Vectors] = []
    trained(
        NAME,
        instance,
        "gd",
        [rate] * steps,
        batch=batch,
        seed=seed,
        every=20,
        until=LOSS / 20,
        watch=lambda k, theta: kept.append(theta.copy()),
    )
    for theta in kept:
        if objective.value(theta) <= LOSS:
            return found(seed, theta)
    return None


@lru_cache(maxsize=1)
def _trained() -> tuple[Vectors, Found]:
    theta = trained(NAME, start(0), "gd", [0.15] * 300).theta
    return theta, found(0, theta)


def _rescaled(factor: float) -> Mapping[str, float]:
    """Of one network after its units are rescaled, over that before."""
    theta, before = _trained()
    after = found(0, rescaled(start(0), theta, factor))
    return {
        "λmax": after.top / before.top,
        "λmax of D H D": after.relative / before.relative,
        "box sharpness": after.box / before.box,
        "held-out gap": after.gap / before.gap,
    }


VIEW = over(
    37,
    "Which sharpness is the function's own?",
    "A ReLU network, its units' inputs times c and their output over c: the same function. Move c.",
    Number("factor", "c", 0.125, 8.0, 1.0, scale="log", stops=(0.125, 0.25, 0.5, 1, 2, 4, 8)),
    _rescaled,
    Axis("over that before", scale="log"),
    lambda factor, seen: (
        f"With c = {factor:.3g} λmax is {seen['λmax']:.3g} times what it was, that of D H D "
        f"{seen['λmax of D H D']:.3f} and the held-out gap {seen['held-out gap']:.3f} times."
    ),
)

CLAIM = Claim(
    37,
    "Flat minima generalise better.",
    flat_minima,
    problems=(NAME,),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

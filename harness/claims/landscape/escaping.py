"""Claim 38: noise escapes sharp minima."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.claims.landscape.flatness import NAME, Found, found, start
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import geometric, mean, share
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import moved, trained
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance, Problem
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure, Theory

SHARP, FLAT = 1.0, 3.0
"""Half the widths of the two valleys: their curvatures are 8 and 8/9."""
RATE, TEMPERATURE, NETWORK_RATE = 4e-3, 0.8, 0.1


def _loss(xp: Any, params: Arrays, data: Arrays) -> Any:
    x = params["x"]
    width = xp.where(x < 0.0, 0.0 * x + data["sharp"], 0.0 * x + data["flat"])
    return xp.sum(xp.square(1.0 - xp.square(x / width)))


def walkers(count: int, flat: float = FLAT) -> Instance:
    """So many walkers, each at the bottom of the sharp valley."""
    data = {"sharp": np.asarray(SHARP), "flat": np.asarray(flat)}
    return Instance({"x": np.full(count, -SHARP)}, data, {"x": np.ones(count)})


VALLEYS = Problem(
    "two-valleys",
    _loss,
    lambda rng: walkers(4),
    {"tiny": {}},
    "two valleys as deep as each other, one three times as wide",
)


def escaping(extent: Extent) -> Observed:
    """(1 - (x/w)²)², w = 1 left of 0 and 3 right of it: both valleys are as deep, one is wider.

    Langevin's walk has the density exp(-f/T) in the end (η → 0), and both halves are one curve, the
    right one drawn out threefold: its share is 3/(1 + 3), at any T. So the sharp valley is left
    three times as often as the flat one.

    That is noise of one size everywhere. Whether the noise of mini-batches does so to networks
    is a hypothesis: from one place, found by descent on all images, training goes on with batches
    of 8 and with all images, at the same rate and for as many steps.
    """
    count, steps = extent.of(1500, 6000), extent.of(8000, 12_000)
    begin = walkers(count)
    end = trained(
        VALLEYS, begin, "langevin", [RATE] * steps, seed=38, temperature=TEMPERATURE
    ).theta
    hits = int(np.sum(end > 0.0))
    figures = [
        Figure(
            f"share of {count:,} walkers in the flat valley after {steps:,} steps, from the sharp",
            *share(hits, count),
            seeds=count,
            claimed=Claimed("more than half", low=0.5, ours=True),
            theory=Theory(FLAT / (SHARP + FLAT), "3/(1 + 3)"),
            slack=0.02,
        )
    ]
    pairs = [_continued(seed, extent) for seed in extent.seeds(5, 40)]
    for what, attribute in (("λmax", "top"), ("λmax of D H D", "relative")):
        ratio = [getattr(small, attribute) / getattr(large, attribute) for small, large in pairs]
        figures.append(
            Figure(
                f"{what} after batches of 8 over that after all images, from one place",
                *geometric(ratio),
                seeds=len(pairs),
                claimed=Claimed("escapes: below 1", high=1.0),
            )
        )
    figures.append(
        Figure(
            "training loss after batches of 8 over that after all images",
            *geometric([small.loss / large.loss for small, large in pairs]),
            seeds=len(pairs),
        )
    )
    figures.append(
        Figure(
            "held-out gap after batches of 8 less that after all images",
            *mean([small.gap - large.gap for small, large in pairs]),
            seeds=len(pairs),
        )
    )
    where = moved(walkers(4), np.array([-1.3, -0.4, 0.7, 3.5])).params
    figures.append(agreement(VALLEYS, walkers(4), extent.backends, [where]))
    sentence = (
        f"Of {count:,} walkers let loose in a sharp valley {hits / count:.1%} are in the flat one "
        f"as deep in the end. Batches of 8 leave a network with {figures[1].value:.2f} of the λmax "
        f"that all images do, and {figures[2].value:.2f} of the one that no rescaling changes."
    )
    return Observed(sentence, figures)


def _continued(seed: int, extent: Extent) -> tuple[Found, Found]:
    """What goes on with batches of 8 has found, and with all images, from one place."""
    first = trained(NAME, start(seed), "gd", [NETWORK_RATE] * extent.of(300, 600)).theta
    place, steps = moved(start(seed), first), extent.of(600, 1500)
    small = trained(NAME, place, "gd", [NETWORK_RATE] * steps, batch=8, seed=seed).theta
    large = trained(NAME, place, "gd", [NETWORK_RATE] * steps).theta
    return found(seed, small), found(seed, large)


def _widened(width: float) -> Mapping[str, float]:
    """The share of 500 walkers in the flat valley after 6,000 steps, and Boltzmann's."""
    begin = walkers(500, width)
    end = trained(
        VALLEYS, begin, "langevin", [RATE] * 6_000, seed=38, temperature=TEMPERATURE
    ).theta
    return {"500 walkers": float(np.mean(end > 0.0)), "w/(1 + w)": width / (SHARP + width)}


VIEW = over(
    38,
    "Where does noise end up?",
    "Two valleys as deep as each other; all begin in the one of half width 1. Widen the other.",
    Number("width", "Half width w", 1.0, 3.0, 3.0, stops=(1, 1.5, 2, 2.5, 3)),
    _widened,
    Axis("share in the other valley", low=0.0, high=1.0),
    lambda width, seen: (
        f"With the other valley {width:g} times as wide {seen['500 walkers']:.0%} of the walkers "
        f"are in it, {seen['w/(1 + w)']:.0%} by theory."
    ),
)

CLAIM = Claim(
    38,
    "Noise escapes sharp minima.",
    escaping,
    problems=(NAME,),
    optimizers=("langevin", "gd"),
    backends=("tape", "jax", "torch"),
    view=VIEW,
)

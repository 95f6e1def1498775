"""Claim 26: small batches find flatter minima that generalise better."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradparity.harness.claims.landscape.flatness import CASES, NAME, Found, found, start
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import geometric, mean
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.claims.tools.walks import trained
from gradparity.harness.views.controls import Number
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure

SMALL, LARGE = 8, CASES
RATE = 0.1


def small_batches(extent: Extent) -> Observed:
    """Batches of 8 against all 128 images, from the same starts; nothing here is theory's.

    fixed rate      the same rate, and as many steps: small batches see each image less often
    fixed η/B       the rate grows with the batch, and as many epochs: as much noise for its time
    fixed epochs    the same rate, as many epochs: small batches make 16 times as many steps

    Compared by λmax, which rescaling a unit changes; by the largest eigenvalue of D H D, which it
    does not; by Keskar's box; and by the gap between the losses of images held out and trained on.
    """
    epochs = extent.of(60, 150)
    steps = epochs * (CASES // SMALL)
    regimes = {
        "fixed rate": ((RATE, steps), (RATE, steps)),
        "fixed η/B": ((RATE / 4, steps), (RATE / 4 * LARGE / SMALL, epochs)),
        "fixed epochs": ((RATE, steps), (RATE, epochs)),
    }
    figures = []
    told = {}
    for words, (small, large) in regimes.items():
        pairs = [
            (_ended(seed, SMALL, *small), _ended(seed, LARGE, *large))
            for seed in extent.seeds(5, 30)
        ]
        told[words] = _figures(words, pairs)
        figures += told[words]
    figures.append(agreement(NAME, start(0), extent.backends))
    sentence = "All 128 images against batches of 8, λmax and held-out gap: " + "; ".join(
        f"at {words} {some[0].value:.2g} times, {some[3].value:+.2g}"
        for words, some in told.items()
    )
    return Observed(sentence + ".", figures)


def _ended(seed: int, batch: int, rate: float, steps: int) -> Found:
    run = trained(
        NAME, start(seed), "gd", [rate] * steps, batch=batch if batch < CASES else None, seed=seed
    )
    return found(seed, run.theta)


def _figures(words: str, pairs: list[tuple[Found, Found]]) -> list[Figure]:
    """Large batches over small ones, or less them, at one regime."""
    figures = []
    for what, attribute in (
        ("λmax", "top"),
        ("λmax of D H D", "relative"),
        ("box sharpness", "box"),
    ):
        ratio = [
            getattr(large, attribute) / max(getattr(small, attribute), 1e-12)
            for small, large in pairs
        ]
        figures.append(
            Figure(
                f"{what} of all {CASES} over batches of {SMALL}, {words}",
                *geometric(np.maximum(ratio, 1e-12)),
                seeds=len(pairs),
                claimed=Claimed("above 1", low=1.0),
            )
        )
    figures += [
        Figure(
            f"held-out gap of all {CASES} less that of batches of {SMALL}, {words}",
            *mean([large.gap - small.gap for small, large in pairs]),
            seeds=len(pairs),
            claimed=Claimed("above 0", low=0.0),
        ),
        Figure(
            f"held-out accuracy of batches of {SMALL} less that of all {CASES}, {words}",
            *mean([small.accuracy - large.accuracy for small, large in pairs]),
            seeds=len(pairs),
            claimed=Claimed("above 0", low=0.0),
        ),
        Figure(
            f"training loss of all {CASES} over that of batches of {SMALL}, {words}",
            *geometric([large.loss / small.loss for small, large in pairs]),
            seeds=len(pairs),
        ),
    ]
    return figures


def _sized(batch: float) -> Mapping[str, float]:
    """What 300 steps at the fixed rate have found from one start."""
    one = _ended(0, int(batch), RATE, 300)
    return {
        "λmax": one.top,
        "λmax of D H D": one.relative,
        "held-out gap": one.gap,
        "training loss": one.loss,
    }


VIEW = over(
    26,
    "What do small batches find?",
    "mlp-digits from one start, 300 steps at the rate 0.1: one draw, no interval. Move the batch.",
    Number("batch", "Batch", 1, 128, 8, whole=True, scale="log", stops=[2**k for k in range(8)]),
    _sized,
    Axis("where it ends", scale="log"),
    lambda batch, seen: (
        f"Batches of {batch:.0f} end where λmax is {seen['λmax']:.3g} and the held-out gap "
        f"{seen['held-out gap']:.3g}."
    ),
)

CLAIM = Claim(
    26,
    "Small batches find flatter minima that generalise better.",
    small_batches,
    problems=(NAME,),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

"""Claim 41: clipping the gradient's norm keeps descent from diverging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, geometric, share
from gradparity.harness.claims.tools.walks import path, quadratic, trained
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

TOP, CLIP = 10.0, 1.0


def clipping(extent: Extent) -> Observed:
    """A clipped step is no longer than ηc; beyond 2/λmax that keeps descent near, and no more.

    Along the curvature L, in units of c/L: beyond 1 the step is a = ηL towards 0, within 1 it is
    x → (1 - a) x. For 2 < a < 3, |x| > 1 falls by a a step until it is at most a - 1 (from x in
    1 ... a to |x - a| ≤ a - 1), and |1 - a| |x| ≤ a - 1 within 1: in the end |x| ≤ a - 1 for ever.
    Without clipping |x| grows by a - 1 a step. It does not converge: 0 repels.
    """
    figures = []
    for a in (2.1, 2.5, 2.9):
        free = _walk(a, None, 60)
        held = _walk(a, CLIP, 4000)[2000:]
        figures += [
            Figure(
                f"factor of the error a step at {a}/L without clipping",
                *exact(float((free[-1] / free[0]) ** (1 / (len(free) - 1)))),
                claimed=Claimed("diverges: above 1", low=1.0),
                check=True,
                theory=Theory(a - 1, "ηL - 1"),
                slack=1e-9,
            ),
            Figure(
                f"largest error late at {a}/L, clipped at c, in c/L",
                *exact(float(held.max())),
                claimed=Claimed(f"bounded: at most ηL - 1 = {a - 1:.2g}", high=a - 1 + 1e-9),
            ),
            Figure("smallest error of the same late, in c/L", *exact(float(held.min()))),
        ]
    rate, steps, seeds = 1.0, extent.of(150, 400), extent.seeds(10, 30)
    starts = [PROBLEMS["rnn-waves"].instance("small", seed) for seed in seeds]
    first = np.array([trained("rnn-waves", one, "gd", [0.0]).loss for one in starts])
    ends = {
        words: np.array(
            [trained("rnn-waves", one, "gd", [rate] * steps, clip=clip).loss for one in starts]
        )
        for words, clip in (("without clipping", None), ("clipped at 1", CLIP))
    }
    for words, found in ends.items():
        gone = int(np.sum(~(found <= first)))
        figures.append(
            Figure(
                f"starts of rnn-waves that end above their first loss, rate 1, {words}",
                *share(gone, len(starts)),
                seeds=len(starts),
                claimed=None
                if words == "without clipping"
                else Claimed("none, to 3 in 10", high=0.3, ours=True),
            )
        )
    held_loss = ends["clipped at 1"]
    careful = np.array([trained("rnn-waves", one, "gd", [0.1] * steps).loss for one in starts])
    figures.append(
        Figure(
            "loss clipped at the rate 1 over that at the rate 0.1 without clipping",
            *geometric(held_loss / careful),
            seeds=len(starts),
        )
    )
    figures.append(agreement("rnn-waves", starts[0], extent.backends))
    sentence = (
        f"Beyond 2/L clipping keeps the error within {figures[4].value:.3g} c/L, where without it "
        f"the error grows {figures[3].value:.3g} times a step. Of a recurrent network's starts "
        f"{figures[9].value:.0%} end worse than they began without clipping, "
        f"{figures[10].value:.0%} with it."
    )
    return Observed(sentence, figures)


def _walk(a: float, clip: float | None, steps: int) -> Any:
    """The size of x₂ at each step at a/L from 7.3 c/L, in c/L."""
    start = quadratic(TOP, (0.0, 7.3 * CLIP / TOP))
    points = path("quadratic", start, "gd", a / TOP, steps, clip=clip).points
    return np.abs(points[:, 1]) * TOP / CLIP


def _frame(given: Mapping[str, Any]) -> Frame:
    a = given["share"]
    free, held = _walk(a, None, 60), _walk(a, CLIP, 60)
    told = (
        f"beyond 2/L, it grows by {a - 1:.3g} a step; clipped it stays within {a - 1:.3g} c/L"
        if a > 2
        else f"below 2/L, it converges with clipping and without, by {abs(1 - a):.3g} a step"
    )
    marks: list[Any] = [
        Polyline(range(len(free)), free, "without clipping", "a"),
        Polyline(range(len(held)), held, "clipped at c", "b"),
    ]
    if a > 2:
        marks.append(Rule(a - 1, "ηL - 1", "muted", "y"))
    return Frame(
        f"η = {a:.3g}/L: {told}.",
        (
            Chart(
                "clipping",
                "Clipping bounds what diverges, and makes nothing converge",
                Axis("step"),
                Axis("error", "c/L", scale="log", low=1e-3, high=1e3),
                marks,
            ),
        ),
        numbers={"free": free, "held": held},
    )


CLAIM = Claim(
    41,
    "Clipping the gradient's norm keeps descent from diverging.",
    clipping,
    problems=("quadratic", "rnn-waves"),
    optimizers=("gd",),
    backends=("tape", "numpy", "jax", "torch"),
    view=View(
        "claim-41",
        "Clipping",
        "What does clipping do at rates that diverge?",
        "A quadratic of curvature L, clipped at the norm c. Move the rate across 2/L.",
        (Number("share", "Rate times L", 0.1, 2.95, 2.5, positions=285),),
        _frame,
    ),
)

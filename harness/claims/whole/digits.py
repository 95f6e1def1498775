"""Claim 31: from random to 95 %."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.backends import Training
from gradparity.harness.claims.tools.answers import agreement, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, mean
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.views.controls import Number
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout
from gradparity.results.pages.charts import Axis, Chart, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

NAME = "mlp-digits"
SIZE = {"images": 1437, "hidden": (64,)}
"""Four fifths of the 1,797 images; the others are held out."""
WRITTEN = "images=1437,hidden=(64,)"
BATCH, RATE = 64, 2e-3
LOOK = 22
"""Steps an epoch: accuracy is looked at after each."""


def learned(backend: str, seed: int, steps: int) -> tuple[list[float], Any, Any]:
    """Accuracy on the images held out after every epoch, losses by step, the parameters, (P,)."""
    problem = PROBLEMS[NAME]
    instance = problem.instance(WRITTEN, seed)
    assert problem.held_out is not None
    assert problem.accuracy is not None
    rest = problem.held_out(np.random.default_rng(seed), **SIZE)
    batches = Batches(problem, instance.data, BATCH, seed)
    first = type(instance)(instance.params, batches.batch(0))
    step = prepared(NAME, first, backend).training_step(Training("adam"))
    state = step.start(instance.params)
    accuracy, losses = [problem.accuracy(instance.params, rest)], []
    for k in range(steps):
        state, report = step.run(state, step.batch(batches.batch(k)), RATE)
        losses.append(step.report(report)[0])
        if (k + 1) % LOOK == 0:
            accuracy.append(problem.accuracy(step.params(state), rest))
    return accuracy, np.array(losses), Layout.of(instance.params).flatten(step.params(state))


def digits(extent: Extent) -> Observed:
    """A random network answers one of ten digits rightly in a tenth of the cases, in the mean.

    Backends that differ by rounding alone take the same steps, to within what the steps amplify:
    Adam's division by √v makes of eps some 1e-10 in hundreds of steps, not bitwise the same.
    """
    steps, seeds = LOOK * extent.of(12, 25), extent.seeds(3, 10)
    runs = {name: learned(name, 0, steps) for name in extent.backends}
    reference = runs[extent.backends[0]]
    apart = max(
        float(np.linalg.norm(run[2] - reference[2]) / np.linalg.norm(reference[2]))
        for run in runs.values()
    )
    losses = max(float(np.abs(run[1] / reference[1] - 1.0).max()) for run in runs.values())
    every = {
        name: [runs[name][0], *(learned(name, seed, steps)[0] for seed in seeds[1:])]
        for name in extent.backends
    }
    starts = [one[0] for one in every[extent.backends[0]]]
    untrained = [*starts, *(_untrained(seed) for seed in range(len(seeds), 30))]
    figures = [
        Figure(
            "accuracy of random networks on images held out",
            *mean(untrained),
            seeds=len(untrained),
            unit="share",
            claimed=Claimed("random: .05 to .15", 0.05, 0.15, ours=True),
            theory=Theory(0.1, "one of ten classes"),
        ),
        *(
            Figure(
                f"accuracy on images held out after {steps} steps by {name}",
                *mean([one[-1] for one in found]),
                seeds=len(found),
                unit="share",
                claimed=Claimed("at least .95", low=0.95),
            )
            for name, found in every.items()
        ),
        Figure(
            f"how far {len(runs)} backends' parameters are apart after {steps} steps, relative",
            *exact(apart),
            claimed=Claimed("the same trajectory, to 1e-6", high=1e-6, ours=True),
        ),
        Figure(
            f"how far their losses are apart at any of {steps} steps, relative",
            *exact(losses),
            claimed=Claimed("the same trajectory, to 1e-6", high=1e-6, ours=True),
        ),
        agreement(NAME, PROBLEMS[NAME].instance("tiny", 0), extent.backends),
    ]
    worst = min(float(np.mean([one[-1] for one in found])) for found in every.values())
    sentence = (
        f"From {np.mean(untrained):.2f} to {worst:.3f} on images held out, by each of {len(runs)} "
        f"backends, whose parameters are {apart:.0e} apart after {steps} steps."
    )
    return Observed(sentence, figures, _chart(runs))


def _untrained(seed: int) -> float:
    problem = PROBLEMS[NAME]
    assert problem.held_out is not None
    assert problem.accuracy is not None
    rest = problem.held_out(np.random.default_rng(seed), **SIZE)
    return problem.accuracy(problem.instance(WRITTEN, seed).params, rest)


def _chart(runs: dict[str, tuple[list[float], Any, Any]]) -> Chart:
    marks: list[Any] = [
        Polyline(np.arange(len(accuracy)), accuracy, name, colour, dash)
        for (name, (accuracy, *_)), colour, dash in zip(
            runs.items(), "abcd", ((), (8, 4), (4, 4), (2, 6)), strict=False
        )
    ]
    return Chart(
        "digits",
        "Every backend learns the digits, by the same steps",
        Axis("epoch"),
        Axis("share right, of images held out", low=0.0, high=1.0),
        [*marks, Rule(0.95, "95 %", axis="y")],
    )


@lru_cache(maxsize=4)
def _course(backend: str) -> list[float]:
    return learned(backend, 0, 12 * LOOK)[0]


VIEW = over(
    31,
    "How soon are 95 % right?",
    "mlp-digits with 64 hidden units, Adam with batches of 64, by hand and by the tape. Train on.",
    Number("epoch", "Epoch", 0, 12, 3, whole=True, stops=range(13)),
    lambda epoch: {name: _course(name)[int(epoch)] for name in ("numpy", "tape")},
    Axis("share right, of images held out", low=0.0, high=1.0),
    lambda epoch, seen: (
        f"After {epoch:.0f} epochs {seen['numpy']:.1%} of the images held out are right by hand, "
        f"{seen['tape']:.1%} by the tape."
    ),
    (Rule(0.95, "95 %", axis="y"),),
)

CLAIM = Claim(
    31,
    "From random to 95 %: the digits' test accuracy reaches .95 with each backend, by the same "
    "trajectory.",
    digits,
    problems=(NAME,),
    optimizers=("adam",),
    backends=("numpy", "tape", "jax", "torch"),
    view=VIEW,
)

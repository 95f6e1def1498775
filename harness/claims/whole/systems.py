"""Claim 32: the losses of the five systems that the course names, in miniature, each learning."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.backends import Training
from gradparity.harness.claims.tools.answers import agreement, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import geometric, mean
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.views.controls import Number
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

SYSTEMS = {
    "gpt": "next-token cross-entropy",
    "diffusion": "denoising diffusion",
    "folding": "distances and torsion angles",
    "multitask": "several tasks, weighed by their uncertainty",
    "ranking": "ranking by pairs",
}
RATES = {"gpt": 1e-2, "diffusion": 1e-1, "folding": 3e-2, "multitask": 3e-2, "ranking": 1e-1}


def descended(name: str, seed: int, steps: int, backend: str = "tape") -> Any:
    """The loss before each step of Adam, (steps,), on the small problem."""
    instance = PROBLEMS[name].instance("small", seed)
    step = prepared(name, instance, backend).training_step(Training("adam"))
    state, batch = step.start(instance.params), step.batch(instance.data)
    losses = []
    for _ in range(steps):
        state, report = step.run(state, batch, RATES[name])
        losses.append(step.report(report)[0])
    return np.array(losses)


def level(name: str, seed: int) -> float:
    """The loss with all parameters 0, where it is known: ln 2 of ranking, E ε² of diffusion."""
    instance = PROBLEMS[name].instance("small", seed)
    zeros = {key: np.zeros_like(x) for key, x in instance.params.items()}
    made = prepared(name, instance, "tape").operator("value")
    return float(made(Instance(zeros, instance.data)).value)


def systems(extent: Extent) -> Observed:
    """Learning is a loss that falls well below where it began, and below that of knowing nothing.

    Ranking compares scores of pairs: with all vectors 0 every pair is a toss-up, σ(0) = ½, and the
    loss is ln 2. Where a problem's infimum is known, what is left above it is what counts.
    """
    steps, seeds = extent.of(120, 600), extent.seeds(6, 20)
    figures, curves, parts = [], {}, []
    for name, what in SYSTEMS.items():
        runs = [descended(name, seed, steps) for seed in seeds]
        left = []
        for seed, losses in enumerate(runs):
            least = _least(name, seed)
            left.append(max(float((losses[-1] - least) / (losses[0] - least)), 1e-16))
        curves[name] = (runs[0], _least(name, 0))
        figures.append(
            Figure(
                f"{what} ({name}): loss above its infimum after {steps} steps of Adam, of the "
                "first",
                *geometric(left),
                seeds=len(left),
                claimed=Claimed("it learns: at most half", high=0.5, ours=True),
            )
        )
        parts.append(f"{what} {figures[-1].value:.2g}")
    figures.append(
        Figure(
            "loss of ranking with all parameters 0",
            *mean([level("ranking", seed) for seed in range(3)]),
            seeds=3,
            theory=Theory(float(np.log(2.0)), "ln 2"),
            slack=1e-12,
        )
    )
    for name in SYSTEMS:
        figures.append(agreement(name, PROBLEMS[name].instance("tiny", 0), extent.backends))
    sentence = f"Of the first loss is left after {steps} steps: {', '.join(parts)}."
    return Observed(sentence, figures, _chart(curves))


def _least(name: str, seed: int) -> float:
    """The known minimum, or 0 where none is known, which no cross-entropy goes below."""
    problem = PROBLEMS[name]
    if problem.minimum is None:
        return 0.0
    found = problem.minimum(problem.instance("small", seed).data)
    return found.value if np.isfinite(found.value) else 0.0


def _chart(curves: dict[str, tuple[Any, float]]) -> Chart:
    return Chart(
        "systems",
        "All five losses fall",
        Axis("step"),
        Axis("loss above its infimum, of the first", scale="log"),
        [
            Polyline(np.arange(len(losses)), (losses - least) / (losses[0] - least), name, colour)
            for (name, (losses, least)), colour in zip(curves.items(), "abcde", strict=True)
        ],
    )


@lru_cache(maxsize=8)
def _course(name: str) -> Any:
    losses, least = descended(name, 0, 120), _least(name, 0)
    return np.maximum((losses - least) / (losses[0] - least), 1e-16)


VIEW = over(
    32,
    "Do all five learn?",
    "Adam from one start of each system's loss, small. Train on.",
    Number("steps", "Steps", 0, 119, 60, whole=True, stops=(0, 5, 10, 20, 40, 60, 80, 100, 119)),
    lambda steps: {name: float(_course(name)[int(steps)]) for name in SYSTEMS},
    Axis("loss above its infimum, of the first", scale="log"),
    lambda steps, seen: (
        f"After {steps:.0f} steps is left of the loss: "
        + ", ".join(f"{name} {left:.2g}" for name, left in seen.items())
        + "."
    ),
)

CLAIM = Claim(
    32,
    "The losses of the systems that the course names, each learning in miniature: next-token "
    "cross-entropy, denoising diffusion, distances and torsion angles, multi-task, ranking.",
    systems,
    problems=tuple(SYSTEMS),
    optimizers=("adam",),
    backends=("numpy", "tape", "jax", "torch"),
    view=VIEW,
)

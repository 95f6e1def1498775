"""Claim 9: a dead ReLU never recovers; a leaky ReLU and a GELU do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.backends import Training
from gradparity.harness.claims.tools.answers import agreement, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, share
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.namespace import Namespace
from gradparity.results.pages.charts import Axis, Chart, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

CASES = 32
KINDS = ("relu", "leaky_relu", "gelu")
COLOURS = ("a", "b", "c", "d", "e", "f", "ink", "muted")
RATES = {"gd": 0.5, "adam": 0.05}


@lru_cache(maxsize=8)
def unit(kind: str) -> Problem:
    """One unit a = φ(w x + b) that is to be x + 1, by half the mean square."""

    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        z = params["w"] * data["x"] + params["b"]
        a = xp.gelu(z) if kind == "gelu" else getattr(xp, kind)(z)
        return 0.5 * xp.mean(xp.square(a - data["y"]))

    def draw(rng: np.random.Generator) -> Instance:
        return started(-10.0, int(rng.integers(1000)))

    return Problem(f"one {kind}", loss, draw, {"tiny": {}}, "a unit and its bias")


def started(bias: float, seed: int) -> Instance:
    """The unit with this bias and |w| < 1; inputs in [-1, 1]."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.0, 1.0, CASES)
    params = {"w": np.asarray(rng.uniform(-1.0, 1.0)), "b": np.asarray(bias)}
    return Instance(params, {"x": x, "y": x + 1.0})


def trained(
    kind: str, bias: float, optimizer: str, steps: int, backend: str, seed: int = 0
) -> tuple[Any, float]:
    """(loss before each step, the largest |b - its start|)."""
    instance = started(bias, seed)
    training = Training(optimizer)
    step = prepared(unit(kind), instance, backend).training_step(training)
    state, batch = step.start(instance.params), step.batch(instance.data)
    losses, moved = [], 0.0
    for _ in range(steps):
        state, report = step.run(state, batch, RATES[optimizer])
        losses.append(step.report(report)[0])
    moved = abs(float(step.params(state)["b"]) - bias)
    return np.array(losses), moved


def dead(extent: Extent) -> Observed:
    """With b = -10, |w| < 1 and |x| ≤ 1 every z is below -9, where relu′ is 0, exactly.

    So are the gradients of w and b, whatever the loss: plain descent adds 0, and Adam's moments
    stay 0, hence its steps 0/(0 + ε). A leaky ReLU has slope .01 there: it returns. A GELU's slope
    is Φ(z) + z φ(z), about -7e-22 at z = -10: not 0 in mathematics, but in float64 1 + erf(z/√2)
    rounds to 0 below -8.4, and Adam's ε of 1e-8 outweighs it even where it does not. And it is
    negative below z = -.75: descent takes an output that is too low still lower.
    """
    steps = extent.of(1_000, 3_000)
    backends = [name for name in extent.backends if name != "numpy"]
    moved = {
        optimizer: max(
            trained("relu", -10.0, optimizer, steps, name, seed)[1]
            for seed in extent.seeds(1, 5)
            for name in backends
        )
        for optimizer in RATES
    }
    curves: dict[str, Any] = {}
    figures: list[Figure] = []
    for optimizer in RATES:
        figures.append(
            Figure(
                f"how far {steps:,} steps of {optimizer} move a dead ReLU's bias, "
                f"{len(backends)} backends",
                *exact(moved[optimizer]),
                claimed=Claimed("exactly 0", 0.0, 0.0),
                theory=Theory(0.0, "relu′(z < 0) = 0"),
            )
        )
    long, starts = extent.of(5_000, 10_000), extent.seeds(6, 20)
    recovered: dict[str, int] = {}
    for kind, bias in (("leaky_relu", -10.0), ("gelu", -10.0), ("gelu", -3.0), ("gelu", -0.5)):
        for optimizer in RATES:
            every = [trained(kind, bias, optimizer, long, "tape", seed)[0] for seed in starts]
            name = f"{kind}, b = {bias:g}, {optimizer}"
            curves[name] = every[0]
            recovered[name] = sum(losses[-1] <= 0.1 * losses[0] for losses in every)
            figures.append(
                Figure(
                    f"starts from which a {kind} with b = {bias:g} takes the loss to a tenth in "
                    f"{long:,} steps of {optimizer}",
                    *share(recovered[name], len(starts)),
                    seeds=len(starts),
                    unit="share",
                    claimed=Claimed("it recovers: more than half", low=0.5, ours=True),
                )
            )
    figures.append(_slope(backends))
    figures += [
        agreement(unit(kind), started(-3.0, 0), backends) for kind in KINDS[: extent.of(2, 3)]
    ]
    said = ", ".join(f"{name} {count}" for name, count in recovered.items())
    sentence = (
        f"A dead ReLU moves by {max(moved.values()):g} in {steps:,} steps. Of {len(starts)} starts "
        f"recover: {said}. A GELU's slope at z = -10 rounds to nothing, and at -3 it points down."
    )
    return Observed(sentence, figures, _chart(curves))


def _slope(backends: Sequence[str]) -> Figure:
    """A GELU's slope at z = -3: the gradient by b of a unit with one case, a - y = -1."""
    z = -3.0
    value = z * 0.5 * math.erfc(-z / math.sqrt(2.0))
    data = {"x": np.zeros(1), "y": np.array([value + 1.0])}
    instance = Instance({"w": np.asarray(0.0), "b": np.asarray(z)}, data)
    found = [
        -float(
            prepared(unit("gelu"), instance, name).operator("gradient")(instance).derivative["b"]
        )
        for name in backends
    ]
    stated = 0.5 * math.erfc(-z / math.sqrt(2.0))
    stated += z * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return Figure(
        "slope of a GELU at z = -3",
        *exact(max(found, key=lambda one: abs(one - stated))),
        theory=Theory(stated, "Φ(z) + z φ(z)"),
        slack=1e-12,
    )


def _chart(curves: dict[str, Any]) -> Chart:
    long = max(map(len, curves.values()))
    at = np.unique(np.geomspace(1, long, 120).astype(int)) - 1
    return Chart(
        "dead",
        "What has a slope below 0 returns, unless it rounds to nothing",
        Axis("step", scale="log"),
        Axis("loss, of the first", scale="log"),
        [
            Polyline(at + 1, losses[at] / losses[0], name, colour)
            for (name, losses), colour in zip(curves.items(), COLOURS, strict=True)
        ],
    )


def _biased(bias: float) -> Mapping[str, float]:
    """The loss after 1,000 steps of descent from this bias, of the first; never below 1e-12."""
    found = {kind: trained(kind, bias, "gd", 1_000, "tape")[0] for kind in KINDS}
    return {kind: max(float(losses[-1] / losses[0]), 1e-12) for kind, losses in found.items()}


VIEW = over(
    9,
    "From which bias does a unit return?",
    "One unit, 1,000 steps of descent from one start. Move its bias.",
    Number("bias", "Bias", -10.0, 0.0, -10.0, stops=(-10, -8, -6, -4, -3, -2, -1, -0.5, 0)),
    _biased,
    Axis("loss left, of the first", scale="log"),
    lambda bias, seen: (
        f"From a bias of {bias:g} 1,000 steps leave of the loss: "
        + ", ".join(f"{kind} {left:.2g}" for kind, left in seen.items())
        + "."
    ),
)

CLAIM = Claim(
    9,
    "A dead ReLU never recovers: with a bias of -10 and inputs in [-1, 1] its gradient is exactly "
    "0 for ever, under Adam too; a leaky ReLU and a GELU do recover.",
    dead,
    optimizers=tuple(RATES),
    backends=("tape", "jax", "torch"),
    view=VIEW,
)

"""Claim 24: plain descent stalls at a saddle; what leaves it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradparity.backends.optimizers.catalogue import start_search
from gradparity.harness.claims.descent.speed import escape
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, median
from gradparity.harness.claims.tools.moving import log_stops, over
from gradparity.harness.claims.tools.walks import Vectors, objective_of, path, trained
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure, Theory

RATE, TEMPERATURE = 0.1, 1e-4
LEFT = 1.0
"""|y| beyond which the saddle is left."""


def stalling(extent: Extent) -> Observed:
    """At exactly (0, 0) of x² - y² the gradient is 0: descent, momentum and Adam stay for ever.

    Langevin's noise √(2ηT) ξ moves y, and each step multiplies it by a = 1 + 2η: after t steps it
    is normal with the variance σ² (a²ᵗ - 1)/(a² - 1), σ² = 2ηT. Half of the walks are beyond 1
    where that variance is 1/0.6745²: the median of the escape but for walks that come back.

    The noise of mini-batches need not help. At all weights 0 a tanh or ReLU unit puts out 0, so
    that dL/dW2 = hᵀ δ = 0, and dL/dW1 = xᵀ (δ W2ᵀ φ′) = 0: whatever the cases of a batch, b2 alone
    moves. A sigmoid unit puts out ½: W2 moves in batches of 1, though not with all four cases.
    """
    steps = extent.of(1000, 100_000)
    figures = []
    for optimizer in ("gd", "momentum", "adam"):
        stay = _largest(optimizer, steps)
        figures.append(
            Figure(
                f"largest |y| in {steps:,} steps of {optimizer} from exactly (0, 0)",
                *exact(stay),
                claimed=Claimed("stalls: exactly 0", high=0.0),
            )
        )
    for optimizer in ("momentum", "adam"):
        figures.append(
            Figure(
                f"steps of {optimizer} from y = 1e-6 to |y| > 1, of descent's 76",
                *exact(escape(optimizer, 1e-6) / escape("gd", 1e-6)),
                claimed=Claimed("helps: below 1", high=0.99),
            )
        )
    seeds = extent.seeds(60, 2000)
    left = [_langevin(seed) for seed in seeds]
    a = 1 + 2 * RATE
    sigma2 = 2 * RATE * TEMPERATURE
    steps_half = np.log(1 + (a * a - 1) / (sigma2 * 0.6744897501960817**2)) / (2 * np.log(a))
    figures.append(
        Figure(
            f"median steps of langevin, T = {TEMPERATURE:g}, from exactly (0, 0) to |y| > 1",
            *median(left),
            seeds=len(left),
            claimed=Claimed("leaves: finite", high=1e6),
            theory=Theory(float(steps_half), "σ² (a²ᵗ - 1)/(a² - 1) = 1/0.6745²"),
            slack=0.05,
        )
    )
    figures.append(
        Figure(
            "steps of saddle-free-newton from exactly (0, 0) to |y| > 1 of the bounded saddle",
            *exact(_newton()),
            claimed=Claimed("leaves: finite", high=1e6),
        )
    )
    for activation in ("tanh", "relu", "sigmoid"):
        moved_by = _from_zero(activation, extent.of(400, 20_000))
        figures.append(
            Figure(
                f"largest entry of W1, b1, W2 after batches of 1 from all zeros, xor-{activation}",
                *exact(moved_by),
                claimed=None if activation == "sigmoid" else Claimed("exactly 0", high=0.0),
            )
        )
    at_zero = {name: np.zeros_like(x) for name, x in _xor("tanh").params.items()}
    figures.append(
        agreement("xor-tanh", _xor("tanh"), extent.backends, [at_zero, _xor("tanh").params])
    )
    sentence = (
        f"From exactly the saddle descent, momentum and Adam have not moved after {steps:,} steps; "
        f"noise leaves it in {figures[5].value:.0f}, negative curvature in {figures[6].value:.0f}. "
        f"Batches of one leave an all-zero tanh network where it is."
    )
    return Observed(sentence, figures)


def _start() -> Instance:
    return Instance({"x": np.zeros(2)}, {}, {"x": np.ones(2)})


def _largest(optimizer: str, steps: int) -> float:
    return float(np.abs(path("saddle", _start(), optimizer, RATE, steps).points).max())


def _langevin(seed: int) -> float:
    walk = path("saddle", _start(), "langevin", RATE, 80, seed=seed, temperature=TEMPERATURE)
    out = np.flatnonzero(np.abs(walk.points[:, 1]) > LEFT)
    return float(out[0]) if len(out) else np.inf


def _newton() -> float:
    theta = np.zeros(2)
    objective = objective_of("bounded-saddle", _start())
    search = start_search("saddle-free-newton", objective, theta, np.random.default_rng(0), {})
    for step in range(1, 50):
        search(theta, 1.0)
        if abs(theta[1]) > LEFT:
            return float(step)
    return np.inf


def _xor(activation: str) -> Instance:
    return PROBLEMS[f"xor-{activation}"].instance("tiny", 0)


def _from_zero(activation: str, steps: int) -> float:
    drawn = _xor(activation)
    params: Arrays = {name: np.zeros_like(x) for name, x in drawn.params.items()}
    start = Instance(params, drawn.data, drawn.direction)
    end: Vectors = trained(f"xor-{activation}", start, "gd", [0.1] * steps, batch=1).theta
    return float(np.abs(end[:-1]).max())


def _off(distance: float) -> Mapping[str, float]:
    """Steps to |y| > 1 from y = distance; of langevin the median of 11 from exactly 0."""
    seen = {one: escape(one, distance) for one in ("gd", "momentum", "adam")}
    return seen | {
        "langevin from exactly 0": float(np.median([_langevin(seed) for seed in range(11)]))
    }


VIEW = over(
    24,
    "How long does a saddle hold?",
    "x² - y², from beside the saddle. Move nearer: from exactly 0 none but noise ever leaves.",
    Number("distance", "Distance", 1e-12, 0.1, 1e-6, scale="log", stops=log_stops(1e-12, 0.1, 12)),
    _off,
    Axis("steps until |y| > 1", low=0.0),
    lambda distance, seen: (
        f"From y = {distance:.0e} descent leaves after {seen['gd']:.0f} steps, momentum after "
        f"{seen['momentum']:.0f}, Adam after {seen['adam']:.0f}; noise from exactly 0 after "
        f"{seen['langevin from exactly 0']:.0f}."
    ),
)

CLAIM = Claim(
    24,
    "Plain descent stalls at a saddle point; noise, momentum, Adam and negative curvature help.",
    stalling,
    problems=("saddle", "bounded-saddle", "xor-tanh", "xor-relu", "xor-sigmoid"),
    optimizers=("gd", "momentum", "adam", "langevin", "saddle-free-newton"),
    backends=("tape", "numpy", "jax", "torch"),
    view=VIEW,
)

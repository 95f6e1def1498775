"""Claim 10: the backprop of a custom activation agrees with autodiff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import expit

from gradparity.harness.claims.tools.answers import agreement, objective
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.namespace import Namespace
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure, Theory

ROOT = float(np.sqrt(2.0 / np.pi))
CUBIC = 0.044715


def _gelu(z: Any) -> tuple[Any, Any]:
    """½ z (1 + t), t = tanh(√(2/π)(z + .044715 z³)); slope ½ (1 + t) + ½ z (1 - t²) t's inside."""
    t = np.tanh(ROOT * (z + CUBIC * z**3))
    return 0.5 * z * (1.0 + t), 0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t) * ROOT * (
        1.0 + 3.0 * CUBIC * z * z
    )


BY_HAND: Mapping[str, Any] = {
    "softplus": lambda z: (np.logaddexp(0.0, z), expit(z)),
    "gelu": _gelu,
    "swish": lambda z: (z * expit(z), expit(z) * (1.0 + z * (1.0 - expit(z)))),
}
"""name -> z -> (φ, φ′), as one writes a custom layer."""
COMPOSED: Mapping[str, Any] = {
    "softplus": lambda xp, z: xp.logaddexp(z, xp.zeros_like(z)),
    "gelu": lambda xp, z: 0.5 * z * (1.0 + xp.tanh(ROOT * (z + CUBIC * z * z * z))),
    "swish": lambda xp, z: z * xp.sigmoid(z),
}


def activation(kind: str) -> Problem:
    """Σ φ(z) v with data v: its gradient is v φ′(z), entry by entry, by hand as above."""

    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        return xp.sum(COMPOSED[kind](xp, params["z"]) * data["v"])

    def by_hand(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        value, slope = BY_HAND[kind](params["z"])
        return np.sum(value * data["v"]), {"z": slope * data["v"]}

    return Problem(kind, loss, _draw, {"tiny": {}}, "a custom activation", gradient=by_hand)


def _draw(rng: np.random.Generator) -> Instance:
    z = np.concatenate([np.linspace(-6.0, 6.0, 97), [-30.0, -20.5, 20.5, 30.0]])
    return Instance({"z": z}, {"v": rng.uniform(0.5, 1.5, z.shape)})


def smooth(extent: Extent) -> Observed:
    """softplus′ = σ; swish′ = σ + z σ(1 - σ); GELU in its tanh form by the product rule.

    At 0 they are ½, each, whatever the form: half of the way between a dead and a live ReLU.
    """
    figures = []
    for kind in BY_HAND:
        problem = activation(kind)
        points = [problem.draw(np.random.default_rng(seed)) for seed in extent.seeds(1, 3)]
        worst = max(agreement(problem, one, extent.backends).value for one in points)
        figures.append(
            Figure(
                f"largest departure of {kind}'s slope, by hand and by autodiff, "
                f"{len(extent.backends)} backends",
                *exact(worst),
                unit="of what rounding may do",
                claimed=Claimed("at most 1", high=1.0),
            )
        )
        at = Instance({"z": np.zeros(1)}, {"v": np.ones(1)})
        slopes = [
            float(objective(problem, at, name).gradient(np.zeros(1))[1][0])
            for name in extent.backends
        ]
        far = max(slopes, key=lambda one: abs(one - 0.5))
        figures.append(
            Figure(
                f"slope of {kind} at 0, by the backend farthest off",
                *exact(far),
                theory=Theory(0.5, "by symmetry"),
                slack=1e-15,
            )
        )
    worst = max(one.value for one in figures[::2])
    return Observed(
        f"Softplus, GELU and swish by hand agree with {len(extent.backends) - 1} ways of autodiff: "
        f"the largest departure is {worst:.2g} of what rounding may do.",
        figures,
    )


def _slopes(z: float) -> Mapping[str, float]:
    """φ′(z) of each by the tape."""
    at = Instance({"z": np.array([z])}, {"v": np.ones(1)})
    here = np.array([z])
    return {kind: float(_autodiff(kind, at).gradient(here)[1][0]) for kind in BY_HAND}


def _autodiff(kind: str, at: Instance) -> CountedObjective:
    return objective(activation(kind), at, "tape")


def _said(z: float, seen: Mapping[str, float]) -> str:
    by_hand = {kind: float(made(np.float64(z))[1]) for kind, made in BY_HAND.items()}
    apart = max(abs(slope - by_hand[kind]) for kind, slope in seen.items())
    told = ", ".join(f"{kind} {slope:.4f}" for kind, slope in seen.items())
    return (
        f"At z = {z:g} the slopes are {told}; by hand and by autodiff they differ by {apart:.0e}."
    )


VIEW = over(
    10,
    "Which slopes do smooth activations have?",
    "By the tape, from the formula of the activation alone. Move z.",
    Number("z", "z", -6.0, 6.0, 0.5, stops=np.linspace(-6.0, 6.0, 25).tolist()),
    _slopes,
    Axis("φ′(z)"),
    _said,
)

CLAIM = Claim(
    10,
    "A custom activation's backprop (softplus, GELU, swish) agrees with autodiff.",
    smooth,
    backends=("numpy", "tape", "jax", "torch"),
    view=VIEW,
)

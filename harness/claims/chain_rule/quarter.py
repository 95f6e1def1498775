"""Claim 5: a sigmoid passes on a quarter at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradparity.harness.claims.chain_rule.chains import scalar_chain
from gradparity.harness.claims.tools.answers import agreement, objective, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.namespace import Namespace
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

LAYERS = 10


def _total(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    return xp.sum(xp.sigmoid(params["z"]))


def _undrawn(rng: np.random.Generator) -> Instance:
    return Instance({"z": np.linspace(-8.0, 8.0, 17)}, {})


SUM = Problem("sum of sigmoids", _total, _undrawn, {"tiny": {}}, "σ")
"""Its gradient is σ′, entry by entry."""


def quarter(extent: Extent) -> Observed:
    """σ′ = σ(1 - σ) = ¼ - (σ - ½)² is ¼ at most, at z = 0 alone.

    By the chain rule ten sigmoids behind each other, each at its steepest, pass on (¼)¹⁰ = 4⁻¹⁰
    of a gradient: the scalar chain's, with w = 1.
    """
    z = np.linspace(-40.0, 40.0, extent.of(100_001, 2_000_001))
    instance = Instance({"z": z}, {})
    backends = [name for name in extent.backends if name != "numpy"]
    tops = [float(objective(SUM, instance, name).gradient(z)[1].max()) for name in backends]
    chain, at = scalar_chain(LAYERS, 1.0)
    arrived = [arrives(LAYERS, [1.0], name)[0] for name in extent.backends]
    far = max(arrived, key=lambda one: abs(one - 0.25**LAYERS))
    figures = [
        Figure(
            f"largest slope of σ at {len(z):,} places, {len(backends)} backends",
            *exact(max(tops)),
            claimed=Claimed("at most 0.25", high=0.25),
            theory=Theory(0.25, "σ′(0)"),
        ),
        Figure(
            f"what arrives through {LAYERS} sigmoids, the backend farthest off",
            *exact(far),
            claimed=Claimed("9.5367e-7", 9.53665e-7, 9.53675e-7),
            theory=Theory(0.25**LAYERS, "4⁻¹⁰"),
            slack=1e-13,
        ),
        agreement(chain, at, extent.backends),
    ]
    sentence = (
        f"σ′ is never above {max(tops):.4g}, and of a gradient {far:.4e} arrives through "
        f"{LAYERS} sigmoids."
    )
    return Observed(sentence, figures, _chart(LAYERS))


def arrives(depth: int, weights: Sequence[float], backend: str) -> list[float]:
    """What of a gradient arrives through a scalar chain, for each weight, by a backend."""
    gradient = prepared(*scalar_chain(depth, weights[0]), backend).operator("gradient")
    return [float(gradient(scalar_chain(depth, w)[1]).derivative["a"]) for w in weights]


def _chart(depth: int) -> Chart:
    depths = np.arange(1, 51)
    return Chart(
        "quarter",
        f"Through {depth} sigmoids {0.25**depth:.2e} of a gradient arrives at most",
        Axis("layers", whole=True),
        Axis("what arrives", scale="log"),
        (
            Polyline(depths, 0.25**depths, "4⁻ⁿ", "a"),
            Points([depth], [0.25**depth], "here", "b", "circle", 7),
            Rule(float(np.finfo(np.float32).tiny), "least normal float32", axis="y"),
        ),
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    depth = int(given["depth"])
    found = arrives(depth, [1.0], "tape")[0]
    return Frame(
        f"Through {depth} sigmoids at their steepest {found:.4g} of a gradient arrives: "
        f"0.25 to the power {depth}.",
        (_chart(depth),),
        numbers={"arrives": found},
    )


CLAIM = Claim(
    5,
    "σ′ is at most 0.25, and 0.25¹⁰ is about 1e-6 (9.5367e-7).",
    quarter,
    backends=("numpy", "tape", "jax", "torch"),
    view=View(
        "claim-5",
        "Claim 5",
        "How much passes through sigmoids?",
        "Add layers: each passes on a quarter at most.",
        (
            Number(
                "depth", "Layers", 1, 50, LAYERS, whole=True, stops=(1, 2, 3, 5, 10, 15, 20, 30, 50)
            ),
        ),
        _frame,
    ),
)

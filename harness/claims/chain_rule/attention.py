"""Claim 11: attention's gradient by hand agrees with autodiff, and rows of dS sum to 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.claims.tools.moving import log_stops, over
from gradparity.harness.views.controls import Number
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import Namespace
from gradparity.results.pages.charts import Axis
from gradparity.results.records.claim import Claimed, Figure, Theory

STEPS, WIDTH = 12, 8


def _loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    scores = params["q"] @ xp.matrix_transpose(params["k"]) * WIDTH**-0.5 + params["s"]
    return xp.sum(xp.softmax(scores, axis=-1) @ params["v"] * data["g"])


def _by_hand(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """P = softmax(S), out = P V; dV = Pᵀ G, dP = G Vᵀ, dS = P ⊙ (dP - rowsum(dP ⊙ P)).

    Then dQ = dS K/√d and dK = dSᵀ Q/√d.
    """
    q, k, v, g = params["q"], params["k"], params["v"], data["g"]
    scores = q @ k.T * WIDTH**-0.5 + params["s"]
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    dp = g @ v.T
    ds = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    slopes = {"q": ds @ k * WIDTH**-0.5, "k": ds.T @ q * WIDTH**-0.5, "v": p.T @ g, "s": ds}
    return np.sum(p @ v * g), slopes


def _draw(rng: np.random.Generator) -> Instance:
    params = {name: rng.normal(size=(STEPS, WIDTH)) for name in ("q", "k", "v")}
    params["s"] = rng.normal(size=(STEPS, STEPS))
    return Instance(params, {"g": rng.normal(size=(STEPS, WIDTH))})


ATTENTION = Problem(
    "attention with scores added", _loss, _draw, {"tiny": {}}, "Vaswani 2017", gradient=_by_hand
)
"""Scores Q Kᵀ/√d + S, so that the gradient by S is dS; the loss is Σ out ⊙ g."""


def attention(extent: Extent) -> Observed:
    """softmax does not change when a constant is added to a row of S: the loss is level that way.

    Its slope along (1, ..., 1) in a row is the row's sum of dS, which is therefore 0. In floating
    point n terms of size |dS| leave a few eps Σ|dS|.
    """
    worst, moved = 0.0, 0.0
    seeds = extent.seeds(3, 20)
    for seed in seeds:
        instance = ATTENTION.instance("tiny", seed)
        for name in extent.backends:
            gradient = prepared(ATTENTION, instance, name).operator("gradient")
            ds = gradient(instance).derivative["s"]
            worst = max(worst, float((np.abs(ds.sum(axis=1)) / np.abs(ds).sum(axis=1)).max()))
            shifted = dict(instance.params)
            shifted["s"] = shifted["s"] + np.arange(STEPS)[:, None]
            same = gradient(Instance(shifted, instance.data))
            value = float(gradient(instance).value)
            moved = max(moved, abs(float(same.value) / value - 1.0))
    eps = float(np.finfo(np.float64).eps)
    some = [ATTENTION.instance("tiny", seed).params for seed in seeds[: extent.of(1, 5)]]
    figures = [
        # Of this claim it is the statement itself.
        replace(
            agreement(ATTENTION, ATTENTION.instance("tiny", 0), extent.backends, some), check=False
        ),
        agreement("gpt", PROBLEMS["gpt"].instance("tiny", 0), extent.backends),
        Figure(
            f"largest sum of a row of dS over Σ|dS|, {len(seeds)} seeds, "
            f"{len(extent.backends)} backends",
            *exact(worst),
            unit="",
            claimed=Claimed("0, to 16 eps", high=16.0 * eps),
        ),
        Figure(
            "relative change of the loss when constants are added to the rows of S",
            *exact(moved),
            claimed=Claimed("0, to rounding", high=1e-12),
        ),
        Figure(
            "rank of (1, ..., 1)'s image under the softmax's Jacobian",
            *exact(_level()),
            theory=Theory(0.0, "(diag p - p pᵀ) 1 = p - p = 0"),
        ),
    ]
    sentence = (
        f"By hand and by autodiff attention's gradients agree to {figures[0].value:.2g} of what "
        f"rounding may do; rows of dS sum to {worst:.0e} of their size."
    )
    return Observed(sentence, figures)


def _level() -> int:
    """Whether diag p - p pᵀ takes (1, ..., 1) anywhere, in exact fractions of a power of two."""
    p = np.array([0.5, 0.25, 0.125, 0.125])
    return int(np.any((np.diag(p) - np.outer(p, p)) @ np.ones(4)))


def _sharpened(factor: float) -> Mapping[str, float]:
    """Σ|dS| of a row, the largest, and the largest |Σ dS|, with the queries times `factor`."""
    instance = ATTENTION.instance("tiny", 0)
    params = {**instance.params, "q": factor * instance.params["q"]}
    at = Instance(params, instance.data)
    ds = prepared(ATTENTION, at, "tape").operator("gradient")(at).derivative["s"]
    return {
        "largest Σ|dS| of a row": float(np.abs(ds).sum(axis=1).max()),
        "largest |Σ dS| of a row": float(np.abs(ds.sum(axis=1)).max()),
    }


VIEW = over(
    11,
    "Do rows of dS sum to 0?",
    "Attention over 12 steps, by the tape. Make its queries longer: the softmax sharpens.",
    Number("factor", "Queries, times", 0.1, 100.0, 1.0, scale="log", stops=log_stops(0.1, 100, 10)),
    _sharpened,
    Axis("size", scale="log"),
    lambda factor, seen: (
        f"With queries {factor:.3g} times as long a row of dS has sizes up to "
        f"{seen['largest Σ|dS| of a row']:.3g}, and sums to {seen['largest |Σ dS| of a row']:.0e}."
    ),
)

CLAIM = Claim(
    11,
    "Attention's gradient by hand agrees with autodiff; rows of dS sum to 0.",
    attention,
    problems=("gpt",),
    backends=("numpy", "tape", "jax", "torch"),
    view=VIEW,
)

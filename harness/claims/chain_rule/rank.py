"""Claim 8: the gradient of a layer's weights is a sum of outer products, one an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

NAME = "mlp-digits"
BATCHES = (1, 2, 4, 8, 16, 32, 64)
NOISE = 100.0
"""A singular value below so many eps of the largest is rounding."""


@lru_cache(maxsize=8)
def drawn(seed: int) -> Instance:
    """256 images and a network 64-64-10."""
    return PROBLEMS[NAME].instance("small", seed)


def batch(instance: Instance, rows: Any) -> Instance:
    """The instance with these cases alone."""
    return replace(instance, data={name: x[rows] for name, x in instance.data.items()})


def gradient(instance: Instance, backend: str) -> Any:
    """∂loss/∂w1, (64, 64): rows are inputs."""
    return prepared(NAME, instance, backend).operator("gradient")(instance).derivative["w1"]


def singular(matrix: Any) -> Any:
    """Singular values, each in units of the largest."""
    values = np.linalg.svd(matrix, compute_uv=False)
    return values / values[0]


def rank(matrix: Any) -> int:
    """How many singular values are above rounding."""
    return int(np.sum(singular(matrix) > NOISE * np.finfo(np.float64).eps))


def outer_products(extent: Extent) -> Observed:
    """z = x W + b gives ∂loss/∂W = Σ_b x_b δ_bᵀ, one outer product of rank 1 for each case.

    A sum of B matrices of rank 1 has rank B at most; a pixel that is 0 in all of them multiplies
    every δ by 0: its weights' gradients (a row of W here, a column of the course's Wᵀ) are 0.0
    exactly. Rank B needs B independent x and B independent δ: that is what is generic, up to the
    least of the numbers of inputs that are not 0 and of units.
    """
    figures: list[Figure] = []
    second, wrong, zeros, excess = 0.0, 0, 0, 0
    for seed in extent.seeds(2, 10):
        instance = drawn(seed)
        for backend in extent.backends:
            one = batch(instance, [seed])
            found = gradient(one, backend)
            second = max(second, float(singular(found)[1]))
            silent = one.data["x"][0] == 0.0
            wrong += int(np.count_nonzero(found[silent]))
            zeros += int(silent.sum())
        for size in BATCHES:
            some = batch(instance, slice(0, size))
            excess = max(excess, rank(gradient(some, "tape")) - size)
    ranks = [rank(gradient(batch(drawn(0), slice(0, size)), "tape")) for size in BATCHES]
    figures += [
        Figure(
            "second singular value of one example's gradient, of the first",
            *exact(second),
            claimed=Claimed("0, to rounding: rank 1", high=NOISE * float(np.finfo(np.float64).eps)),
        ),
        Figure(
            f"entries that are not exactly 0 in {zeros:,} rows of an input of 0",
            *exact(wrong),
            claimed=Claimed("none", high=0.0),
            theory=Theory(0.0, "0 · δ"),
        ),
        Figure(
            f"rank less the batch, at most over batches of {', '.join(map(str, BATCHES))}",
            *exact(excess),
            claimed=Claimed("at most 0", high=0.0),
        ),
        Figure("rank of a batch of 8", *exact(ranks[3]), theory=Theory(8, "generic")),
        agreement(NAME, PROBLEMS[NAME].instance("tiny", 0), extent.backends),
    ]
    sentence = (
        f"One image's gradient has rank 1, its second singular value being {second:.0e} of the "
        f"first; batches of {', '.join(map(str, BATCHES))} have ranks "
        f"{', '.join(map(str, ranks))}."
    )
    return Observed(sentence, figures, _chart(8))


def _chart(size: int) -> Chart:
    values = singular(gradient(batch(drawn(0), slice(0, size)), "tape"))
    places = np.arange(1, len(values) + 1)
    shown = np.maximum(values, 1e-20)
    return Chart(
        "rank",
        f"{size} images: {int(np.sum(values > NOISE * np.finfo(np.float64).eps))} singular values "
        "above rounding",
        Axis("singular value, its number"),
        Axis("of the first", scale="log"),
        (
            Polyline(places, shown, "", "a"),
            Points(places, shown, "singular values", "a", "circle", 4),
            Rule(size + 0.5, "the batch"),
            Rule(NOISE * float(np.finfo(np.float64).eps), "rounding", axis="y"),
        ),
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    size = int(given["batch"])
    found = rank(gradient(batch(drawn(0), slice(0, size)), "tape"))
    return Frame(
        f"The gradient of {size} image{'s' if size > 1 else ''} has rank {found}: "
        f"{size} outer product{'s' if size > 1 else ''}.",
        (_chart(size),),
        numbers={"rank": found},
    )


CLAIM = Claim(
    8,
    "dL/dW of one example is an outer product of rank 1; an input of exactly 0 gives a column of "
    "exactly 0; a batch of B has rank B at most.",
    outer_products,
    problems=(NAME,),
    backends=("numpy", "tape", "jax", "torch"),
    view=View(
        "claim-8",
        "Claim 8",
        "Which rank has the gradient of a batch?",
        "Add images: each adds an outer product.",
        (Number("batch", "Images", 1, 256, 8, scale="log", whole=True, stops=(*BATCHES, 256)),),
        _frame,
    ),
)

"""Claim 12: backprop costs two to three times a forward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradparity.harness.claims.cost.ratios import by_operations, by_time
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, median
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.views.controls import Number
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Points, Rule, Zone
from gradparity.results.records.claim import Claimed, Figure, Theory

NETWORKS = (
    *("mlp-digits", "conv-digits", "mlp-moons", "rnn-waves", "gru-waves", "lstm-waves", "gpt"),
    *("deep-sigmoid", "deep-tanh", "deep-relu", "deep-residual", "contrastive", "norm-spirals"),
)
TIMED = (("mlp-digits", "medium"), ("softmax-digits", "medium"), ("rosenbrock", "medium"))
TIMED_IN_FULL = (
    *TIMED,
    ("mlp-digits", "small"),
    ("mlp-digits", "large"),
    ("conv-digits", "small"),
    ("deep-relu", "small"),
    ("rnn-waves", "small"),
    ("gpt", "small"),
    ("regression-logistic", "medium"),
    ("gaussian-process", "small"),
    ("lennard-jones", "medium"),
)
CLAIMED = Claimed("2 to 3", 2.0, 3.0)


def backward(extent: Extent) -> Observed:
    """A layer z = a W costs 2 B m n operations forwards; backwards aᵀδ and δ Wᵀ cost as much each.

    So backward/forward is 2 and total/forward 3, less the first layer's δ Wᵀ, which nobody needs:
    total/forward = 3 - (the first layer's share of the forward pass). Of mlp-digits, large, that
    share is 64·784/(64·784 + 784² + 784·10) = .075. Elementwise operations are left out: 1 %.
    A regression has one layer, hence 2 in all; an elementwise loss whatever its derivative costs.
    """
    sizes = ("tiny", "small") if extent.quick else ("tiny", "small", "medium")
    counted = {
        (name, size): by_operations(name, size)
        for name, problem in PROBLEMS.items()
        for size in sizes
        if size in problem.sizes
    }
    networks = np.array([x for (name, _), x in counted.items() if name in NETWORKS])
    every = np.array(list(counted.values()))
    figures: list[Figure] = []
    for whose, found in (("matrix networks", networks), ("all problems", every)):
        said = f"{whose}, by operations, median of {len(found)} problems and sizes"
        figures += [
            Figure(
                f"backward/forward of {said}",
                *median(found - 1.0),
                seeds=len(found),
                claimed=CLAIMED,
            ),
            Figure(f"total/forward of {said}", *median(found), seeds=len(found), claimed=CLAIMED),
        ]
    figures += [
        Figure(
            f"{which} total/forward by operations: {'-'.join(end)}",
            *exact(counted[end]),
            claimed=CLAIMED,
        )
        for which, end in (
            ("least", min(counted, key=lambda key: counted[key])),
            ("largest", max(counted, key=lambda key: counted[key])),
        )
    ]
    first = 64 * 784 / (64 * 784 + 784 * 784 + 784 * 10)
    figures.append(
        Figure(
            "total/forward of mlp-digits, large, by operations",
            *exact(by_operations("mlp-digits", "large")),
            theory=Theory(3.0 - first, "3 - the first layer's share"),
            slack=0.01,
        )
    )
    timed = {}
    for name, size in TIMED if extent.quick else TIMED_IN_FULL:
        for backend in extent.backends:
            pairs = extent.of(11, 51)
            middle, low, high = median(by_time(name, size, backend, pairs))
            timed[name, size, backend] = middle
            figures.append(
                Figure(
                    f"backward/forward of {name}, {size}, {backend}, by CPU time, median of pairs",
                    middle - 1.0,
                    low - 1.0,
                    high - 1.0,
                    seeds=pairs,
                    claimed=CLAIMED,
                )
            )
    if not extent.quick:
        figures += _everywhere(extent.backends)
    figures.append(
        agreement("mlp-digits", PROBLEMS["mlp-digits"].instance("tiny", 0), extent.backends)
    )
    of_mlp = [x for (name, _, _), x in timed.items() if name == "mlp-digits"]
    sentence = (
        f"Of matrix networks the backward pass alone takes {figures[0].value:.2f} times a "
        f"forward's operations, both together {figures[1].value:.2f}; of all problems together "
        f"from {every.min():.2g} to {every.max():.2g}. By time, mlp-digits takes "
        f"{min(of_mlp):.2f} to {max(of_mlp):.2f} in all, by backend and size."
    )
    return Observed(sentence, figures, _chart(counted))


def _everywhere(backends: Sequence[str]) -> list[Figure]:
    """Medians over all problems by CPU time, and the ends; calls of small losses are part of it."""
    figures = []
    for backend in backends:
        found = {}
        for name, problem in PROBLEMS.items():
            size = "small" if "small" in problem.sizes else next(iter(problem.sizes))
            found[name] = median(by_time(name, size, backend, 11))[0] - 1.0
        ends = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
        told = " to ".join(f"{found[name]:.2g} ({name})" for name in ends)
        figures.append(
            Figure(
                f"backward/forward by CPU time, median of {len(found)} problems, small, {backend}, "
                f"from {told}",
                *median(list(found.values())),
                seeds=len(found),
                claimed=CLAIMED,
            )
        )
    return figures


def _chart(counted: dict[tuple[str, str], float]) -> Chart:
    ordered = sorted(counted.items(), key=lambda pair: pair[1])
    marks: list[Any] = [Zone(2.0, 3.0, "2 to 3", "good", axis="y")]
    for label, colour, network in (("matrix networks", "a", True), ("others", "b", False)):
        some = [
            (place, key, x)
            for place, (key, x) in enumerate(ordered)
            if (key[0] in NETWORKS) is network
        ]
        names = [f"{name}, {size}: {x:.2f}" for _, (name, size), x in some]
        marks.append(
            Points(
                [place for place, _, _ in some], [x for *_, x in some], label, colour, names=names
            )
        )
    return Chart(
        "backward",
        "Value and gradient over the value, in operations",
        Axis("problem and size, by rank"),
        Axis("total/forward"),
        marks,
    )


def _wide(width: float) -> Mapping[str, float]:
    """Operations of value and gradient over the value's, mlp-digits with two hidden layers."""
    n = int(width)
    first = 64 * n / (64 * n + n * n + 10 * n)
    return {
        "counted": by_operations("mlp-digits", f"images=32,hidden=({n},{n})"),
        "3 - the first layer's share": 3.0 - first,
    }


VIEW = over(
    12,
    "What does a gradient cost, in forward passes?",
    "Operations of mlp-digits with two hidden layers; times are for the command alone. Widen them.",
    Number(
        "width", "Width", 8, 512, 64, whole=True, scale="log", stops=(8, 16, 32, 64, 128, 256, 512)
    ),
    _wide,
    Axis("total/forward", low=1.5, high=3.5),
    lambda width, seen: (
        f"With {width:.0f} units a layer value and gradient take {seen['counted']:.3f} forward "
        "passes; 3 less the first layer's share, whose inputs need no gradient."
    ),
    (Rule(2.0, axis="y"), Rule(3.0, axis="y")),
)

CLAIM = Claim(
    12,
    "Backprop costs 2 to 3 times a forward pass.",
    backward,
    problems=tuple(PROBLEMS),
    backends=("numpy", "tape", "jax", "torch"),
    alone=True,
    view=VIEW,
)

"""Claim 15: without gradients it becomes painful around 10⁴ parameters, and unusable at 10⁶."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from gradparity.harness.claims.cost.reached import TARGET, SearchCost, descended, instance, searched
from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import geometric, mean
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.views.controls import Number
from gradparity.results.pages.charts import Axis, Chart, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

METHODS = ("gd", "es", "spsa", "one-plus-one-es", "cma-es")
PAINFUL = 1000.0
PER_GRADIENT = 2.5
"""Values that a gradient costs: between two and three."""


Found = dict[str, dict[int, list[SearchCost]]]
"""Method -> parameters -> what each seed took."""


def gradient_free(extent: Extent) -> Observed:
    """An estimate from a few directions has cos² of about K/d, so that a step gains d times less.

    Of SPSA at its best rate ln f falls by ‖g‖²/(2 f tr H) for two evaluations: their number to a
    target grows with d exactly, slope 1. Descent takes the same number of steps at every d. A
    gradient costs 2 to 3 values, so that evaluations are 1000 times descent's near d = 10⁴ to 10⁵;
    drawing d normal numbers costs more than the loss itself. CMA-ES keeps a matrix of d²: 8 TB at
    d = 10⁶.
    """
    ds = (10, 100, 1000, 10_000, 1_000_000) if extent.quick else tuple(10**k for k in range(1, 7))
    largest = {"cma-es": 100}
    seeds = extent.seeds(2, 3)
    reached: Found = {}
    methods = [name for name in METHODS if name != "cma-es" or find_spec("cma")]
    for method in methods:
        reached[method] = {
            d: [
                descended(d, seed)
                if method == "gd"
                else searched(method, d, seed, _most(method, d, extent))
                for seed in seeds
            ]
            for d in ds
            if d <= largest.get(method, d)
        }
    figures = _figures(reached, ds)
    others = [name for name in extent.backends if name != "numpy"]  # by hand it has two dimensions
    figures.append(agreement("quadratic", instance(100, 0), others))
    sentence = (
        f"To {TARGET:.0%} of the first loss at 10⁶ parameters descent takes {figures[4].value:.2g} "
        f"s of CPU time, the best search without gradients {figures[3].value:,.3g} h; it takes "
        f"{PAINFUL:,.0f} times as long from about {figures[0].value:,.0f} parameters on, and as "
        f"many evaluations from about {figures[1].value:,.0f} on."
    )
    if len(methods) < len(METHODS):
        sentence += " CMA-ES is left out: its package, cma, is not installed."
    return Observed(sentence, figures, _chart(reached))


def _most(method: str, d: int, extent: Extent) -> int:
    """Evaluations: to the target up to d = 1000, then for the rate alone."""
    if d <= extent.of(100, 1000) or method == "cma-es":
        return 10**6
    return extent.of(400, 2_000) if d <= 10_000 else extent.of(32, 96)


def best(reached: Found, d: int, what: str) -> Any:
    """The least evaluations or seconds of the searches without gradients, of each seed."""
    every = [
        [getattr(one, what) for one in found[d]]
        for name, found in reached.items()
        if name != "gd" and d in found
    ]
    return np.min(every, axis=0)


def crossing(reached: Found, ds: Sequence[int], what: str) -> Any:
    """The parameters from which on the best search takes `PAINFUL` times descent's, by seed."""
    found = []
    for seed in range(len(reached["gd"][ds[0]])):
        descent = [getattr(reached["gd"][d][seed], what) for d in ds]
        each = PER_GRADIENT if what == "evaluations" else 1.0
        ratios = [
            best(reached, d, what)[seed] / (each * one) for d, one in zip(ds, descent, strict=True)
        ]
        found.append(np.exp(np.interp(np.log(PAINFUL), np.log(ratios), np.log(ds))))
    return found


def _figures(reached: Found, ds: Sequence[int]) -> list[Figure]:
    top, seeds = ds[-1], len(reached["gd"][ds[0]])
    around = Claimed("around 10⁴: 3e3 to 3e4", 3e3, 3e4, ours=True)

    def figure(what: str, values: Any, unit: str = "", claimed: Claimed | None = None) -> Figure:
        return Figure(what, *geometric(values), seeds=seeds, unit=unit, claimed=claimed)

    descent = np.array([one.seconds for one in reached["gd"][10_000]])
    growth = [
        np.log(reached["spsa"][top][seed].evaluations / reached["spsa"][ds[0]][seed].evaluations)
        / np.log(top / ds[0])
        for seed in range(seeds)
    ]
    figures = [
        figure(
            f"parameters at which the best search takes {PAINFUL:,.0f} times descent's CPU time",
            crossing(reached, ds, "seconds"),
            claimed=around,
        ),
        figure(
            f"parameters at which it takes {PAINFUL:,.0f} times descent's evaluations, a gradient "
            f"counted as {PER_GRADIENT:g}",
            crossing(reached, ds, "evaluations"),
            claimed=around,
        ),
        figure(
            "the best search over descent, CPU time, at 10⁴",
            best(reached, 10_000, "seconds") / descent,
            claimed=Claimed("painful: at least 100 times", low=100.0, ours=True),
        ),
        figure(
            "CPU time of the best search at 10⁶, by its rate",
            best(reached, top, "seconds") / 3600.0,
            "h",
            Claimed("unusable: at least an hour", low=1.0, ours=True),
        ),
        figure("CPU time of descent at 10⁶", [one.seconds for one in reached["gd"][top]], "s"),
        Figure(
            "growth of SPSA's evaluations from d = 10 to 10⁶, as a power of d",
            *mean(growth),
            seeds=seeds,
            theory=Theory(1.0, "tr H grows with d"),
            slack=0.1,
        ),
    ]
    return figures + [
        figure(f"evaluations of {name} to the target, d = {d:,}", [x.evaluations for x in found[d]])
        for name, found in reached.items()
        for d in (100, top)
        if d in found
    ]


def _chart(reached: Found) -> Chart:
    marks: list[Any] = [
        Polyline(
            list(found),
            [geometric([one.seconds for one in every])[0] for every in found.values()],
            name,
            colour,
        )
        for (name, found), colour in zip(reached.items(), ("ink", "a", "b", "c", "d"), strict=False)
    ]
    return Chart(
        "gradient-free",
        "Without gradients the time grows with the square of the parameters",
        Axis("parameters", scale="log"),
        Axis("CPU time to 1 % of the first loss", "s", scale="log"),
        [*marks, Rule(3600.0, "an hour", axis="y")],
    )


def _of_size(parameters: float) -> Mapping[str, float]:
    """Evaluations to the target, a gradient counted as `PER_GRADIENT`."""
    d = int(parameters)
    seen = {"gd": PER_GRADIENT * descended(d, 0).evaluations}
    return seen | {one: searched(one, d, 0, 1_000).evaluations for one in METHODS[1:-1]}


VIEW = over(
    15,
    "What does it cost not to have gradients?",
    "Evaluations, not times, which are for the command alone; beyond 1,000 they are foretold by "
    "the rate. One start of a quadratic. Add parameters.",
    Number(
        "parameters",
        "Parameters",
        10,
        3000,
        100,
        whole=True,
        scale="log",
        stops=(10, 30, 100, 300, 1000, 3000),
    ),
    _of_size,
    Axis("evaluations to 1 % of the first loss", scale="log"),
    lambda d, seen: (
        f"With {d:,.0f} parameters the best search takes "
        f"{min(x for name, x in seen.items() if name != 'gd') / seen['gd']:,.3g} times descent's "
        "evaluations."
    ),
)

CLAIM = Claim(
    15,
    "Gradient-free methods become painful around 10⁴ parameters and unusable at 10⁶.",
    gradient_free,
    problems=("quadratic",),
    optimizers=METHODS,
    backends=("numpy", "tape", "jax", "torch"),
    alone=True,
    view=VIEW,
)

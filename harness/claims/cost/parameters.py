"""Claim 13: what a gradient costs over a forward pass does not depend on the parameters' number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.claims.cost.ratios import by_operations, by_time
from gradparity.harness.claims.tools.answers import agreement, objective
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, median, slope
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Axis, Chart, Frame, Points, Polyline, Rule
from gradparity.results.records.claim import Claimed, Figure, Theory

WIDTHS = (4, 16, 64, 256, 1024)
LENGTHS = (10, 100, 1_000, 10_000, 100_000)
LEVEL = Claimed("0, to .05", -0.05, 0.05, ours=True)


def sizes(problem: str) -> dict[str, int]:
    """Size -> its number of parameters: of mlp-digits by width, else of n variables."""
    if problem == "mlp-digits":
        return {f"images=64,hidden=({w},)": 75 * w + 10 for w in WIDTHS}
    return {f"n={n}": n for n in LENGTHS}


@lru_cache(maxsize=8)
def counted(problem: str) -> tuple[Sequence[int], Sequence[float]]:
    """Parameters, and total/forward by operations, at each of the sizes."""
    every = sizes(problem)
    return tuple(every.values()), tuple(by_operations(problem, size) for size in every)


def differences(n: int) -> int:
    """Evaluations of the loss that a gradient by forward differences takes, counted."""
    instance = PROBLEMS["rosenbrock"].instance(f"n={n}", 0)
    loss = objective("rosenbrock", instance, "tape")
    theta = loss.layout.flatten(instance.params)
    here, gradient = loss.value(theta), np.empty(n)
    for place in range(n):
        moved = theta.copy()
        moved[place] += 1e-7
        gradient[place] = (loss.value(moved) - here) / 1e-7
    assert np.allclose(gradient, loss.gradient(theta)[1], rtol=1e-3, atol=1e-2)
    return loss.calls["value"]


def parameters(extent: Extent) -> Observed:
    """A few operations of the backward pass answer each of the forward pass (Baur, Strassen).

    So gradient/value is bounded by a constant, 4 or so, whatever the number n of parameters: slope
    0. A forward difference takes one value for each and one at the point: n + 1, whose log-log
    slope between n = 10 and 1000 is (ln 1001 - ln 11)/(ln 1000 - ln 10), nearly 1.
    Source: Baur and Strassen (1983); Griewank and Walther (2008), section 4.5.
    """
    figures: list[Figure] = []
    largest = 0.0
    for name in ("mlp-digits", "rosenbrock", "styblinski-tang"):
        numbers, ratios = counted(name)
        largest = max(largest, *ratios)
        figures.append(
            Figure(
                f"slope of total/forward of {name} by operations, {numbers[0]:,} to "
                f"{numbers[-1]:,} parameters",
                *slope(numbers, ratios),
                claimed=LEVEL,
            )
        )
    figures.append(
        Figure(
            "largest total/forward of these by operations",
            *exact(largest),
            claimed=Claimed("at most 5: Baur and Strassen's constant", high=5.0),
        )
    )
    for name in ("mlp-digits", "rosenbrock"):
        for backend in extent.backends[: extent.of(2, 4)]:
            figures.append(_by_time(name, backend, extent.of(9, 41)))
    ns = (10, 100, 1000)
    taken = [differences(n) for n in ns]
    figures += [
        Figure(
            f"evaluations of forward differences at n = {n:,}",
            *exact(count),
            theory=Theory(n + 1, "n + 1"),
        )
        for n, count in zip(ns, taken, strict=True)
    ]
    figures += [
        Figure(
            "slope of forward differences' evaluations, between n = 10 and 1,000",
            *exact(np.log(taken[-1] / taken[0]) / np.log(100.0)),
            claimed=Claimed("1, to .05", 0.95, 1.05, ours=True),
            theory=Theory(np.log(1001 / 11) / np.log(100.0), "ln (1001/11)/ln 100"),
            slack=1e-12,
        ),
        agreement("rosenbrock", PROBLEMS["rosenbrock"].instance("small", 0), extent.backends),
    ]
    numbers, ratios = counted("mlp-digits")
    timed = [one.value for one in figures if "CPU time" in one.what]
    sentence = (
        f"From {numbers[0]:,} to {numbers[-1]:,} parameters value and gradient cost "
        f"{min(ratios):.2f} to {max(ratios):.2f} forward passes in operations; by CPU time slopes "
        f"are {min(timed):.2f} to {max(timed):.2f}. Finite differences cost one for each "
        "parameter, and one more."
    )
    return Observed(sentence, figures, _chart(1000))


def _by_time(name: str, backend: str, pairs: int) -> Figure:
    """The slope of each pair's ratios over the sizes, and the median of these."""
    every = sizes(name)
    logs = np.log([by_time(name, size, backend, pairs) for size in every])
    slopes = np.polyfit(np.log(list(every.values())), logs, 1)[0]
    return Figure(
        f"slope of total/forward of {name} by CPU time, {backend}, {min(every.values()):,} to "
        f"{max(every.values()):,} parameters, median of pairs",
        *median(slopes),
        seeds=pairs,
        claimed=LEVEL,
    )


def _chart(n: int) -> Chart:
    marks: list[Any] = []
    for name, colour in (("mlp-digits", "a"), ("rosenbrock", "c")):
        numbers, ratios = counted(name)
        marks += [
            Polyline(numbers, ratios, f"{name}, value and gradient", colour),
            Points(numbers, ratios, "", colour, "circle", 4),
        ]
    ends = np.array([10.0, 100_000.0])
    marks += [Polyline(ends, ends + 1.0, "finite differences", "b"), Rule(float(n))]
    return Chart(
        "parameters",
        f"At {n:,} parameters a difference costs {n + 1:,} forward passes",
        Axis("parameters", scale="log"),
        Axis("cost, in forward passes", scale="log"),
        marks,
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    n = int(given["parameters"])
    numbers, ratios = counted("mlp-digits")
    near = float(np.interp(np.log(n), np.log(numbers), ratios))
    return Frame(
        f"With {n:,} parameters backprop costs {near:.2f} forward passes in all, finite "
        f"differences {n + 1:,}: {(n + 1) / near:,.0f} times as much.",
        (_chart(n),),
        numbers={"backprop": near, "differences": n + 1},
    )


CLAIM = Claim(
    13,
    "That cost does not depend on the number of parameters: log-log slope about 0; finite "
    "differences have slope 1.",
    parameters,
    problems=("mlp-digits", "rosenbrock", "styblinski-tang"),
    backends=("tape", "numpy", "jax", "torch"),
    alone=True,
    view=View(
        "claim-13",
        "Claim 13",
        "What does a gradient cost?",
        "Add parameters: backprop stays level, differences do not.",
        (
            Number(
                "parameters",
                "Parameters",
                10,
                100_000,
                1000,
                scale="log",
                whole=True,
                stops=(10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000),
            ),
        ),
        _frame,
    ),
)

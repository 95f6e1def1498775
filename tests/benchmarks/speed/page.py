"""docs/speed.md, from the rows that were measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from gradparity.problems.catalogue import PROBLEMS
from tests import ROOT
from tests.benchmarks.speed.rows import LIBRARIES, SpeedRow

PAGE = ROOT / "docs" / "speed.md"

BOUNDS = (
    ("numpy", "jax", 0.6, 1.05),
    ("numpy", "torch", 0.25, 1.0),
    ("tape", "jax", 0.8, 1.2),
    ("tape", "numpy", 1.1, 1.3),
    ("tape", "autograd", 0.1, math.inf),
)
"""Whose time over whose: what the geometric mean should be at most, and every row."""

GRADBENCH = (
    *("mixture", "kmeans", "polynomial", "lstm-waves", "ode-lotka", "ode-decay"),
    *("determinant", "bundle", "logsumexp"),
)
"""The problems that GradBench has, too."""

HEAD = """# How fast gradients are beside the libraries'

Time of a value with its gradient over that of a library, for every problem at every size: one process, one core, one thread, float64, everybody in turn
in nine rounds, each library by the faster of its two ways of writing the loss (portable, idiomatic). Below 1 is faster. What is counted is processor
time, so that it may be measured beside other work; ratios are the median of the rounds', in brackets the second from either end (96 % of nine).
Written by `python -m tests.benchmarks.speed`; `python -m tests.benchmarks.speed PROBLEM` measures a row anew.
"""

LIMITS = """## What keeps the rows that are left over their bound

Measured with `cProfile` and with each call alone, on the machine of the rows (AVX2), one thread, times of the quietest of a dozen rounds.

- `mlp-moons large`: 17.4 of 33 ms are NumPy's tanh of 1.28 million numbers, 13.6 ns each (its exp takes 5.2 ns, a product 0.25 ns in the cache); all of
  JAX's gradient takes 8.8 ms. Tried: the whole network in blocks of 128 to 1,024 cases, so that nothing leaves the cache (1.33 to 1.02 of the time: the
  calls cost what the cache saves); tanh from one exponential, 1 - 2/(e^2x + 1), in 0.48 of tanh's time, which loses the digits of small values.
- `ranking`: 48 calls of `bincount` a gradient at 2 ns a number, where JAX scatters in one loop. Tried: features as rows, gathered as such (as quick at
  5,000 triples, 1.4 times as long at 10,000); one `bincount` of all features (which is what it does); sorting and `reduceat` (9 times as long).
- `kalman`: by hand nine calls of NumPy a step, 0.5 to 1.5 us each, where JAX takes 3 us for the whole step, both ways. Tried: mean and covariance as two
  matrices (22 calls); what does not depend on later times in front of the loop, as it is now. On the tape at four states a step has 900 operations on
  floats, which is no quicker than its calls.
- `ode-decay`, on the tape: 85 and 155 operations on Python floats a step, at 24 ns; XLA's take less than 1 ns. Tried: calls on arrays (8 times as long),
  and what does not depend on the carry before and behind the loop (5 times).
- Threads: with two, OpenBLAS takes 2 times the processor time of one thread for the products of `mlp-digits large`, and 16 times for the small ones of
  `softmax-digits large` while other work keeps the second core busy: its threads wait for each other in a spin (`python -m tests.benchmarks.threads`).
  Inner products are taken in pieces that wake none: `rosenbrock large` 0.97 by hand and 1.05 on the tape.
- Recurrent layers: 10 to 25 calls a step on arrays of 8 x 16 to 8 x 64, half of their time in `exp` and `tanh`. On the tape what does not depend on the
  carry is in front of the loop and behind it (0.65 to 0.85 of the time).

What is held at a time, preparing and buffers included, over parameters and activations (`python -m tests.benchmarks.allocation`, largest sizes): at most
2.01 (`determinant`), then 1.99 (`linear-solve`), 1.65 (`mlp-digits`), 1.40 (`lstm-waves`); 3 is the bound, and no gradient of 30 is over it.
"""


def page(rows: Mapping[str, SpeedRow]) -> str:
    """The page."""
    parts = [HEAD, _measured(rows), _summary(list(rows.values()))]
    for ours, theirs, _, most in BOUNDS:
        if most < math.inf:
            parts.append(_over(list(rows.values()), ours, theirs, most))
    parts += [LIMITS, _gradbench(rows), _all(list(rows.values()))]
    return "\n".join(parts)


def _measured(rows: Mapping[str, SpeedRow]) -> str:
    every = [f"{name} {size}" for name, problem in PROBLEMS.items() for size in problem.sizes]
    left = [name for name in every if name not in rows]
    told = f"Not yet: {', '.join(left)}.\n" if left else ""
    return f"{len(every) - len(left)} of {len(every)} rows are measured. {told}"


def mean(ratios: Sequence[float]) -> float:
    """The geometric mean."""
    return float(np.exp(np.mean(np.log(ratios))))


def _ratios(
    rows: Sequence[SpeedRow], ours: str, theirs: str
) -> dict[str, tuple[float, float, float]]:
    found = ((row.name, row.ratio(ours, theirs)) for row in rows)
    return {name: ratio for name, ratio in found if ratio is not None}


def _summary(rows: Sequence[SpeedRow]) -> str:
    lines = [
        "## All in one",
        "",
        "| time of | over | rows | geometric mean | should be | largest | rows over | beyond their interval |",
        "|---|---|--:|--:|--:|---|--:|--:|",
    ]
    for ours, theirs, middle, most in BOUNDS:
        ratios = _ratios(rows, ours, theirs)
        if not ratios:
            continue
        worst = max(ratios, key=lambda name: ratios[name][0])
        over = [x for x in ratios.values() if x[0] > most]
        beyond = [x for x in over if x[1] > most]
        limit = f"over {most:g}" if most < math.inf else ""
        lines.append(
            f"| {ours} | {theirs} | {len(ratios)} | {mean([x[0] for x in ratios.values()]):.2f} | "
            f"{middle:g} | {ratios[worst][0]:.2f}, {worst} | {len(over)} {limit} | {len(beyond)} |"
        )
    return "\n".join([*lines, ""])


def _over(rows: Sequence[SpeedRow], ours: str, theirs: str, most: float) -> str:
    ratios = _ratios(rows, ours, theirs)
    named = [name for name in ratios if ratios[name][1] > most]
    named.sort(key=lambda name: -ratios[name][0])
    title = f"## {ours} over {theirs}: rows above {most:g} beyond their interval"
    if not named:
        return f"{title}\n\nNone.\n"
    found = ", ".join(f"{name} {_told(ratios[name])}" for name in named)
    return f"{title}\n\n{found}.\n"


def _told(ratio: tuple[float, float, float]) -> str:
    return f"{ratio[0]:.2f} [{ratio[1]:.2f}, {ratio[2]:.2f}]"


def _gradbench(rows: Mapping[str, SpeedRow]) -> str:
    lines = [
        "## GradBench's workloads",
        "",
        "The better of numpy and tape over each library, at the sizes of our catalogue.",
        "",
        "| problem | size | ours | time [ms] | / jax | / torch | / autograd |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for row in rows.values():
        if row.problem not in GRADBENCH:
            continue
        both = {who: row.faster(who) for who in ("numpy", "tape")}
        best = min((w for w, x in both.items() if x), key=lambda w: float(np.median(both[w])))
        cells = [row.ratio(best, library) for library in LIBRARIES]
        told = " | ".join(f"{x[0]:.2f}" if x else "" for x in cells)
        time = float(np.median(both[best])) * 1e3
        lines.append(f"| `{row.problem}` | {row.size} | {best} | {time:.3g} | {told} |")
    return "\n".join([*lines, ""])


def _all(rows: Sequence[SpeedRow]) -> str:
    pairs = [(ours, theirs) for ours, theirs, _, _ in BOUNDS]
    lines = [
        "## Every row",
        "",
        "| problem | size | parameters | numpy [ms] | "
        + " | ".join(f"{ours} / {theirs}" for ours, theirs in pairs)
        + " |",
        "|---|---|--:|--:|" + "--:|" * len(pairs),
    ]
    for row in rows:
        time = row.faster("numpy")
        told = f"{float(np.median(time)) * 1e3:.3g}" if time else ""
        cells = [row.ratio(*pair) for pair in pairs]
        ratios = " | ".join(f"{x[0]:.2f}" if x else "" for x in cells)
        lines.append(f"| `{row.problem}` | {row.size} | {row.parameters:,} | {told} | {ratios} |")
    return "\n".join([*lines, ""])

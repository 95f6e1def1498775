"""The table of `docs/searches.md`: who solves which start of the two collections, and by how much."""

from __future__ import annotations

import warnings

from tests.benchmarks.collections import more_garbow_hillstrom, strd
from tests.benchmarks.collections.methods import METHODS
from tests.benchmarks.collections.traced import evaluations

YARDSTICK = "scipy BFGS"
FIRST_ORDER = ("lbfgs", "scipy BFGS", "scipy L-BFGS-B")

HEAD = """# Searches on two published collections

Made by `python -m tests.benchmarks.searches`. The first 31 problems of Moré, Garbow and Hillstrom
(1981), and NIST's 27 nonlinear regressions from both of their starts, each with 5,000 evaluations: a
call of value, gradient, residuals or Hessian product is one, a Hessian or Jacobian as many as there are
parameters. Solved: the loss within 1e-5 of a known minimum, relative to it (where it is below 1e-11,
to that). The last columns are evaluations in all, over those of SciPy's BFGS, on what both solved.
SciPy's methods are told to go on to rounding. `numpy` has gradients written by hand.

A start counts as solved at the first evaluation that is as low, whether the method knows it or goes on.
The settings of our searches were chosen while looking at these two collections, so that ours is what
they reach here, not what they would on others; SciPy's have their defaults but for when to stop.

| method | gradients | MGH, of 31 | NIST, of 54 | MGH, evaluations | NIST, evaluations |
|---|---|---:|---:|---:|---:|"""


def table() -> str:
    """The page, as Markdown."""
    warnings.simplefilter("ignore")
    collections = more_garbow_hillstrom.fits(), strd.fits()
    lines, unsolved = [HEAD], []
    for backend in ("tape", "numpy"):
        first = {
            f.name: evaluations(METHODS[YARDSTICK], f, backend) for c in collections for f in c
        }
        for method in METHODS if backend == "tape" else FIRST_ORDER:
            solved, ratios = [], []
            for fits in collections:
                counts = {f.name: evaluations(METHODS[method], f, backend) for f in fits}
                both = [name for name, count in counts.items() if count and first[name]]
                solved.append(str(sum(count is not None for count in counts.values())))
                ratio = sum(counts[n] for n in both) / sum(first[n] for n in both) if both else 0.0
                ratios.append(f"{ratio:.2f}")
                failed = [name for name, count in counts.items() if count is None]
                if failed and not method.startswith("scipy"):
                    unsolved.append(f"- {method} ({backend}): {', '.join(failed)}")
            lines.append(f"| {method} | {backend} | {' | '.join((*solved, *ratios))} |")
    return "\n".join((*lines, "", "Not solved by ours:", "", *unsolved, ""))

"""The table of `docs/searches.md`: who solves which start of the two collections, and by how much."""

from __future__ import annotations

import warnings

from tests.benchmarks.collections import held_out, more_garbow_hillstrom, strd
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
they reach here (others are below); SciPy's have their defaults but for when to stop.

| method | gradients | MGH, of 31 | NIST, of 54 | MGH, evaluations | NIST, evaluations |
|---|---|---:|---:|---:|---:|"""


HELD_OUT = """
## From elsewhere

The same searches, with the same budget, where no setting was chosen
(`tests/benchmarks/collections/held_out.py`): the problems of Moré, Garbow and Hillstrom in turned
coordinates, in other units, and from ten times their starts; NIST's from a start on the other side
of the first from the second. How many were solved, on the tape.

"""


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
            told, failed = row(method, backend, collections, first)
            lines.append(told)
            unsolved += failed
    return "\n".join((*lines, "", "Not solved by ours:", "", *unsolved, HELD_OUT + elsewhere()))


def row(method, backend, collections, first) -> tuple[str, list[str]]:
    """A method's line, and a line for each collection of which it has not solved all.

    first: start -> the yardstick's evaluations, None where it is not solved.
    """
    solved, ratios, unsolved = [], [], []
    for fits in collections:
        counts = {f.name: evaluations(METHODS[method], f, backend) for f in fits}
        both = [name for name, count in counts.items() if count and first[name]]
        solved.append(str(sum(count is not None for count in counts.values())))
        ratio = sum(counts[n] for n in both) / sum(first[n] for n in both) if both else 0.0
        ratios.append(f"{ratio:.2f}")
        failed = [name for name, count in counts.items() if count is None]
        if failed and not method.startswith("scipy"):
            unsolved.append(f"- {method} ({backend}): {', '.join(failed)}")
    return f"| {method} | {backend} | {' | '.join((*solved, *ratios))} |", unsolved


def elsewhere() -> str:
    """The table of what is held out."""
    found = held_out.sets()
    lines = ["| method |" + "".join(f" {name}, of {len(fits)} |" for name, fits in found.items())]
    lines.append("|---|" + "---:|" * len(found))
    for method, run in METHODS.items():
        counts = [sum(evaluations(run, f, "tape") is not None for f in x) for x in found.values()]
        lines.append(f"| {method} |" + "".join(f" {count} |" for count in counts))
    return "\n".join((*lines, ""))

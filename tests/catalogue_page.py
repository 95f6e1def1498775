"""The catalogue in docs/catalogue.md, from the code: `python -m tests.catalogue_page`.

Each module's page is its docstring: the mathematics, what it exercises, where it comes from. Sizes
are counted on the instances that `draw` makes.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

import numpy as np

from gradparity import problems
from gradparity.backends.numpy_backprop.catalogue import DERIVATIONS, FURTHER
from gradparity.problems import Problem
from gradparity.problems.catalogue import PROBLEMS
from tests import ROOT
from tests.benchmarks.speed.rows import SpeedRow, kept

PAGE = ROOT / "docs" / "catalogue.md"
HEAD = """# The catalogue

Every problem that comes with gradparity, from the docstrings of its modules, with its sizes. Written by
`python -m tests.catalogue_page`; a test holds it to the code. Each has its gradient by hand in
`backends/numpy_backprop/`, derived above the code.

*by hand*: the operators beyond the gradient. *answer*: whether the least loss is known, or that there
is none. *also*: in whose own words the loss is written, beside the portable form. *measured*: the gradient by hand at the largest size that was
measured, in processor time on one core, and that of jax and of torch over it, from [the table of ratios](speed.md).
"""


def modules() -> dict[str, tuple[ModuleType, list[Problem]]]:
    """Module -> itself and its problems, in the order of the catalogue; catalogues are left out."""
    found: dict[str, tuple[ModuleType, list[Problem]]] = {}
    homes: dict[str, ModuleType] = {}
    for info in walk_packages(problems.__path__, "gradparity.problems."):
        if info.ispkg or "catalogue" in info.name:
            continue
        module = import_module(info.name)
        for name in getattr(module, "PROBLEMS", {}):
            homes[name] = module
    for name, problem in PROBLEMS.items():
        module = homes[name]
        found.setdefault(module.__name__, (module, []))[1].append(problem)
    return found


def page() -> str:
    """The page."""
    parts = [HEAD]
    for module, members in modules().values():
        title, _, body = (inspect.getdoc(module) or "").partition("\n\n")
        parts += [f"## {title.rstrip('.')}", "", body, "", *table(members), ""]
    count = len(PROBLEMS)
    return "\n".join(
        [*parts, f"{count} problems, {sum(len(p.sizes) for p in PROBLEMS.values())} sizes.", ""]
    )


def table(members: list[Problem]) -> list[str]:
    """A row a problem."""
    lines = [
        "| problem | sizes: parameters | by hand | answer | also | measured |",
        "|---|---|---|---|---|---|",
    ]
    rows = kept()
    for problem in members:
        sizes = ", ".join(
            f"{size} {problem.instance(size, 0).parameters:,}" for size in problem.sizes
        )
        also = ", ".join(problem.idiomatic)
        hand = ", ".join(FURTHER.get(problem.name, {})) if problem.name in DERIVATIONS else "none"
        told = f"{answer(problem)} | {also} | {measured(problem, rows)}"
        lines.append(f"| `{problem.name}` | {sizes} | {hand} | {told} |")
    return lines


def measured(problem: Problem, rows: dict[str, SpeedRow]) -> str:
    """The row of the largest size that was measured; "" where none was."""
    names = [f"{problem.name} {size}" for size in problem.sizes]
    row = next((rows[name] for name in reversed(names) if name in rows), None)
    time = None if row is None else row.faster("numpy")
    if row is None or time is None:
        return ""
    over = [
        f"{library} {1 / found[0]:.2g}×"
        for library in ("jax", "torch")
        if (found := row.ratio("numpy", library))
    ]
    return ", ".join([f"{row.size} {np.median(time) * 1e3:.3g} ms", *over])


def answer(problem: Problem) -> str:
    """What is known of the least loss at the smallest size."""
    if problem.minimum is None:
        return ""
    known = problem.minimum(problem.instance(next(iter(problem.sizes)), 0).data)
    if known.value == float("-inf"):
        return "unbounded"
    return "minimum" if known.params is not None else "value"


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE}\n")

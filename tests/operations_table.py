"""The table of operations in docs/operations.md, from the code: `python -m tests.operations_table`.

Every cell says how that number system has the operation, or why it has not: a reason comes from the
namespace itself (`Namespace.without`), never from here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from gradparity.backends.arb_balls.operations import BALLS
from gradparity.backends.complex_step.numbers import Shift, namespace
from gradparity.backends.dual_numbers.evaluation import DUAL
from gradparity.backends.hips_namespace import library as autograd_library
from gradparity.backends.jax_transforms.namespace import library as jax_library
from gradparity.backends.numpy_tape.operations.namespace import TAPE
from gradparity.backends.torch_autograd.namespace import library as torch_library
from gradparity.problems import Namespace
from gradparity.problems.namespace import NUMPY
from gradparity.problems.operations.families import FAMILIES
from tests import ROOT

PAGE = ROOT / "docs" / "operations.md"
HEAD = """# Operations

What a loss may use as `xp.NAME`, and how each number system has it. Written by
`python -m tests.operations_table` from the code; `tests/backends/operations/` tries every operation
on all of them, in float32 and float64: value, dtype, shape, gradient, jvp and hvp.

- *rule*: a rule of its own. *composed*: the function of `problems/operations/`, over other
  operations, whose rules differentiate it.
- Of a library: the function that is called; *ours*, where it is written in the library's others.
- A dash has its reason below the table.
"""


def systems() -> dict[str, tuple[Namespace, Callable[[str, Any], str]]]:
    """Column -> its namespace, and what is said of an operation that it has itself."""
    ours = lambda name, function: "rule"  # noqa: E731
    return {
        "tape": (TAPE, ours),
        "dual": (DUAL, ours),
        "ball": (BALLS, ours),
        "complex step": (namespace(Shift(0.0)), complex_step),
        "NumPy, SciPy": (NUMPY, library_name),
        "JAX": (jax_library()[1], library_name),
        "torch": (torch_library()[1], library_name),
        "autograd": (autograd_library()[1], library_name),
    }


def complex_step(name: str, function: Any) -> str:
    """A rule, or for data alone: what is not analytic is refused where a parameter takes part."""
    return "data only" if getattr(function, "refuses", False) else "rule"


def library_name(name: str, function: Any) -> str:
    """Where a function comes from: "np.tanh", "jax.nn.relu"; "ours" for one written here."""
    called = getattr(function, "stands_for", function)
    if isinstance(called, str):
        return f"`{called}`"
    module = getattr(called, "__module__", None) or type(called).__module__
    if module.startswith("gradparity."):
        return "ours"
    module = module.partition(".")[0].replace("numpy", "np").replace("array_api_compat", "torch")
    return f"`{module}.{name if '.' in name else getattr(called, '__name__', name)}`"


def page() -> str:
    """The whole page."""
    columns = systems()
    lines = [HEAD]
    reasons: dict[str, int] = {}
    for family in FAMILIES:
        lines += [f"\n## {family.name.capitalize()}\n"]
        lines += [f"| operation | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
        for name in (*family.primitives, *family.composites):
            cells = []
            for column, (xp, said) in columns.items():
                if name in xp.without:
                    why = f"{column}: {xp.without[name]}"
                    cells.append(f"— [{reasons.setdefault(why, len(reasons) + 1)}]")
                elif xp.own(name):
                    cells.append(said(name, getattr(xp, name)))
                else:
                    cells.append("composed")
            lines.append(f"| {name} | {' | '.join(cells)} |")
    if reasons:
        lines += ["\n## What is missing, and why\n"]
        lines += [f"{number}. {why}." for why, number in reasons.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE}\n")

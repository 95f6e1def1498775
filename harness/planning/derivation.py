"""The gradient of a problem as the source of a NumPy function that stands on its own."""

from __future__ import annotations

from textwrap import fill

import numpy as np

from gradparity.backends import DTYPES, OPERATORS
from gradparity.backends.backend import without_residuals
from gradparity.backends.numpy_native import cast
from gradparity.backends.numpy_tape.backend import too_large
from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.harness.planning.lookup import catalogue, the_one
from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown
from gradparity.problems.python_file import is_file
from gradparity.problems.user_files import unknown_target
from gradparity.results.words.display import printable


def derivation(target: str, size: str | None, operator: str, dtype: str) -> str:
    """The source of a module with the function `value_and_gradient(params, data)`, or its like.

    target: a problem, or a file with one in it. size: the smallest, if None. The function is the
    program that the backend `tape` runs, and answers bitwise as it does.
    Raises InputError for what does not exist, and for a loss that reads values.
    """
    if operator not in OPERATORS:
        raise unknown("operator", operator, OPERATORS)
    if dtype not in DTYPES:
        raise unknown("dtype", dtype, DTYPES)
    problem = _problem(target)
    reason = without_residuals(problem, operator)
    if reason is not None:
        raise InputError(reason)
    chosen = size if size is not None else next(iter(problem.sizes))
    instance = problem.instance(chosen, seed=0)
    too_large(operator, instance)
    loss = problem.residuals if operator == "jacobian" else problem.loss
    assert loss is not None
    what = "value and gradient" if operator == "gradient" else operator
    named = instance.params | instance.data
    shapes = ", ".join(f"{printable(name)} {np.shape(x)}" for name, x in named.items())
    head = printable(f"{problem.name}, {chosen}: {what} in {dtype}.")
    title = f"{head}\n\n" + fill(f"Shapes: {shapes}.", 95)
    compiled = compile_operator(
        operator, loss, cast(instance.params, dtype), cast(instance.data, dtype), title
    )
    return compiled.source


def _problem(target: str) -> Problem:
    """The one problem that a name or a file means."""
    if is_file(target):
        return the_one(target)
    known = catalogue()
    if target not in known:
        raise unknown_target("problem", target, known)
    return known[target]

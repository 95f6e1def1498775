"""The verb `derive`: the gradient of a problem as a NumPy function that stands on its own.

Imports nothing heavy: the command line must start fast.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.files import Out, write_bytes

if TYPE_CHECKING:
    from gradparity.problems import Problem


def derive(
    problem: Annotated[str, typer.Argument(help="A problem, or a file with one in it.")],
    size: Annotated[
        str | None, typer.Option(help="Its shapes.", show_default="the smallest")
    ] = None,
    operator: Annotated[str, typer.Option(help="value, gradient, jvp, hvp, ...")] = "gradient",
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = "float64",
    out: Out = None,
) -> None:
    """A problem's gradient as a NumPy function of its own, to ship where no framework can go."""
    with redirect_stdout(sys.stderr):  # what the loss prints is no source
        source = derivation(problem, size, operator, dtype)
    write_bytes(source.encode(), out)


def derivation(target: str, size: str | None, operator: str, dtype: str) -> str:
    """The source of a module with the function `value_and_gradient(params, data)`, or its like.

    target: a problem, or a file with one in it. size: the smallest, if None. The function is the
    program that the backend `tape` runs, and answers bitwise as it does.
    Raises InputError for what does not exist, and for a loss that reads values.
    """
    import numpy as np

    from gradparity.backends import DTYPES, OPERATORS
    from gradparity.backends.backend import without_residuals
    from gradparity.backends.numpy_native import cast
    from gradparity.backends.numpy_tape.backend import too_large
    from gradparity.backends.numpy_tape.compile import compile_operator
    from gradparity.problems.errors import InputError, unknown
    from gradparity.results.words.display import printable

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
    from gradparity.harness.planning.lookup import catalogue, load_file
    from gradparity.problems.errors import InputError, unknown
    from gradparity.problems.python_file import is_file

    known = load_file(target) if is_file(target) else catalogue()
    if is_file(target) and len(known) == 1:
        return next(iter(known.values()))
    if target in known:
        return known[target]
    if is_file(target):
        raise InputError(f"{target} has several problems: {', '.join(known)}; keep one")
    raise unknown("problem", target, known)

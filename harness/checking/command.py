"""The verbs that judge and do not time: `check` and `gradients`. Imports nothing heavy."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Backends, Operators, Timeout, several, split

if TYPE_CHECKING:
    from gradparity.harness.planning.plan import Plan


class Report(StrEnum):
    """How verdicts are written to standard output."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    junit = "junit"
    github = "github"


def check(
    targets: Annotated[
        list[str], typer.Argument(help="Problems, families, suites or files with problems.")
    ],
    backend: Backends = None,
    size: Annotated[list[str] | None, several("--size", "all, or of a problem's sizes.")] = None,
    operator: Operators = None,
    seed: Annotated[int, typer.Option(help="Draws the instances.")] = 0,
    seconds: Annotated[
        float, typer.Option(min=0, help="How long the cause of a wrong gradient is looked for.")
    ] = 3.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 3 for what loses digits, too.")
    ] = False,
    accuracy: Annotated[
        float | None, typer.Option(help="The relative error that is meant to pass.")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="float64 or float32 alone.", show_default="both")
    ] = None,
    timeout: Timeout = 60.0,
    output: Annotated[Report, typer.Option("--format", "-f", help="How to print it.")] = (
        Report.table
    ),
) -> None:
    """Verdicts only, in both dtypes; by default at the smallest size. Exit code 3: wrong.

    What is of the right formula but loses digits passes, marked in the table, unless --strict.
    """
    from gradparity.backends import DTYPES
    from gradparity.harness.checking.checks import check_plan
    from gradparity.harness.checking.output import write_checks
    from gradparity.problems.errors import unknown
    from gradparity.results.records.statuses import exit_code

    dtypes = DTYPES[::-1] if dtype is None else (dtype,)
    if dtype not in (None, *DTYPES):
        raise unknown("dtype", str(dtype), DTYPES)
    plan = _plan_of(targets, backend, size, operator, seed, timeout)
    found = [one.to(accuracy) for one in check_plan(plan, seconds, dtypes)]
    write_checks(found, output.value)
    passing = {one.status for one in found if one.finding is None or one.finding.asked is None}
    raise typer.Exit(exit_code(passing or {"ok"}, strict=strict))


def gradients(
    targets: Annotated[list[str], typer.Argument(help="Problems, or files with problems.")],
    backend: Backends = None,
    size: Annotated[list[str] | None, several("--size", "all, or of a problem's sizes.")] = None,
    operator: Annotated[list[str] | None, several("--operator", "gradient, jvp, hvp, ...")] = None,
    seed: Annotated[int, typer.Option(help="Draws the instances.")] = 0,
    timeout: Timeout = 60.0,
    output: FormatOption = Format.table,
) -> None:
    """All backends' gradients side by side: norms, errors, cosines, and each against each."""
    from gradparity.harness.checking.gradient_table import gradients as side_by_side

    if not side_by_side(_plan_of(targets, backend, size, operator, seed, timeout), output.value):
        raise typer.Exit(4)


def _plan_of(
    targets: list[str],
    backend: list[str] | None,
    size: list[str] | None,
    operator: list[str] | None,
    seed: int,
    timeout_s: float,
) -> Plan:
    """The plan of what is judged and not timed: by default, each problem at its smallest size.

    Users' files are imported here only after a worker has survived it.
    """
    from gradparity.harness.checking.checks import try_files
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.plan import make_plan, smallest
    from gradparity.harness.terminal.console import say
    from gradparity.problems.python_file import MADE, is_file
    from gradparity.results.records.statuses import exit_code

    files = [x for x in (*targets, *split(backend)) if is_file(x) and x.endswith((".py", MADE))]
    if failure := try_files(files, timeout_s) if files else "":
        say(failure, stderr=True)
        raise typer.Exit(exit_code({"error"}))
    sizes = split(size)
    options = Options(
        backends=split(backend),
        sizes=() if sizes == ("all",) else sizes,
        operators=split(operator),
        seed=seed,
        timeout_s=timeout_s,
    )
    with redirect_stdout(sys.stderr):
        plan = make_plan(targets, options)
    return plan if sizes else smallest(plan)

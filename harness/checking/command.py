"""The verbs that judge and do not time: `check` and `gradients`. Imports nothing heavy."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Backends, Operators, Timeout, several, split

if TYPE_CHECKING:
    from gradparity.harness.planning.plan import Plan

USED_LATER = ("gradparity.harness.checking.checks", "gradparity.harness.checking.output")
"""Modules that take as long to import as a worker takes to plan."""


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
    from gradparity.problems.errors import unknown

    dtypes = DTYPES[::-1] if dtype is None else (dtype,)
    if dtype not in (None, *DTYPES):
        raise unknown("dtype", str(dtype), DTYPES)
    plan = _plan_of(targets, backend, size, operator, seed, timeout)

    from gradparity.harness.checking.checks import check_plan
    from gradparity.harness.checking.output import write_checks
    from gradparity.harness.terminal.lost_files import with_lost
    from gradparity.results.records.statuses import exit_code

    found = [one.to(accuracy) for one in check_plan(plan, seconds, dtypes)]
    write_checks(found, output.value)
    passing = {one.status for one in found if one.finding is None or one.finding.asked is None}
    raise typer.Exit(with_lost(exit_code(passing or {"ok"}, strict=strict), plan.lost))


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
    from gradparity.harness.terminal.lost_files import with_lost
    from gradparity.results.records.statuses import ExitCode

    plan = _plan_of(targets, backend, size, operator, seed, timeout)
    all_answer = side_by_side(plan, output.value)
    raise typer.Exit(with_lost(0 if all_answer else ExitCode.UNFINISHED, plan.lost))


def _plan_of(
    targets: list[str],
    backend: list[str] | None,
    size: list[str] | None,
    operator: list[str] | None,
    seed: int,
    timeout_s: float,
) -> Plan:
    """The plan of what is judged and not timed: by default, each problem at its smallest size."""
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.plan import smallest
    from gradparity.harness.planning.planner import planned
    from gradparity.harness.terminal.lost_files import tell_lost

    sizes = split(size)
    options = Options(
        backends=split(backend),
        sizes=() if sizes == ("all",) else sizes,
        operators=split(operator),
        seed=seed,
        timeout_s=timeout_s,
    )
    plan = planned(targets, options, USED_LATER)
    tell_lost(plan.lost)
    return plan if sizes else smallest(plan)

"""The verbs that judge and do not time: `check` and `gradients`. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import (
    Backends,
    Cluster,
    Jobs,
    Operators,
    Sweep,
    Timeout,
    several,
    split,
)
from gradparity.harness.terminal.verb import CHOICE

if TYPE_CHECKING:
    from gradparity.harness.planning.plan import Plan

USED_LATER = ("gradparity.harness.checking.verdicts", "gradparity.harness.checking.output")
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
    size: Annotated[list[str] | None, several("--size", "all, or as `run` takes them.")] = None,
    sweep: Sweep = None,
    operator: Operators = None,
    seed: Annotated[int, typer.Option(help="Draws the instances.", rich_help_panel=CHOICE)] = 0,
    seconds: Annotated[
        float,
        typer.Option(
            min=0,
            help="How long the cause of a wrong gradient is looked for.",
            rich_help_panel=CHOICE,
        ),
    ] = 3.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 3 for what loses digits, too.")
    ] = False,
    accuracy: Annotated[
        float | None, typer.Option(help="The relative error that is meant to pass.")
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(help="float64, float32, bfloat16 or float16 alone.", show_default="both"),
    ] = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    timeout: Timeout = 60.0,
    output: Annotated[
        Report,
        typer.Option(
            "--format", "-f", metavar="FORM", help="table, json, csv, markdown, junit, github."
        ),
    ] = (Report.table),
) -> None:
    """Verdicts only, in both dtypes; by default at the smallest size. Exit code 3: wrong.

    What is of the right formula but loses digits passes, marked in the table, unless --strict.
    """
    from gradparity.backends import DTYPES, LOW_DTYPES
    from gradparity.problems.errors import unknown

    dtypes = DTYPES[::-1] if dtype is None else (dtype,)
    if dtype not in (None, *DTYPES, *LOW_DTYPES):
        raise unknown("dtype", str(dtype), (*DTYPES, *LOW_DTYPES))
    sizes = [*(size or ()), sweep or ""]
    asked = () if dtype is None else (dtype,)
    plan = _plan_of(targets, backend, sizes, operator, seed, timeout, asked)

    from gradparity.harness.checking.output import write_checks
    from gradparity.harness.checking.verdicts import check_plan
    from gradparity.harness.terminal.lost_files import with_lost
    from gradparity.harness.terminal.progress import to_stderr
    from gradparity.results.records.statuses import exit_code

    checked = check_plan(plan, seconds, dtypes, jobs, cluster or "", to_stderr)
    found = [one.to(accuracy) for one in checked]
    write_checks(found, output.value)
    passing = {one.status for one in found if one.finding is None or one.finding.asked is None}
    raise typer.Exit(with_lost(exit_code(passing or {"ok"}, strict=strict), plan.lost))


def gradients(
    targets: Annotated[list[str], typer.Argument(help="Problems, or files with problems.")],
    backend: Backends = None,
    size: Annotated[list[str] | None, several("--size", "all, or as `run` takes them.")] = None,
    sweep: Sweep = None,
    operator: Annotated[list[str] | None, several("--operator", "gradient, jvp, hvp, ...")] = None,
    seed: Annotated[int, typer.Option(help="Draws the instances.", rich_help_panel=CHOICE)] = 0,
    dtype: Annotated[
        str, typer.Option(help="float64, float32, bfloat16 or float16.", rich_help_panel=CHOICE)
    ] = "float64",
    timeout: Timeout = 60.0,
    output: FormatOption = Format.table,
) -> None:
    """All backends' gradients side by side: norms, errors, cosines, and each against each."""
    from gradparity.harness.checking.gradient_table import gradients as side_by_side
    from gradparity.harness.terminal.lost_files import with_lost
    from gradparity.results.records.statuses import ExitCode

    sizes = [*(size or ()), sweep or ""]
    plan = _plan_of(targets, backend, sizes, operator, seed, timeout, (dtype,))
    all_answer = side_by_side(plan, output.value)
    raise typer.Exit(with_lost(0 if all_answer else ExitCode.UNFINISHED, plan.lost))


def _plan_of(
    targets: list[str],
    backend: list[str] | None,
    size: Sequence[str],
    operator: list[str] | None,
    seed: int,
    timeout_s: float,
    dtypes: tuple[str, ...],
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
        dtypes=dtypes,
        seed=seed,
        timeout_s=timeout_s,
    )
    plan = planned(targets, options, USED_LATER)
    tell_lost(plan.lost)
    return plan if sizes else smallest(plan)

"""The verb `show`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Reference, RunId, Store
from gradparity.results.records.record import Cell, Run


def show(
    run_id: RunId = None,
    all_runs: Annotated[bool, typer.Option("--all", help="List the stored runs.")] = False,
    scaling: Annotated[
        bool, typer.Option("--scaling", help="How time grows, and where backends cross.")
    ] = False,
    all_rows: Annotated[
        bool, typer.Option("--all-rows", help="Of a run with hundreds of rows: every one.")
    ] = False,
    reference: Reference = None,
    histories: Annotated[
        bool, typer.Option("--histories", help="Of training, in json: every series.")
    ] = False,
    all_rates: Annotated[
        bool, typer.Option("--all-rates", help="Of training: every rate and every target.")
    ] = False,
    plots: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Of training: draw the pictures into this folder."),
    ] = None,
    store: Store = None,
    output: FormatOption = Format.table,
) -> None:
    """A stored run's tables, of times, training or claims, or the list of stored runs."""
    # What shows training and claims brings much along, and is imported where there are some.
    from gradparity.harness.terminal.runs import write_run, write_runs, write_scaling
    from gradparity.harness.terminal.stored import reading, timed
    from gradparity.problems import InputError

    asked = "--scaling" if scaling else "--reference" if reference is not None else ""
    with reading(store) as opened:
        if all_runs:
            write_runs(opened.runs(), output.value)
            return
        found = opened.find(run_id)
        if found.kind == "train" and not asked:
            from gradparity.harness.training.output import write_pictures, write_race

            descents = opened.descents(found.id)
            write_race(found, descents, output.value, histories, all_rates)
            if plots is not None:
                write_pictures(found, descents, plots, output.value)
            return
        if found.kind == "claims" and not (asked or histories or all_rates or plots):
            from gradparity.harness.claims.output import write_findings

            write_findings(found, opened.findings(found.id), output.value)
            return
        found, cells = timed(opened, found.id, asked or "this option")
        if histories or all_rates or plots is not None:
            raise InputError(
                f"run {found.id} is no training: it has no --histories, --all-rates and --plots"
            )
        if scaling:
            write_scaling(cells, output.value)
            return
        write_run(_with_reference(found, cells, reference), cells, output.value, all_rows)


def _with_reference(run: Run, cells: Sequence[Cell], reference: str | None) -> Run:
    """The run with its ratios against another of its backends. Raises InputError if it has none."""
    from gradparity.problems.errors import unknown

    if reference is None:
        return run
    known = dict.fromkeys(cell.backend for cell in cells)
    if reference not in known:
        raise unknown("reference backend", reference, known)
    return replace(run, reference=reference)

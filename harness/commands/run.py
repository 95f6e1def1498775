"""The verb `run`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.chosen import ALL, NOTHING, Chosen, choosing
from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Cluster, Resume, Store, Targets
from gradparity.harness.terminal.verb import SAMPLING, STORED

if TYPE_CHECKING:
    from gradparity.harness.timing.execution import Outcome

USED_LATER = ("gradparity.harness.timing.execution", "gradparity.results.store.store")
"""Modules that take as long to import as a worker takes to plan."""


@choosing(*ALL)
def run(
    targets: Targets = None,
    chosen: Chosen = NOTHING,
    processes: Annotated[
        int, typer.Option(help="Worker processes of every subject.", rich_help_panel=SAMPLING)
    ] = 2,
    rounds: Annotated[
        int, typer.Option(help="Samples of every subject, at least.", rich_help_panel=SAMPLING)
    ] = 10,
    precision: Annotated[
        float,
        typer.Option(
            help="Half-width of a ratio's interval to go on for.", rich_help_panel=SAMPLING
        ),
    ] = 0.02,
    extra: Annotated[
        float,
        typer.Option(
            help="Seconds to go on for it, per workload, at most.", rich_help_panel=SAMPLING
        ),
    ] = 0.25,
    counters: Annotated[
        bool,
        typer.Option(
            "--counters",
            help="Count operations and bytes; shown in json and csv.",
            rich_help_panel=SAMPLING,
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="What loses digits counts as wrong: no time, code 3.")
    ] = False,
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures/--no-pictures", help="Draw times and errors.", rich_help_panel=STORED
        ),
    ] = True,
    cluster: Cluster = None,
    resume: Resume = None,
    store: Store = None,
    output: FormatOption = Format.table,
) -> None:
    """Judge, time and store; print the tables. Exit code 3: a wrong gradient.

    What is of the right formula but loses digits is timed and marked, unless --strict.
    """
    from gradparity.harness.cluster.named import named
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.planner import planned
    from gradparity.harness.planning.possible import check_possible
    from gradparity.harness.terminal.lost_files import tell_lost

    where = cluster or ""
    if where:
        named(where)
    options = Options(
        **chosen,
        processes=processes,
        rounds=rounds,
        precision=precision,
        extra_s=extra,
        counters=counters,
        strict=strict,
    )
    if resume is None:
        plan = planned(targets or (), options, USED_LATER)
        tell_lost(plan.lost)
        check_possible(plan)

    from gradparity.harness.terminal.next_steps import beside, tell_interrupted
    from gradparity.harness.terminal.progress import to_stderr
    from gradparity.harness.terminal.runs import write_run
    from gradparity.harness.terminal.stored import taken_up
    from gradparity.harness.timing.execution import execute
    from gradparity.harness.timing.resume import resume as left_of
    from gradparity.results.store.store import open_store

    if resume is None:
        with open_store(store) as opened:
            outcome = execute(plan, opened, to_stderr(), cluster=where)
    else:
        again = partial(left_of, cluster=where)
        with taken_up(resume, targets, store, again) as (plan, opened, earlier):
            tell_lost(plan.lost)
            outcome = execute(plan, opened, to_stderr(), earlier, cluster=where)
    write_run(outcome.run, outcome.cells, output.value)
    if output is Format.table:
        _write_pictures_and_next(outcome, pictures, beside(store))
    tell_interrupted(outcome.run, len(outcome.cells), "cells", store)
    raise typer.Exit(outcome.exit_code)


def _write_pictures_and_next(outcome: Outcome, pictures: bool, beside: str) -> None:
    """Draw the run's pictures; say where everything is and what to type next.

    beside: the option that names the store, if it is not the default one.
    """
    from gradparity.harness.terminal.console import say
    from gradparity.problems.extras import missing

    run = outcome.run
    say(f"run        {run.id} ({run.status})")
    say(f"stored in  {outcome.store}")
    if not pictures:
        say(f"next       gradparity plot {run.id}{beside}")
    elif absent := missing("matplotlib"):
        say(f"no picture {absent}")
    elif any(cell.max_error is not None for cell in outcome.cells):
        from gradparity.results.pictures.plots import draw

        for path in draw(run, outcome.cells, _picture_folder(outcome)).paths:
            say(f"picture    {path}")
    others = [x.backend for x in outcome.cells if x.samples and x.backend != run.reference]
    if others:
        say(f"next       gradparity show {run.id} --reference {others[-1]}{beside}")
    say("next       gradparity run YOUR_LOSS.py")


def _picture_folder(outcome: Outcome) -> Path:
    """Beside the store's file, a folder named after the run."""
    store = Path(outcome.store)
    beside = store.parent if store.exists() else Path(".gradparity")
    return beside / outcome.run.id

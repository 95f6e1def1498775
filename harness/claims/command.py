"""The verb `claims`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Cluster, Resume, Store
from gradparity.results.records.claim import ClaimFinding


def claims(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="[NUMBER]...", help="Which, by number.", show_default="all"),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer seeds and smaller sizes: minutes, not an hour.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="Only say what is claimed.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Experiments side by side; those that measure time run alone.",
            show_default="a core each",
        ),
    ] = None,
    total_seconds: Annotated[
        float | None, typer.Option(help="End by then; what was measured is kept.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for any one claim.")] = 900.0,
    cluster: Cluster = None,
    resume: Resume = None,
    store: Store = None,
    output: FormatOption = Format.table,
) -> None:
    """Do the course's claims hold? A small experiment for each, with intervals over seeds."""
    from gradparity.problems import InputError
    from gradparity.problems.extras import missing

    if absent := missing("scipy"):
        raise InputError(absent)
    from gradparity.harness.claims.execution import ClaimsAsked, explore, resumed
    from gradparity.harness.claims.finding import chosen
    from gradparity.harness.claims.output import write_findings, write_list, write_next
    from gradparity.harness.cluster.named import named
    from gradparity.harness.processes.environment import allowed_cores
    from gradparity.harness.terminal.progress import to_stderr
    from gradparity.results.store.store import open_store

    wanted = chosen(numbers or ())
    if listed:
        write_list(wanted, output.value)
        return
    cores = len(allowed_cores())
    jobs = (1 if cluster else cores) if jobs is None else jobs
    asked = ClaimsAsked(wanted, quick, jobs, total_seconds, timeout, cluster or "")
    asked.require_possible(cores)
    if cluster:
        named(cluster, jobs)
    if resume is not None and (numbers or quick):
        raise InputError(f"--resume {resume} finishes what that run was told; name nothing else")
    with open_store(store) as opened:
        earlier: Sequence[ClaimFinding] = ()
        run_id = ""
        if resume is not None:
            asked, earlier, run_id = resumed(opened, resume, asked)
        found = explore(asked, opened, to_stderr(), earlier, run_id)
    write_findings(found.run, found.findings, output.value)
    if output is Format.table:
        write_next(found)
    raise typer.Exit(found.exit_code)

"""The verbs `gate` and `baseline`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from gradparity.harness.terminal.chosen import NOTHING, SETTING, Chosen, choosing
from gradparity.harness.terminal.options import Targets
from gradparity.harness.terminal.verb import SAMPLING, add

baseline_app = typer.Typer(
    no_args_is_help=True, help="Save what a later gate compares with, where there is no history."
)


class GateFormat(StrEnum):
    """How `gate` writes its outcome to standard output."""

    table = "table"
    json = "json"
    junit = "junit"
    github = "github"
    markdown = "markdown"


def register(app: typer.Typer, question: str) -> None:
    """Add both verbs to the command line, in the panel of their question."""
    add(
        app,
        gate,
        "gradparity gate my_loss.py --against origin/main",
        "gradparity gate quick --baseline baseline.json --format github",
        question=question,
    )
    add(
        baseline_app,
        save,
        "gradparity baseline save baseline.json my_loss.py",
        "gradparity baseline save baseline.json xor --backend numpy,tape",
    )
    app.add_typer(baseline_app, name="baseline", rich_help_panel=question)


@choosing(*SETTING)
def gate(
    targets: Targets = None,
    against: Annotated[
        str | None, typer.Option(metavar="GITREF", help="Compare with this commit, live.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Compare with a saved baseline.")
    ] = None,
    margin: Annotated[
        float, typer.Option(help="By how much a row may be slower: 0.03 is 3 %.")
    ] = 0.03,
    strict: Annotated[
        bool, typer.Option("--strict", help="What loses digits is wrong, too; inconclusive fails.")
    ] = False,
    pairs: Annotated[
        int,
        typer.Option(
            help="Fresh processes of each side, to screen with.", rich_help_panel=SAMPLING
        ),
    ] = 6,
    seconds: Annotated[
        float, typer.Option(help="Time budget of a row.", rich_help_panel=SAMPLING)
    ] = 15.0,
    total_seconds: Annotated[
        float,
        typer.Option(
            help="Of the gate; what is undecided then stays inconclusive.", rich_help_panel=SAMPLING
        ),
    ] = 150.0,
    chosen: Chosen = NOTHING,
    output: Annotated[
        GateFormat,
        typer.Option(
            "--format", "-f", metavar="FORM", help="table, json, junit, github, markdown."
        ),
    ] = (GateFormat.table),
) -> None:
    """Did a change break a gradient, or slow one down? Exit code 3: wrong; 1: slower.

    With --baseline, what is not named here is as it was saved; device, threads and seed always are.
    """
    from gradparity.harness.gate.effort import Effort, check
    from gradparity.harness.gate.live import gate as live
    from gradparity.harness.gate.output import write
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.planner import planned
    from gradparity.harness.terminal.lost_files import tell_lost, with_lost
    from gradparity.problems import InputError

    if (against is None) == (baseline is None):
        raise InputError("name one of them: --against GITREF or --baseline FILE")
    effort = check(Effort(margin, min(2, pairs), pairs, seconds=seconds, total_s=total_seconds))
    options = Options(**chosen, strict=strict)
    if against is not None:
        plan = planned(targets or (), options)
        tell_lost(plan.lost)
        plan.refuse_clashes()
        gated = live(plan, against, effort, _say)
    else:
        from gradparity.harness.gate.baseline import gate as held_against
        from gradparity.harness.gate.baseline_file import read

        saved = read(str(baseline))
        plan = saved.plan(targets or (), options)
        tell_lost(plan.lost)
        gated = held_against(plan, saved, str(baseline), effort, _say)
    write(gated, output.value, strict)
    raise typer.Exit(with_lost(gated.exit_code(strict), plan.lost))


@choosing(*SETTING, "reference")
def save(
    file: Annotated[str, typer.Argument(help="What to write; JSON, made to be committed.")],
    targets: Targets = None,
    chosen: Chosen = NOTHING,
) -> None:
    """Verdicts, ratios to a reference backend, counters, into a file for `gate --baseline`."""
    from gradparity.harness.gate.baseline_file import saved, write
    from gradparity.harness.gate.measured import measured
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.planner import planned
    from gradparity.harness.terminal.lost_files import tell_lost, with_lost
    from gradparity.problems.user_files import check_writable

    check_writable(file)
    plan = planned(targets or (), Options(**chosen))
    tell_lost(plan.lost)
    found = measured(plan, _say)
    write(saved(plan, found), file)
    _say(f"{file}: {len(found.cells)} rows; next: gradparity gate --baseline {file}")
    raise typer.Exit(with_lost(found.exit_code, plan.lost))


def _say(text: str) -> None:
    from gradparity.harness.terminal.console import say

    say(text, stderr=True)

"""The verbs `history` and `bisect`. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gradparity.harness.terminal.chosen import NOTHING, SETTING, Chosen, choosing
from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Targets
from gradparity.harness.terminal.verb import CHOICE, SAMPLING

Commits = Annotated[
    str | None, typer.Option(metavar="A..B", help="The oldest first; without it, all up to HEAD.")
]
Every = Annotated[int, typer.Option(min=1, help="Each Nth commit.", rich_help_panel=CHOICE)]
Seconds = Annotated[float, typer.Option(help="Time budget of one gate.", rich_help_panel=SAMPLING)]
Margin = Annotated[
    float, typer.Option(help="By how much a row may change: 0.03 is 3 %.", rich_help_panel=CHOICE)
]


@choosing(*SETTING)
def history(
    targets: Targets = None,
    commits: Commits = None,
    every: Every = 1,
    total_seconds: Seconds = 150.0,
    margin: Margin = 0.03,
    file: Annotated[
        Path, typer.Option("--file", help="Where it is kept, and gone on with.")
    ] = Path(".gradparity/history.json"),
    chosen: Chosen = NOTHING,
    output: FormatOption = Format.table,
) -> None:
    """How times went over commits: each beside the one before, and beside the first, in turns.

    Stopped, the same command goes on. Steps are marked where a gate confirmed them and the
    intervals beside the first commit are apart.
    """
    from gradparity.harness.gate.effort import Effort, check
    from gradparity.harness.history.commits import chosen as chosen_commits
    from gradparity.harness.history.measuring import measured
    from gradparity.harness.history.output import write
    from gradparity.harness.history.record import CommitHistory
    from gradparity.harness.processes.environment import identity
    from gradparity.harness.processes.git import repository

    effort = check(Effort(margin, total_s=total_seconds))
    plan = _plan(targets, chosen)
    asked = CommitHistory(
        targets=list(targets or ("quick",)),
        options=" ".join(f"{name}={value}" for name, value in sorted(chosen.items())),
        machine=identity(()).cpu,
        commits=chosen_commits(repository(Path.cwd()), commits, every),
    )
    write(measured(plan, asked, file, effort, _say), output.value)


@choosing(*SETTING)
def bisect(
    targets: Targets = None,
    row: Annotated[
        str,
        typer.Option("--row", help='As `gate` names it: "xor-tanh tiny gradient float64 tape".'),
    ] = "",
    commits: Annotated[
        str, typer.Option(metavar="A..B", help="A is good, B is bad; both are looked at.")
    ] = "",
    total_seconds: Seconds = 150.0,
    margin: Margin = 0.03,
    chosen: Chosen = NOTHING,
) -> None:
    """Which commit made a row slower, or wrong? In log₂ n gates."""
    from gradparity.harness.gate.effort import Effort, check
    from gradparity.harness.gate.live import gate
    from gradparity.harness.history.bisecting import bisected, narrowed
    from gradparity.harness.history.commits import chosen as chosen_commits
    from gradparity.harness.processes.git import repository
    from gradparity.harness.terminal.console import say
    from gradparity.problems import InputError

    if not (row and commits):
        raise InputError('name both: --row "PROBLEM SIZE OPERATOR DTYPE BACKEND" --commits A..B')
    effort = check(Effort(margin, total_s=total_seconds))
    plan = narrowed(_plan(targets, chosen), row)
    between = chosen_commits(repository(Path.cwd()), commits, 1)
    found = bisected(plan, row, between, effort, _say, gate)
    unsure = "" if found.sure else "; one gate on the way held both answers, its estimate decided"
    say(f"{found.commit.hash} {found.commit.title}")
    say(f"{row}: {found.what}; {found.gates} gates for {len(between)} commits{unsure}")


def _plan(targets: list[str] | None, chosen: Chosen) -> Any:
    from gradparity.harness.planning.options import Options
    from gradparity.harness.planning.planner import planned
    from gradparity.harness.terminal.lost_files import tell_lost

    plan = planned(targets or (), Options(**chosen))
    tell_lost(plan.lost)
    plan.refuse_clashes()
    return plan


def _say(text: str) -> None:
    from gradparity.harness.terminal.console import say

    say(text, stderr=True)

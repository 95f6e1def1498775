"""The verb `train`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import (
    Cluster,
    Dtypes,
    Memory,
    Resume,
    Store,
    Timeout,
    several,
    split,
)
from gradparity.harness.terminal.verb import CHOICE, STORED

MOVES = "How they move"
ENDS = "When they end"
TUNING = "Tuning"


def train(
    ctx: typer.Context,
    targets: Annotated[
        list[str] | None, typer.Argument(help="Problems, families (price, xor) or files.")
    ] = None,
    optimizer: Annotated[
        list[str] | None, several("--optimizer", "adam, momentum, ...; a few, if none is named.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="adam.beta2=0.99, or beta2=0.99 for all that have it; average=ema:0.9.",
            rich_help_panel=MOVES,
        ),
    ] = None,
    lr: Annotated[
        str, typer.Option("--lr", help="0.1; 0.01,0.1; 1e-3:1:log13; 0.1:0.5:lin5; else its own.")
    ] = "",
    backend: Annotated[
        list[str] | None,
        several(
            "--backend", "As `list` names them, or a file; else numpy, or tape where that cannot."
        ),
    ] = None,
    idiomatic: Annotated[
        bool,
        typer.Option(
            "--idiomatic",
            help="Race each library's own way of writing the loss as well.",
            rich_help_panel=CHOICE,
        ),
    ] = False,
    size: Annotated[
        list[str] | None, several("--size", "tiny, small, medium, large; else the smallest.")
    ] = None,
    dtype: Dtypes = None,
    seeds: Annotated[
        int | None, typer.Option(help="How many starts: seeds 0 to N-1; else one.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="One start: this seed.", rich_help_panel=CHOICE)
    ] = None,
    schedule: Annotated[
        str,
        typer.Option(
            help="cosine, step:FACTOR:EVERY, plateau:FACTOR:PATIENCE, ...; :warmup=N behind any.",
            rich_help_panel=MOVES,
        ),
    ] = "constant",
    batch: Annotated[
        int | None, typer.Option(help="Cases per step; else all.", rich_help_panel=MOVES)
    ] = None,
    steps: Annotated[int, typer.Option(help="End after so many.")] = 1000,
    time: Annotated[
        float | None, typer.Option(help="End after so many seconds of steps.", rich_help_panel=ENDS)
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]NUMBER",
            help="End at this loss; accuracy=0.95, held-out-loss=0.3: on the cases held out.",
            rich_help_panel=ENDS,
        ),
    ] = None,
    target_share: Annotated[
        float | None,
        typer.Option(
            help="End at f* + SHARE (f0 - f*), f* the known minimum.", rich_help_panel=ENDS
        ),
    ] = None,
    gradient_norm: Annotated[
        float | None, typer.Option(help="End where the gradient is as small.", rich_help_panel=ENDS)
    ] = None,
    plateau: Annotated[
        int | None,
        typer.Option(help="End after so many steps without progress.", rich_help_panel=ENDS),
    ] = None,
    start: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBERS",
            help="Where to start: x=-1.2,1; else as drawn.",
            rich_help_panel=MOVES,
        ),
    ] = None,
    bound: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW:HIGH",
            help="Keep a parameter there: updates and lbfgs.",
            rich_help_panel=MOVES,
        ),
    ] = None,
    tune: Annotated[
        int | None,
        typer.Option(
            help="Tune first: so many trials of each on each problem.", rich_help_panel=TUNING
        ),
    ] = None,
    space: Annotated[
        str,
        typer.Option(
            help="What trials are drawn from: lr=1e-4:1:log,momentum=0:0.99.",
            rich_help_panel=TUNING,
        ),
    ] = "",
    tune_seeds: Annotated[
        int,
        typer.Option(help="Starts of a trial, other ones than the race's.", rich_help_panel=TUNING),
    ] = 1,
    jobs: Annotated[
        int,
        typer.Option(help="Descents side by side; time is then left out.", rich_help_panel=CHOICE),
    ] = 1,
    norms: Annotated[
        bool,
        typer.Option(
            "--norms/--no-norms",
            help="Record the gradient's norms, step by step.",
            rich_help_panel=STORED,
        ),
    ] = True,
    landscape: Annotated[
        bool,
        typer.Option(
            "--landscape/--no-landscape",
            help="Look at the end: minimum, saddle, flat or slope.",
            rich_help_panel=STORED,
        ),
    ] = True,
    cluster: Cluster = None,
    timeout: Timeout = 60.0,
    memory: Memory = None,
    resume: Resume = None,
    store: Store = None,
    plots: Annotated[
        str | None, typer.Option(metavar="DIR", help="Draw the pictures into this folder.")
    ] = None,
    all_rates: Annotated[
        bool,
        typer.Option(
            "--all-rates", help="Tables of every rate and every target.", rich_help_panel=STORED
        ),
    ] = False,
    histories: Annotated[
        bool,
        typer.Option(
            "--histories", help="In json: every series, step by step.", rich_help_panel=STORED
        ),
    ] = False,
    output: FormatOption = Format.table,
) -> None:
    """Race optimisers from the same starts; print who got where, and when. Stores every descent."""
    from gradparity.harness.terminal.lost_files import tell_lost
    from gradparity.harness.terminal.next_steps import tell_interrupted
    from gradparity.harness.terminal.progress import to_stderr
    from gradparity.harness.terminal.stored import taken_up
    from gradparity.harness.training.descents.places import bounds_of, start_of, targets_of
    from gradparity.harness.training.options import option_values
    from gradparity.harness.training.output import write_next, write_pictures, write_race
    from gradparity.harness.training.planner import planned_race
    from gradparity.harness.training.race import race
    from gradparity.harness.training.race_options import RaceOptions, first_seeds
    from gradparity.harness.training.resume import resume_race
    from gradparity.problems import InputError
    from gradparity.problems.extras import missing
    from gradparity.results.store.store import open_store

    if resume is not None:
        _check_resumed(ctx, resume)
    if tune is not None and tune < 1:
        raise InputError(f"tune is {tune}; it should be a number of trials, 1 or more")
    goals = targets_of(target or ())
    if histories and output is not Format.json:
        raise InputError("--histories needs --format json")
    if plots is not None and (absent := missing("matplotlib")):
        raise InputError(absent)
    if seeds is not None and seed is not None:
        raise InputError("--seeds N is seeds 0 to N-1, --seed N that one alone; name one of them")
    options = RaceOptions(
        backends=split(backend),
        sizes=split(size),
        optimizers=split(optimizer),
        options=option_values(option or ()),
        rates=lr,
        idiomatic=idiomatic,
        seeds=(seed,) if seed is not None else first_seeds(1 if seeds is None else seeds),
        schedule=schedule,
        batch=batch,
        dtypes=split(dtype),
        steps=steps,
        seconds=time,
        target=goals.get("loss"),
        target_held_out=goals.get("held-out-loss"),
        target_accuracy=goals.get("accuracy"),
        target_share=target_share,
        gradient_norm=gradient_norm,
        plateau=plateau,
        start=start_of(start or ()),
        bounds=bounds_of(bound or ()),
        tune=tune or 0,
        tune_seeds=tune_seeds,
        space=space,
        jobs=jobs,
        cluster=cluster or "",
        norms=norms,
        landscape=landscape,
        timeout_s=timeout,
        memory_gib=memory,
    )
    if resume is None:
        plan = planned_race(targets or (), options)
        tell_lost(plan.lost)
        with open_store(store) as opened:
            finished = race(plan, opened, to_stderr())
    else:
        again = partial(resume_race, cluster=cluster)
        with taken_up(resume, targets, store, again) as (plan, opened, earlier):
            tell_lost(plan.lost)
            finished = race(plan, opened, to_stderr(), earlier)
    write_race(finished.run, finished.descents, output.value, histories, all_rates)
    if output is Format.table:
        write_next(finished, store)
    if plots is not None:
        write_pictures(finished.run, finished.descents, plots, output.value)
    tell_interrupted(finished.run, len(finished.descents), "descents", store)
    raise typer.Exit(finished.exit_code)


BESIDE_RESUME = (
    *("ctx", "targets", "resume", "store", "cluster"),
    *("plots", "histories", "all_rates", "output"),
)
"""What a race that is taken up again may be told anew; the rest it was told when it began."""


def _check_resumed(ctx: typer.Context, run_id: str) -> None:
    """Raise InputError for options beside --resume, which would be ignored."""
    from gradparity.problems import InputError

    given = [
        param.opts[0]
        for param in ctx.command.params
        if param.name not in BESIDE_RESUME
        and getattr(ctx.get_parameter_source(str(param.name)), "name", "") == "COMMANDLINE"
    ]
    if given:
        raise InputError(
            f"--resume {run_id} finishes what that race was told; {', '.join(given)} would be "
            "ignored: leave it out, or start a new race"
        )

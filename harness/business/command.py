"""The verb `optimize`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from gradparity.harness.terminal.formats import Format, FormatOption

APART = 1e-6
"""Relative: a closed form further away than this contradicts what was found."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command(context_settings={"ignore_unknown_options": True})(optimize)


def optimize(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="PROBLEM",
            help="A problem of `list` with units (price, price-ad-log, ad-budget-sqrt, ...) or a "
            "file; with its figures as options: --a 1000 --b 8 --cost 35. Several numbers: 10,20; "
            "rows of them: 1,2;3,4.",
            show_default=False,
        ),
    ],
    backend: Annotated[str, typer.Option(help="Whose gradient; as `list` names them.")] = "numpy",
    budget: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The most to spend on advertising.")
    ] = None,
    min_price: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER",
            help="The least to charge.",
            show_default="the cost; 0 for several products",
        ),
    ] = None,
    max_price: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The most to charge.")
    ] = None,
    above_cost: Annotated[
        bool | None,
        typer.Option(
            "--above-cost/--no-above-cost",
            help="Sell nothing below cost, though a loss leader might pay.",
            show_default="where there is one price",
        ),
    ] = None,
    currency: Annotated[
        str | None, typer.Option(metavar="WORD", help='What to say for "currency": EUR.')
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="Show the way there: every iterate, slope and step.")
    ] = False,
    plots: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Draw the way into this folder: tangents, or contours."),
    ] = None,
    output: FormatOption = Format.table,
) -> None:
    """What to charge and what to spend, and what that depends on. Exit code 3: wrong gradient.

    gradparity optimize price --a 1000 --b 8 --cost 35
    """
    from gradparity.harness.business.market import market
    from gradparity.harness.business.output import write
    from gradparity.harness.business.recommend import judged, recommend
    from gradparity.harness.business.way_picture import draw_way
    from gradparity.harness.judging.cross_check import Disagreement
    from gradparity.harness.terminal.console import say
    from gradparity.problems.errors import InputError
    from gradparity.problems.extras import missing
    from gradparity.results.records.statuses import WRONG, ExitCode

    if plots is not None and (absent := missing("matplotlib")):
        raise InputError(absent)
    limits = {"budget": budget, "min_price": min_price, "max_price": max_price}
    asked = market(words, limits, currency, above_cost)
    try:
        check = judged(asked, backend)
    except Disagreement as error:
        _end(str(error), ExitCode.UNFINISHED)
    if check.finding.status in WRONG:
        _end(f"{check.line()}; nothing is recommended with it", ExitCode.WRONG)
    found = recommend(asked, backend, check)
    write(found, output.value, steps)
    if plots is not None:
        for path in draw_way(found, plots):
            say(f"picture    {path}", stderr=output is not Format.table)
    if found.apart > APART:
        _end(f"the closed form is {found.apart:.1e} away: do not rely on this", ExitCode.UNFINISHED)
    if not found.search.converged:
        _end("the search did not converge: do not rely on this", ExitCode.UNFINISHED)


def _end(message: str, code: int) -> NoReturn:
    from gradparity.harness.terminal.console import say

    say(f"gradparity: {message}", stderr=True)
    raise typer.Exit(code)

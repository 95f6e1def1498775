"""The verb `optimize`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Timeout
from gradparity.harness.terminal.verb import CHOICE, add


def register(app: typer.Typer, question: str) -> None:
    """Add the verb to the command line, in the panel of its question."""
    add(
        app,
        optimize,
        "gradparity optimize price --a 1000 --b 8 --cost 35",
        "gradparity optimize sales.csv --price p --sold q --cost 35",
        question=question,
        lenient=True,
    )


def optimize(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="PROBLEM",
            help="A problem of `list` with units (price, price-ad-log, ad-budget-sqrt, ...) or a "
            "file; with its figures as options: --a 1000 --b 8 --cost 35. Several numbers: 10,20; "
            "rows of them: 1,2;3,4. Or a table of sales (CSV, Parquet, Excel) and its columns: "
            "--price P --sold Q, with --spend S or --cost 35 if there are any.",
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
            rich_help_panel=CHOICE,
            show_default="where there is one price",
        ),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(
            metavar="WORD", help='What to say for "currency": EUR.', rich_help_panel=CHOICE
        ),
    ] = None,
    steps: Annotated[
        bool,
        typer.Option(
            "--steps",
            help="Show the way there: every iterate, slope and step.",
            rich_help_panel=CHOICE,
        ),
    ] = False,
    plots: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Draw the way into this folder: tangents, or contours.",
            rich_help_panel=CHOICE,
        ),
    ] = None,
    timeout: Timeout = 60.0,
    output: FormatOption = Format.table,
) -> None:
    """What to charge and what to spend, and what that depends on. Exit code 3: wrong gradient."""
    from gradparity.harness.business.sales_file import is_sales
    from gradparity.harness.messages.users_code import Recommend
    from gradparity.harness.terminal.console import console, say
    from gradparity.problems.errors import InputError
    from gradparity.problems.extras import missing
    from gradparity.problems.python_file import is_file

    if is_sales(words[0]):
        from gradparity.harness.business.estimate_command import estimated

        others: dict[str, object] = {
            "--budget": budget,
            "--min-price": min_price,
            "--max-price": max_price,
        }
        others |= {"--above-cost": above_cost, "--currency": currency, "--plots": plots}
        estimated(words, output.value, [name for name, x in others.items() if x is not None])
        return
    if plots is not None and (absent := missing("matplotlib")):
        raise InputError(absent)
    limits = {"budget": budget, "min_price": min_price, "max_price": max_price}
    columns = console().width if sys.stdout.isatty() else None
    encoding = sys.stdout.encoding or "utf-8"
    how = (output.value, steps, plots, columns, encoding)
    request = Recommend(tuple(words), backend, limits, currency, above_cost, *how)
    if any(map(is_file, (*words, backend))):
        from gradparity.harness.commands.single_request import answer_to

        found = answer_to(request, words[0], timeout)
    else:
        from gradparity.harness.business.telling import recommended

        found = recommended(request)
    sys.stdout.write(found.out)
    for path in found.pictures:
        say(f"picture    {path}", stderr=output is not Format.table)
    for doubt in found.doubts:
        say(f"gradparity: {doubt}", stderr=True)
    if found.code:
        raise typer.Exit(found.code)

"""The verb `compare`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Store

if TYPE_CHECKING:
    from gradparity.results.times.comparison import Comparison


def compare(
    before: Annotated[str, typer.Argument(metavar="RUN", help="A run's id or its beginning.")],
    after: Annotated[str, typer.Argument(metavar="RUN", help="The one to hold against it.")],
    force: Annotated[
        bool, typer.Option("--force", help="Even if machine, libraries or settings differ.")
    ] = False,
    store: Store = None,
    output: FormatOption = Format.table,
) -> None:
    """Two stored runs, or two races, side by side: what changed, what is new and what is gone."""
    from gradparity.harness.terminal.stored import reading, timed
    from gradparity.harness.training.output import write_comparison
    from gradparity.problems import InputError
    from gradparity.results.races.race_comparison import compare_races
    from gradparity.results.races.tuning import raced
    from gradparity.results.times import comparison

    with reading(store) as opened:
        found = [opened.find(name) for name in (before, after)]
        if all(run.kind == "train" for run in found):
            made = [raced(run, opened.descents(run.id)) for run in found]
            write_comparison(found[0], found[1], compare_races(*made), output.value)
            return
        runs = (*timed(opened, before, "compare"), *timed(opened, after, "compare"))
        compared = comparison.compare(*runs)
        if compared.blocking and not force:
            told = "; ".join(one.line() for one in compared.blocking)
            raise InputError(
                f"these runs are not comparable: {told} (--force compares all the same)"
            )
        _write(compared, output.value)


def _write(comparison: Comparison, form: str) -> None:
    """Print a comparison in one of the formats of the command line."""
    from gradparity.harness.terminal.console import write_json, write_text

    if form == "table":
        from gradparity.results.tables.comparison_table import show

        show(comparison)
    elif form == "markdown":
        from gradparity.results.tables.comparison_table import to_markdown

        write_text(to_markdown(comparison))
    else:
        from gradparity.results.tables import comparison_document

        if form == "json":
            write_json(comparison_document.document(comparison))
        else:
            write_text(comparison_document.to_csv(comparison))

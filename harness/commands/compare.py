"""The verb `compare`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Store

if TYPE_CHECKING:
    from gradparity.results.records.record import Run
    from gradparity.results.store.store import Store as Stored
    from gradparity.results.times.comparison import Comparison


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN RUN...", help="Ids or their beginnings; the first is held to."),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Even if machine, libraries or settings differ.")
    ] = False,
    store: Store = None,
    output: FormatOption = Format.table,
) -> None:
    """Stored runs, or races, beside the first: what changed, what is new and what is gone."""
    from gradparity.harness.terminal.stored import reading, timed
    from gradparity.problems import InputError
    from gradparity.results.times import comparison

    if len(runs) < 2:
        raise InputError("compare takes two runs or more; gradparity show --all lists them")
    with reading(store) as opened:
        found = [opened.find(name) for name in runs]
        if all(run.kind == "train" for run in found):
            _races(opened, found, output.value)
            return
        held = [timed(opened, name, "compare") for name in runs]
        compared = [comparison.compare(*held[0], *other) for other in held[1:]]
        blocking = [(one.after.id, told) for one in compared for told in one.blocking]
        if blocking and not force:
            several = len(compared) > 1
            told = "; ".join(f"{run}: " * several + one.line() for run, one in blocking)
            raise InputError(
                f"these runs are not comparable: {told} (--force compares all the same)"
            )
        if len(compared) == 1:
            _write(compared[0], output.value)
        else:
            _write_several(compared, output.value)


def _races(opened: Stored, found: Sequence[Run], form: str) -> None:
    from gradparity.harness.training.output import write_comparison, write_comparisons
    from gradparity.results.races.race_comparison import compare_all, compare_races
    from gradparity.results.races.tuning import raced

    made = [raced(run, opened.descents(run.id)) for run in found]
    if len(found) == 2:
        write_comparison(found[0], found[1], compare_races(*made), form)
    else:
        write_comparisons(found, compare_all(made), form)


def _write_several(compared: Sequence[Comparison], form: str) -> None:
    """Print several comparisons with one run in one of the formats of the command line."""
    from gradparity.harness.terminal.console import say, write_json, write_rows, write_text
    from gradparity.results.tables import several_runs

    if form == "json":
        write_json(several_runs.documents(compared))
    elif form == "csv":
        write_text(several_runs.to_csv(compared))
    else:
        write_rows(several_runs.rows(compared), form)
        for note in several_runs.notes(compared):
            say(note)


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

"""How runs of times are printed: data to standard output, complete also in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations

from gradparity.harness.terminal.console import say, write_json, write_rows, write_text
from gradparity.results.records.record import Cell, Run


def write_run(run: Run, cells: Sequence[Cell], form: str, all_rows: bool = False) -> None:
    """A run and its cells, in one of the formats of the command line.

    all_rows: of a table, also where nobody reads them.
    """
    if form == "table":
        from gradparity.results.tables.run_table import show

        show(run, cells, all_rows=all_rows)
        return
    from gradparity.results.tables import run_document as document

    if form == "json":
        write_json(document.document(run, cells))
    else:
        to_text = {"csv": document.to_csv, "markdown": document.to_markdown}
        write_text(to_text[form](run, cells))


def write_scaling(cells: Sequence[Cell], form: str) -> None:
    """How time grows with the number of parameters, and where one backend overtakes another.

    Raises InputError if no problem was timed at sizes that tell either.
    """
    from gradparity.problems.errors import InputError
    from gradparity.results.tables.scaling_words import lines
    from gradparity.results.times.scaling import SPAN, crossovers, exponents

    grown = exponents(cells)
    names = list(dict.fromkeys(cell.label for cell in cells if cell.samples))
    crossed = [found for pair in combinations(names, 2) for found in crossovers(cells, *pair)]
    met = [found for found in crossed if found.estimate is not None]
    if not grown and not crossed:
        raise InputError(
            "no problem of this run was timed at numbers of parameters that tell how time grows "
            f"(the largest is to be {SPAN} times the smallest, at least)"
        )
    if form == "table":
        if not grown and not met:
            say(f"no two backends cross, and no sizes that span a factor of {SPAN} tell a growth")
        for line in lines([*grown, *met]):
            say(line)
    else:
        rows = [
            {"what": kind, **asdict(found)}
            for kind, all_ in (("exponent", grown), ("crossover", met))
            for found in all_
        ]
        keys = list(dict.fromkeys(key for row in rows for key in row))
        write_rows([{key: _word(row.get(key)) for key in keys} for row in rows], form)


def _word(value: object) -> str:
    return (
        ""
        if value is None
        else " ".join(map(str, value))
        if isinstance(value, tuple)
        else str(value)
    )


def write_runs(runs: Sequence[Run], form: str) -> None:
    """The stored runs, newest first."""
    keys = ("id", "kind", "started", "status", "suite", "reference", "command")
    write_rows([{key: str(getattr(run, key)) for key in keys} for run in runs], form)

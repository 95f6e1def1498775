"""What the command line prints: data to standard output, complete also in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gradparity.harness.terminal.console import console, write_rows
from gradparity.problems import InputError
from gradparity.problems.errors import unknown
from gradparity.problems.extras import missing
from gradparity.results.records.record import Cell, Run

if TYPE_CHECKING:
    from gradparity.harness.timing.execution import Outcome


def write(run: Run, cells: Sequence[Cell], form: str) -> None:
    """A run and its cells, in one of the formats of the command line."""
    if form == "table":
        from gradparity.results.tables.run_table import show

        show(run, cells)
        return
    from gradparity.results.tables import run_document as document

    to_text = {"json": document.to_json, "csv": document.to_csv, "markdown": document.to_markdown}
    sys.stdout.write(to_text[form](run, cells))


def write_scaling(cells: Sequence[Cell], form: str) -> None:
    """How time grows with the number of parameters, and where one backend overtakes another.

    Raises InputError if no problem was timed at several numbers of parameters.
    """
    from itertools import combinations

    from gradparity.results.tables.scaling_words import lines
    from gradparity.results.times.scaling import crossovers, exponents

    grown = exponents(cells)
    names = list(dict.fromkeys(cell.label for cell in cells if cell.samples))
    crossed = [found for pair in combinations(names, 2) for found in crossovers(cells, *pair)]
    met = [found for found in crossed if found.estimate is not None]
    if not grown and not crossed:
        raise InputError("no problem of this run was timed at several numbers of parameters")
    if form == "table":
        for line in lines([*grown, *met]):
            console().print(line, soft_wrap=True)
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


def write_pictures_and_next(outcome: Outcome) -> None:
    """Draw the run's pictures; say where everything is and what to type next."""
    run = outcome.run
    terminal = console()
    say = terminal.print
    say(f"run        {run.id} ({run.status})", soft_wrap=True)
    say(f"stored in  {outcome.store}", soft_wrap=True)
    if absent := missing("matplotlib"):
        say(f"no picture {absent}", soft_wrap=True)
    elif any(cell.max_error is not None for cell in outcome.cells):
        from gradparity.results.pictures.plots import draw

        for path in draw(run, outcome.cells, picture_folder(outcome)):
            say(f"picture    {path}", soft_wrap=True)
    others = [cell.backend for cell in outcome.cells if cell.backend != run.reference]
    if others:
        say(f"next       gradparity show {run.id} --reference {others[-1]}")
    say("next       gradparity run YOUR_LOSS.py       (see examples/huber_regression.py)")


def picture_folder(outcome: Outcome) -> Path:
    """Beside the store's file, a folder named after the run."""
    store = Path(outcome.store)
    beside = store.parent if store.exists() else Path(".gradparity")
    return beside / outcome.run.id


def write_runs(runs: Sequence[Run], form: str) -> None:
    """The stored runs, newest first."""
    keys = ("id", "kind", "started", "status", "suite", "reference", "command")
    write_rows([{key: str(getattr(run, key)) for key in keys} for run in runs], form)


def with_reference(run: Run, cells: Sequence[Cell], reference: str | None) -> Run:
    """The run with its ratios against another of its backends. Raises InputError if it has none."""
    if reference is None:
        return run
    known = dict.fromkeys(cell.backend for cell in cells)
    if reference not in known:
        raise unknown("reference backend", reference, known)
    return replace(run, reference=reference)

"""The verb `export`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gradparity.harness.terminal.files import Out, write_bytes
from gradparity.harness.terminal.options import RunId, Store


def export(
    run_id: RunId = None,
    output: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="csv, json, markdown, latex, parquet, pytest-benchmark, "
            "github-action-benchmark, junit.",
        ),
    ] = "csv",
    out: Out = None,
    store: Store = None,
) -> None:
    """A stored run in the format of another program: CI, spreadsheets, papers."""
    from gradparity.harness.terminal.stored import of_times, reading
    from gradparity.problems.errors import InputError, unknown
    from gradparity.results.exports import catalogue
    from gradparity.results.records.errors import ExportError

    if output not in catalogue.FORMATS:
        raise unknown("format", output, catalogue.FORMATS)
    if output in catalogue.BINARY and out is None and sys.stdout.isatty():
        raise InputError(f"{output} is not for a terminal; name a file: --out run.{output}")
    with reading(store) as opened:
        run = opened.find(run_id)
        try:
            if run.kind == "train":
                data = catalogue.export_training(output, run, opened.descents(run.id))
            else:
                timed = of_times(opened, run.id, "export")
                data = catalogue.export(output, timed, opened.cells(run.id))
        except ExportError as error:
            raise InputError(str(error)) from error
        write_bytes(data, out)

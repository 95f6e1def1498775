"""The verb `report`: one file that opens from disk without a network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def report(
    course: Annotated[
        bool, typer.Option("--course", help="Begin with the views that teach, precomputed.")
    ] = False,
    solids: Annotated[
        bool, typer.Option("--3d/--no-3d", help="With surfaces in three dimensions: 2 MB more.")
    ] = True,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file.")] = Path("report.html"),
) -> None:
    """See it offline: one HTML file with everything in it."""
    from gradparity.harness.report.page import report_page
    from gradparity.problems import InputError

    if not course:
        raise InputError("what should the report show? --course: the views that teach")
    try:
        output.write_text(report_page(solids), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{output}: {error.strerror}; give another file: -o") from error
    size = output.stat().st_size / 1e6
    print(f"{output}: {size:.1f} MB, opens from disk", file=sys.stderr)

"""The verb `report`: one file that opens from disk without a network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gradparity.harness.terminal.options import Store


def report(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Runs' ids or beginnings.", show_default="latest"),
    ] = None,
    course: Annotated[
        bool, typer.Option("--course", help="Begin with the views that teach, precomputed.")
    ] = False,
    gate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of gate --format json: show it, too.")
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of history; else .gradparity/history.json, if any."),
    ] = None,
    solids: Annotated[
        bool, typer.Option("--3d/--no-3d", help="With surfaces in three dimensions: 2 MB more.")
    ] = True,
    store: Store = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file.")] = Path("report.html"),
) -> None:
    """See it offline: one HTML file of a run, or of several, with everything in it."""
    from gradparity.harness.report.material.material import Material, gathered
    from gradparity.harness.report.page import report_page
    from gradparity.harness.terminal.stored import reading
    from gradparity.problems import InputError
    from gradparity.results.records.errors import StoreError

    def write(material: Material) -> None:
        try:
            output.write_text(report_page(solids, material, course), encoding="utf-8")
        except OSError as error:
            raise InputError(f"{output}: {error.strerror}; give another file: -o") from error
        told = ", ".join(run.id for run in material.runs) or "the course"
        size = output.stat().st_size / 1e6
        print(f"{output}: {told}, {size:.1f} MB, opens from disk", file=sys.stderr)

    try:
        with reading(store) as opened:
            write(gathered(opened, runs or [None], gate, solids, history))
    except StoreError:
        if runs or gate or history or store or not course:
            raise
        write(Material(solids=solids))

"""The verb `plot`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradparity.harness.terminal.options import Store, several, split

if TYPE_CHECKING:
    from gradparity.results.pictures.plots import Drawn


class PlotStyle(StrEnum):
    """How pictures look."""

    paper = "paper"
    talk = "talk"
    dark = "dark"


def plot(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Ids or their beginnings, of runs and races.",
            show_default="latest",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Else .gradparity/pictures.")
    ] = None,
    kinds: Annotated[list[str] | None, several("--kind", "svg, pdf, png.")] = None,
    style: Annotated[
        PlotStyle, typer.Option(help="For a talk slides with fewer panels, or a dark page.")
    ] = (PlotStyle.paper),
    only: Annotated[list[str] | None, several("--only", "By name: time, error.")] = None,
    all_panels: Annotated[
        bool, typer.Option("--all-panels", help="On slides, too; else the most telling, or three.")
    ] = False,
    history: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of history: draw it, and no run but those named."),
    ] = None,
    store: Store = None,
) -> None:
    """Draw all pictures of stored runs and races; the same runs give the same bytes."""
    from gradparity.harness.drawing.pictures import draw_history_file, draw_run
    from gradparity.harness.terminal.stored import reading
    from gradparity.problems import InputError
    from gradparity.problems.errors import unknown
    from gradparity.problems.extras import missing

    if absent := missing("matplotlib"):
        raise InputError(absent)
    from gradparity.results.pictures.looks import KINDS, Output

    for kind in split(kinds):
        if kind not in KINDS:
            raise unknown("kind", kind, KINDS)
    output = Output(split(kinds) or ("svg", "png"), style.value, all_panels)
    there = out or Path(".gradparity") / "pictures"
    if history is not None:
        _tell(draw_history_file(history, there, output))
        if not runs:
            return
    with reading(store) as opened:
        asked: list[str | None] = list(runs) if runs else [None]
        found = list({run.id: run for run in map(opened.find, asked)}.values())
        for run in found:
            _tell(draw_run(opened, run, there / run.id, output, split(only)))


def _tell(drawn: Drawn) -> None:
    from gradparity.harness.terminal.console import say

    for path in drawn.paths:
        say(f"picture    {path}")
    for name, reason in drawn.skipped.items():
        say(f"no picture {name}: {reason}")

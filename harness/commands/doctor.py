"""The verb `doctor`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class DoctorFormat(StrEnum):
    """How `doctor` writes what it found."""

    table = "table"
    json = "json"


def doctor(
    seconds: Annotated[float, typer.Option(help="How long to measure the noise.")] = 10.0,
    output: Annotated[
        DoctorFormat, typer.Option("--format", "-f", metavar="FORM", help="table or json.")
    ] = DoctorFormat.table,
) -> None:
    """Is this machine fit to measure on? Cores, clock, threads, noise, and what to change."""
    from gradparity.harness.doctor.examination import examine
    from gradparity.harness.doctor.report import write
    from gradparity.harness.terminal.console import say

    write(examine(seconds, lambda text: say(text, stderr=True)), output.value)

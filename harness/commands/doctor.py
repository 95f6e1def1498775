"""The verb `doctor`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

import sys
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
        DoctorFormat, typer.Option("--format", "-f", help="How to print the result.")
    ] = DoctorFormat.table,
) -> None:
    """Is this machine fit to measure on? Cores, clock, threads, noise, and what to change."""
    from gradparity.harness.doctor.examination import examine
    from gradparity.harness.doctor.report import write

    write(examine(seconds, lambda text: print(text, file=sys.stderr)), output.value)

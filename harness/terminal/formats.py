"""How results are printed: the option `--format`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How data is written to standard output."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


FormatOption = Annotated[
    Format, typer.Option("--format", "-f", metavar="FORM", help="table, json, csv, markdown.")
]

"""The option `--out`: a file instead of standard output."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

Out = Annotated[
    str | None, typer.Option("--out", "-o", help="A file to write.", show_default="standard output")
]


def write_bytes(data: bytes, out: str | None) -> None:
    """Write to the file `out`, or to standard output. Raises: InputError if that cannot be done."""
    from gradparity.problems import user_files

    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    user_files.write_bytes(out, data)

"""The verb `conventions`. Imports nothing heavy: the command line must start fast."""

from __future__ import annotations

from typing import Annotated

import typer

from gradparity.harness.terminal.formats import Format, FormatOption


def conventions(
    only: Annotated[
        str | None, typer.Option(help="Only cases with this text in name or family.")
    ] = None,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_VERSION",
            help="Only what changed since an earlier atlas: a JSON file, or a stored one's name "
            "or a part of it (torch-2.12).",
        ),
    ] = None,
    output: FormatOption = Format.table,
) -> None:
    """What each backend answers where the derivative is a choice: kinks, ties, borders."""
    from gradparity.harness.conventions.command import show_conventions

    show_conventions(only, diff, output.value)

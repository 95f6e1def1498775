"""Options of the command line that take several names: comma-separated, or the option again."""

from __future__ import annotations

from collections.abc import Iterable

import typer


def several(option: str, what: str) -> typer.models.OptionInfo:
    """Return the option, described by `what` and how to give several."""
    option_info: typer.models.OptionInfo = typer.Option(
        option, help=f"{what} Several: comma-separated, or the option again."
    )
    return option_info


def split(given: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names that were given, each once."""
    parts = (part.strip() for text in given or () for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))

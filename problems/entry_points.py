"""What installed packages offer: entry points of a group of ours, by name, loaded on request."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from gradparity.problems.errors import InputError


def offered(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group, by name."""
    return {point.name: point for point in entry_points(group=group)}


def loaded(kind: str, point: EntryPoint) -> tuple[Any, str]:
    """What an entry point leads to, and what a message calls it; kind: "backend", "optimizer".

    Raises InputError, one line, where its package cannot be imported.
    """
    package = point.dist.name if point.dist else point.module
    where = f"{kind} {point.name!r} of package {package} ({point.value})"
    try:
        return point.load(), where
    except Exception as error:
        text = " ".join(str(error).split())
        raise InputError(f"{where}: {type(error).__name__}: {text}") from error

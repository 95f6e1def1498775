"""From what Python names to what a command line names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gradparity.harness.planning.lookup import Target


def in_words(who: str, targets: Iterable[Target], store: str | Path | None) -> tuple[str, ...]:
    """The names and files that targets mean, see `made.py`, which is imported if there is need."""
    given = tuple(targets)
    if all(isinstance(target, str) for target in given):
        return tuple(map(str, given))
    from gradparity.harness.planning.made import named

    return named(who, given, store)

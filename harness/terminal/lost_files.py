"""Users' files that a plan had to leave out: what is said of them, and what exit code they cost."""

from __future__ import annotations

from collections.abc import Mapping

from gradparity.harness.terminal.console import say
from gradparity.results.records.statuses import ExitCode


def tell_lost(lost: Mapping[str, str]) -> None:
    """Say of each file why it is left out: file -> why."""
    for file, why in lost.items():
        where = "" if why.startswith(file) else f"{file}: "
        say(f"gradparity: {where}{why}; it is left out", stderr=True)


def with_lost(code: int, lost: Mapping[str, str]) -> int:
    """The exit code of what was not left out, or that of what did not finish if it is good."""
    return ExitCode.UNFINISHED if lost and code == ExitCode.GOOD else code

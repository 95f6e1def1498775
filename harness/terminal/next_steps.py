"""What to type next of a stored run, in words that a shell takes as they are."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gradparity.harness.terminal.console import say

if TYPE_CHECKING:
    from gradparity.results.records.record import Run


def beside(store: str | None) -> str:
    """The option that names a store on a command line, after a space; "" for the default one."""
    return "" if store is None else f" --store {shlex.quote(store)}"


def tell_interrupted(run: Run, stored: int, items: str, store: str | None) -> None:
    """Say on standard error what is stored of an interrupted run, and what makes the rest.

    items: what is counted, such as "cells". store: as it was named, None for the default one.
    """
    if run.status != "interrupted":
        return
    verb = "train" if run.kind == "train" else "run"
    go_on = f"gradparity {verb} --resume {run.id}{beside(store)}"
    say(f"interrupted with {stored} {items} stored; the rest: {go_on}", stderr=True)

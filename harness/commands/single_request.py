"""One request to a worker that calls a user's code: whatever that does, it does not end us."""

from __future__ import annotations

from typing import TypeVar

import typer

from gradparity.harness.messages.request import Request
from gradparity.harness.planning.options import check_limits
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.harness.terminal.console import say
from gradparity.problems import InputError
from gradparity.results.records.statuses import exit_code

A = TypeVar("A")


def answer_to(request: Request[A], what: str, timeout_s: float) -> A:
    """The answer of a worker of its own, whose prints go to standard error.

    what: named where the worker does not answer. timeout_s: seconds that it has. Raises InputError
    for a mistake of the user's, a time that is none included; typer.Exit, code 4, where the code
    ends, crashes or never ends.
    """
    check_limits(timeout_s, None)
    worker = WorkerProcess("numpy", Limits(allowed_cores(), timeout_s), heard=True, threads=1)
    try:
        return worker.request(request)
    except WorkerFailure as failure:
        if failure.status in ("error", "unsupported", "unavailable"):
            raise InputError(failure.reason) from None
        where = "" if failure.reason.startswith(what) else f"{what}: "
        say(f"{where}{failure.reason}", stderr=True)
        raise typer.Exit(exit_code({"error"})) from None
    finally:
        worker.end()

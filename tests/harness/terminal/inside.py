"""The whole command line inside this process: a thousand command lines in the time of one process."""

import io
import os
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from gradparity.harness import cli
from gradparity.problems import InputError


class WouldStart(InputError):
    """A command line was good enough to start a worker, which these tests leave alone."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote."""

    code: object
    out: str
    err: str


def gradparity(*arguments, cwd, encoding="utf-8", workers=True, **environment):
    """Call the command as a process would be called. workers: else starting one ends the command."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, newline="") for _ in range(2))
    given = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    code = None
    with (
        chdir(cwd),
        patch.dict(os.environ, given | environment, clear=True),
        patch.object(sys, "argv", ["gradparity", *map(str, arguments)]),
        patch("os.get_terminal_size", side_effect=OSError),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        started = patch(
            "gradparity.harness.processes.process.WorkerProcess.start",
            side_effect=WouldStart("good"),
        )
        if not workers:
            started.start()
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        finally:
            if not workers:
                started.stop()
    out.flush()
    err.flush()
    return Ended(code, *(text.buffer.getvalue().decode(encoding) for text in (out, err)))

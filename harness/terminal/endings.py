"""How the command ends: which exit code, and what is said, of an error, Ctrl-C or a closed pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import NoReturn

from gradparity.results.records.statuses import ExitCode


def run_to_its_end(command: Callable[[], object]) -> None:
    """Call `command` and exit; a user's mistake is one line, never a traceback.

    A letter that standard output has no place for is a "?": rich shortens with "…" everywhere.
    """
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")
    try:
        try:
            command()
        finally:
            sys.stdout.flush()  # a reader that is gone is noticed here, not when Python ends
    except KeyboardInterrupt:
        _fail("interrupted", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _reader_gone()
    except SystemExit as end:
        # typer and rich turn either into an exit of their own.
        reasons = _reasons(end)
        if KeyboardInterrupt in reasons:
            _fail("interrupted", ExitCode.INTERRUPTED)
        if BrokenPipeError in reasons and end.code == 1:
            _reader_gone()
        raise
    except ModuleNotFoundError as error:
        from gradparity.problems.extras import explained

        told = explained(error)
        if told is None:
            raise
        _fail(told, ExitCode.BAD_INPUT)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        _fail(str(error), code)


def _reasons(error: BaseException) -> set[type[BaseException]]:
    """The kinds of errors that an error was raised in answer to."""
    found: set[type[BaseException]] = set()
    behind = error.__cause__ or error.__context__
    while behind is not None:
        found.add(type(behind))
        behind = behind.__cause__ or behind.__context__
    return found


def _reader_gone() -> None:
    """End quietly, as any program whose reader has gone: `gradparity list | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(ExitCode.BROKEN_PIPE)


def _exit_code(error: Exception) -> ExitCode | None:
    """The exit code of an error that is told in one line; None for a defect of ours."""
    from gradparity.problems.errors import InputError
    from gradparity.results.records.errors import StoreError, StoreFull

    if isinstance(error, StoreFull):
        return ExitCode.UNFINISHED
    return ExitCode.BAD_INPUT if isinstance(error, InputError | StoreError) else None


def _fail(message: str, code: ExitCode) -> NoReturn:
    print(f"gradparity: {message}", file=sys.stderr)
    sys.exit(code)

"""How the command ends: which exit code, and what is said, of an error, Ctrl-C or a closed pipe.

Exit code 1 is a regression and nothing else; a defect of ours is 70.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import typer

from gradparity.harness.processes.interruption import interruptible
from gradparity.harness.terminal import streams
from gradparity.results.records.statuses import ExitCode
from gradparity.results.words.display import printable, without_passwords

ISSUES = "https://github.com/gradparity/gradparity/issues"
TRACEBACK = "GRADPARITY_TRACEBACK"
"""The environment variable with which a traceback is printed, and not written to a file."""


def run_to_its_end(command: Callable[..., Any]) -> NoReturn:
    """Call `command`, a Typer application, and exit; a user's mistake is one line, no traceback."""
    streams.prepare()
    with interruptible():
        _run(command)


def _run(command: Callable[..., Any]) -> NoReturn:
    try:
        code = _called(command)
        sys.stdout.flush()  # a reader that is gone is noticed here, not when Python ends
    except KeyboardInterrupt:
        _fail("interrupted", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _reader_gone()
    except streams.OutputRefused as error:
        streams.give_up()
        _fail(f"standard output: {error.strerror}", ExitCode.UNFINISHED)
    except ModuleNotFoundError as error:
        from gradparity.problems.extras import explained

        told = explained(error)
        if told is None:
            _fault(error)
        _fail(told, ExitCode.BAD_INPUT)
    except Exception as error:
        ending = _exit_code(error)
        if ending is None:
            _fault(error)
        _fail(str(error), ending)
    if code == ExitCode.INTERRUPTED:
        _fail("interrupted", ExitCode.INTERRUPTED)
    sys.exit(code)


def _called(command: Callable[..., Any]) -> int:
    """Call `command`; return its exit code."""
    try:
        return int(command(standalone_mode=False) or 0)
    except typer.Abort:
        _fail("there is nothing to read on standard input", ExitCode.BAD_INPUT)
    except SystemExit as end:
        # Typer makes one of a closed pipe; a user's code may too.
        if BrokenPipeError in _reasons(end):
            raise BrokenPipeError from end
        if end.code in (None, 0):
            return 0
        _fail(f"the code that was called ended the process: exit {end.code}", ExitCode.UNFINISHED)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _misused(error)


def _misused(error: Any) -> NoReturn:
    """Say in one line what is wrong with a command line, and where its help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show(file=sys.stderr)
        sys.exit(ExitCode.BAD_INPUT)
    told = str(error.format_message()).rstrip(".").replace(": Value error, ", ": ", 1)
    path = getattr(error.ctx, "command_path", None) or "gradparity"
    _fail(f"{told}; its options: {path} --help", ExitCode.BAD_INPUT)


def _reasons(error: BaseException) -> set[type[BaseException]]:
    """The kinds of errors that an error was raised in answer to."""
    found: set[type[BaseException]] = set()
    behind = error.__cause__ or error.__context__
    while behind is not None:
        found.add(type(behind))
        behind = behind.__cause__ or behind.__context__
    return found


def _reader_gone() -> NoReturn:
    """End quietly, as any program whose reader has gone: `gradparity list | head`."""
    streams.give_up()
    sys.exit(ExitCode.BROKEN_PIPE)


def _exit_code(error: Exception) -> ExitCode | None:
    """The exit code of an error that is told in one line; None for a defect of ours."""
    from gradparity.problems.errors import InputError, UnfinishedError
    from gradparity.results.records.errors import StoreError, StoreFull, StoreLost

    if isinstance(error, StoreFull | StoreLost | UnfinishedError):
        return ExitCode.UNFINISHED
    return ExitCode.BAD_INPUT if isinstance(error, InputError | StoreError) else None


def _fault(error: Exception) -> NoReturn:
    """Say that the mistake is ours, where the traceback is, and where to report it."""
    what = f"{type(error).__name__}: {error}"
    trace = without_passwords("".join(traceback.format_exception(error)))
    place = None if os.environ.get(TRACEBACK) else _written(trace)
    where = "the traceback below" if place is None else place
    _say(f"a fault of gradparity itself, please report it with {where} at {ISSUES}: {what}")
    if place is None:
        print(trace, file=sys.stderr, end="")
    sys.exit(ExitCode.FAULT)


def _written(trace: str) -> str | None:
    """The file that holds a traceback; None if it cannot be written."""
    try:
        descriptor, name = tempfile.mkstemp(".txt", "gradparity-traceback-")
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as out:
            out.write(f"{without_passwords(' '.join(sys.argv))}\n{trace}")
    except OSError:
        return None
    return name


def _say(message: str) -> None:
    print(f"gradparity: {printable(without_passwords(message))}", file=sys.stderr)


def _fail(message: str, code: ExitCode) -> NoReturn:
    _say(message)
    sys.exit(code)

"""Requests in, answers out: one line each, until there are no more."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress
from os import _exit, getpid  # bound here: a user's code may patch the module
from typing import IO

from gradparity.backends import Unavailable, Unsupported
from gradparity.harness.messages.lines import Unreadable, answer_line, read_request
from gradparity.harness.messages.request import OTHER_VERSION, SPOILED, Refusal
from gradparity.harness.worker.early_return import EarlyReturn
from gradparity.harness.worker.state import Spoiled
from gradparity.harness.worker.subject import WrongForm
from gradparity.harness.worker.worker import Worker
from gradparity.problems import InputError
from gradparity.problems.errors import UnfinishedError
from gradparity.problems.extras import explained
from gradparity.results.words.display import visible

OUT_OF_MEMORY = ("out of memory", "resource_exhausted", "can't allocate memory", "bad_alloc")

TOLD = (InputError, Spoiled, Unsupported, Unavailable)
"""What its one line says whole; of others, which a user's code raises, the traceback is shown."""


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Answer requests until there are no more.

    A request is its number, a space, and its line; so is its answer, by which the parent knows it
    from whatever else comes through the channel. A fork of this process answers nothing.
    """
    worker, own = Worker(), getpid()
    for numbered in requests:
        number, _, line = numbered.partition(" ")
        try:
            answer = worker.answer(read_request(line))
        except BaseException as error:  # a loss may raise SystemExit or KeyboardInterrupt, too
            if getpid() == own and not isinstance(error, TOLD):
                with suppress(BaseException):  # standard error is closed, or its text cannot be had
                    show_traceback()
            worker.forget()
            answer = _refusal(error)
        if getpid() != own:
            _exit(0)
        try:
            answers.write(f"{number} {answer_line(answer)}")
            answers.flush()
        except OSError:  # a loss has closed the channel, or the parent is gone: nobody reads on
            _exit(1)


def show_traceback() -> None:
    """Print the traceback of what was raised; its last lines are a user's text, not obeyed."""
    lines = traceback.format_exc().split("\n")
    print("\n".join(map(visible, lines)), end="", file=sys.stderr)


def _refusal(error: BaseException) -> Refusal:
    try:
        return refusal(error)
    except BaseException:  # its text is made by a user's code
        return Refusal("error", type(error).__name__)


def refusal(error: BaseException) -> Refusal:
    """Status and reason of an exception, for the cell that it costs."""
    text = " ".join(str(error).split())[:500]
    if isinstance(error, Unreadable):
        return Refusal(OTHER_VERSION, text)
    if isinstance(error, Spoiled):
        return Refusal(SPOILED, text)
    if isinstance(error, Unsupported):
        return Refusal("unsupported", text)
    if isinstance(error, Unavailable):
        return Refusal("unavailable", text)
    if isinstance(error, ModuleNotFoundError) and (absent := explained(error)):
        return Refusal("unavailable", absent)
    if isinstance(error, MemoryError) or any(sign in text.lower() for sign in OUT_OF_MEMORY):
        return Refusal("out of memory", text or "out of memory")
    if isinstance(error, UnfinishedError):
        return Refusal("crashed", text)
    if isinstance(error, InputError | WrongForm | EarlyReturn):
        return Refusal("error", text)
    return Refusal("error", f"{type(error).__name__}: {text}")

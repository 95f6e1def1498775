"""Requests in, answers out: one line each, until there are no more."""

from __future__ import annotations

import traceback
from typing import IO

from gradparity.backends import Unavailable, Unsupported
from gradparity.harness.messages.lines import Unreadable, answer_line, read_request
from gradparity.harness.messages.requests import OTHER_VERSION, Refusal
from gradparity.harness.worker.early_return import EarlyReturn
from gradparity.harness.worker.subject import WrongForm
from gradparity.harness.worker.worker import Worker
from gradparity.problems import InputError
from gradparity.problems.extras import explained

OUT_OF_MEMORY = ("out of memory", "resource_exhausted", "can't allocate memory", "bad_alloc")


def serve(requests: IO[str], replies: IO[str]) -> None:
    """Answer requests until there are no more."""
    worker = Worker()
    for line in requests:
        try:
            reply = worker.answer(read_request(line))
        except Exception as error:
            traceback.print_exc()
            worker.forget()
            reply = refusal(error)
        replies.write(answer_line(reply))
        replies.flush()


def refusal(error: Exception) -> Refusal:
    """Status and reason of an exception, for the cell that it costs."""
    text = " ".join(str(error).split())[:500]
    if isinstance(error, Unreadable):
        return Refusal(OTHER_VERSION, text)
    if isinstance(error, Unsupported):
        return Refusal("unsupported", text)
    if isinstance(error, Unavailable):
        return Refusal("unavailable", text)
    if isinstance(error, ModuleNotFoundError) and (absent := explained(error)):
        return Refusal("unavailable", absent)
    if isinstance(error, MemoryError) or any(sign in text.lower() for sign in OUT_OF_MEMORY):
        return Refusal("out of memory", text or "out of memory")
    if isinstance(error, InputError | WrongForm | EarlyReturn):
        return Refusal("error", text)
    return Refusal("error", f"{type(error).__name__}: {text}")

"""What may go wrong, as records; and what is wrong with how a command ended."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gradparity.results.records.statuses import ExitCode
from gradparity.results.words.display import hidden

KINDS = {
    "traceback": "A traceback, or exit code 70: a defect of ours.",
    "exit code": "An exit code that does not mean what happened.",
    "hang": "It did not end in the time that is plenty for it.",
    "lost": "Something that was stored, or was not touched, is gone.",
    "doubled": "Something is stored twice.",
    "process": "A process outlives the command that started it.",
    "folder": "A temporary folder or a worktree stays beyond the next command.",
    "text": "A letter that nobody sees, or that a terminal or a log obeys, is written as it is.",
    "silent": "Damage or a refusal without a word, or what is right is refused.",
}
"""Each kind of fault, and what it is."""

CODES = frozenset(
    {ExitCode.GOOD, ExitCode.BAD_INPUT, ExitCode.WRONG, ExitCode.UNFINISHED, ExitCode.INTERRUPTED}
)
"""What a command that compares with nothing may end with."""

TRACE = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong. kind: of `KINDS`; told: what was seen; tried: what shows it again."""

    kind: str
    told: str
    tried: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial of a part: its number, how many things it tried, and what went wrong."""

    part: str
    number: int
    count: int
    faults: tuple[Fault, ...]


def faults_of(code: object, out: str, err: str, tried: str, allowed=CODES) -> list[Fault]:
    """What is wrong with a command that ended with this code and these texts."""
    found = []
    if code == ExitCode.FAULT or TRACE in err:
        found.append(("traceback", f"exit {code}: {err[-600:]}"))
    elif code not in allowed:
        found.append(("exit code", f"{code}: {err[-300:]}"))
    if seen := {sign for sign in out + err if hidden(sign) and sign not in "\n\r"}:
        found.append(("text", f"letters {sorted(seen)!r}"))
    obeyed = [line for line in (out + "\n" + err).splitlines() if line.lstrip().startswith("::")]
    if obeyed and not re.search(r"\bgithub\b", tried):
        found.append(("text", f"a log obeys {obeyed[0]!r}"))
    if code == ExitCode.BAD_INPUT and not (out + err).strip():
        found.append(("silent", "exit 2 without a word"))
    return [Fault(kind, told, tried) for kind, told in found]


class TooLong(BaseException):
    """A command inside this process took longer than it may; no `except Exception` stops this."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raise `TooLong` in what takes longer, inside this process."""

    def over(number, frame):
        raise TooLong

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)

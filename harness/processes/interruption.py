"""Interrupts: Ctrl-C, a terminal that closes (SIGHUP), a job that is cancelled (SIGTERM).

All three are one thing: KeyboardInterrupt where the program stands. It waits while something is
done that must not be left half done (`held`). The third signal ends the process at once, and what
it has started; what else it leaves the next process removes (`folders.py`).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType

from gradparity.results.records.statuses import ExitCode

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

PATIENCE = 3
"""Signals after which nothing is cleaned up any more."""


class Interruption:
    """What is called by the signals. held: whether they have to wait; due: whether one does."""

    def __init__(self) -> None:
        self.received = 0
        self.held = False
        self.due = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt, now or later."""
        self.received += 1
        if self.received >= PATIENCE:
            _kill_descendants()
            os._exit(ExitCode.INTERRUPTED)
        self.due = True
        self.raise_if_due()

    def raise_if_due(self) -> None:
        """Raise KeyboardInterrupt if a signal has come, and need not wait."""
        if self.due and not self.held:
            self.due = False
            raise KeyboardInterrupt


def _kill_descendants() -> None:
    """A worker ends with us, once it has settled; not one that we have stopped before that."""
    import psutil

    with suppress(psutil.Error):
        for each in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                each.kill()


@contextmanager
def interruptible() -> Iterator[None]:
    """Have the signals raise KeyboardInterrupt, but those that whoever started us has us ignore.

    Once one has come, the process is about to end, and is deaf to more afterwards.
    """
    if current_thread() is not main_thread():  # only there are signals heard
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heard = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]
    interruption = Interruption()
    for number in heard:
        signal.signal(number, interruption)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, signal.SIG_IGN if interruption.received else before[number])


@contextmanager
def held() -> Iterator[None]:
    """Let no interrupt arrive in here, but where `let_in` lets it; one that comes waits."""
    with _holding(True):
        yield


@contextmanager
def let_in() -> Iterator[None]:
    """Let interrupts arrive in here, where they are held otherwise."""
    with _holding(False):
        yield


@contextmanager
def _holding(wanted: bool) -> Iterator[None]:
    handlers = map(signal.getsignal, SIGNALS)
    interruption = next((each for each in handlers if isinstance(each, Interruption)), None)
    if interruption is None or current_thread() is not main_thread():
        yield
        return
    before, interruption.held = interruption.held, wanted
    try:
        interruption.raise_if_due()
        yield
    finally:
        interruption.held = before
        interruption.raise_if_due()

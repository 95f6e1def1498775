"""A limit to the time that a function of the user's may take.

A loop that waits for a number to become small may never end in float32. No library's call can be
ended from outside, but Python's own code can, between two of its steps. Of JAX's loops the rounds
are counted (`from_jax/ending.py`).
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class NotEnded(BaseException):
    """It took longer than it was given; nothing that catches errors catches it."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises NotEnded inside, in this thread, if it is not left after so many seconds."""
    thread, ended, left = threading.get_ident(), threading.Event(), threading.Lock()

    def wait() -> None:
        while not ended.wait(seconds):  # more than once: a bare `except:` may have caught it
            with left:
                if not ended.is_set():
                    _raise_in(thread, NotEnded)

    before = sys.unraisablehook

    def unraisable(of: Any) -> None:
        # It came while an object was deleted, where Python ignores what is raised: it comes again.
        if of.exc_type is not NotEnded:
            before(of)

    watching = threading.Thread(target=wait, daemon=True)
    sys.unraisablehook = unraisable
    watching.start()
    try:
        yield
    finally:
        with left:
            ended.set()
            _raise_in(thread, None)
        watching.join()
        sys.unraisablehook = before


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    """What is raised next in a thread; None: nothing, after all."""
    given = None if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), given)

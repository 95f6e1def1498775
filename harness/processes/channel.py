"""The parent's end of the two pipes through which a worker is asked and answers, a line each."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable
from time import monotonic

LONGEST = 1 << 26
"""Bytes of a line. Arrays travel in files: no answer is near this."""

LOOK_S = 0.25
"""Seconds between looks at whether the worker lives: a process that it left may hold its pipe."""


class Silent(Exception):
    """The worker did not answer, or take a request, in time."""


class Closed(Exception):
    """The worker has closed its end, or died."""


class Foreign(Exception):
    """What came is no answer to the request.

    line: what came; it may come from an older worker, which does not know of numbers.
    """

    def __init__(self, line: bytes) -> None:
        super().__init__(repr(line[:60].decode(errors="replace")))
        self.line = line


class Channel:
    """A worker's pipes. alive: whether the worker is; asked where its pipe is silent."""

    def __init__(self, process: subprocess.Popen[bytes], alive: Callable[[], bool]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests, self._answers = process.stdin, process.stdout
        for file in (self._requests, self._answers):
            os.set_blocking(file.fileno(), False)
        self._alive = alive
        self._buffer = b""

    def send(self, line: bytes, by: float) -> None:
        """Write a line by a time of `monotonic`. Raises Silent; who is gone shows in the answer."""
        rest = memoryview(line)
        while rest:
            ready = select.select([], [self._requests], [], max(0.0, by - monotonic()))[1]
            if not ready:
                raise Silent
            try:
                rest = rest[os.write(self._requests.fileno(), rest) :]
            except BrokenPipeError:  # the reader of the answer finds out why
                return

    def receive(self, number: bytes, by: float) -> bytes:
        """The answer to the request of this number. Raises Silent, Closed, Foreign."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > LONGEST:
                raise Foreign(self._buffer)
            left = by - monotonic()
            if not select.select([self._answers], [], [], min(max(0.0, left), LOOK_S))[0]:
                if left <= LOOK_S:
                    raise Silent
                if not self._alive():
                    raise Closed
                continue
            chunk = os.read(self._answers.fileno(), 1 << 16)
            if not chunk:
                raise Closed
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        found, _, answer = line.partition(b" ")
        if found != number:
            raise Foreign(line)
        return answer

    def silent_until(self) -> int | None:
        """The file that can be read once there is an answer; None if there is one."""
        return None if b"\n" in self._buffer else self._answers.fileno()

    def close(self) -> None:
        """Close our ends."""
        self._requests.close()
        self._answers.close()

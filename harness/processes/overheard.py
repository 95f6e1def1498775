"""What a worker prints: read as it comes, so that it neither waits nor fills a disk."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Thread

KEPT = 1 << 17
"""Bytes: a crash's last words are at the end."""

SHOWN = 1 << 20
"""Bytes that are passed on; a loss that floods is cut off."""


class Overheard:
    """Reads what a worker writes to `file`, its standard output and error, and keeps the end.

    heard: whether it is passed on to our own standard error.
    """

    def __init__(self, heard: bool) -> None:
        self._end, self.file = os.pipe()
        self._heard = heard
        self._kept = b""
        self._reader = Thread(target=self._read, daemon=True)

    def begin(self) -> None:
        """Read from now on; the worker has the file, and we close ours."""
        os.close(self.file)
        self._reader.start()

    def last(self) -> str:
        """The end of it, once the worker has ended."""
        self._reader.join(timeout=1.0)  # something may still hold the file: not waited for
        return self._kept.decode(errors="replace")

    def _read(self) -> None:
        shown = 0
        while chunk := os.read(self._end, 1 << 16):
            self._kept = (self._kept + chunk)[-KEPT:]
            if self._heard and shown <= SHOWN:
                shown += len(chunk)
                cut = b"\n[the rest of what it prints is not shown]\n" if shown > SHOWN else b""
                with suppress(OSError):  # nobody reads our standard error
                    os.write(2, chunk + cut)
        os.close(self._end)

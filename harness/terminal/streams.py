"""Standard input, output and error, whatever they were started as: closed, full, of few letters."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from gradparity.results.words.display import ASCII_ERRORS


class OutputRefused(OSError):
    """Standard output does not take what is written to it: a full disk."""


class _Descriptor(io.RawIOBase):
    """A descriptor to write to; one that forgives takes what nobody takes.

    What is said on standard error is worth no finished result.
    """

    def __init__(self, descriptor: int, forgives: bool) -> None:
        self.descriptor = descriptor
        self.forgives = forgives

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.descriptor

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def write(self, data: object) -> int:
        given = bytes(data)  # type: ignore[call-overload]
        try:
            return os.write(self.descriptor, given)
        except BrokenPipeError:
            if not self.forgives:
                raise
        except OSError as error:
            if not self.forgives:
                raise OutputRefused(error.errno, error.strerror) from error
        return len(given)


def prepare() -> None:
    """Make the three streams fit to be written to.

    A closed one becomes the null device: otherwise the next file that is opened, such as the store,
    would take its number, and what is printed would go there. A letter that a stream lacks is shown
    by its look or its code.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:  # the lowest number that is free is the one that is taken
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = _writer(sys.stdout, 1)
    sys.stderr = _writer(sys.stderr, 2)


def _writer(stream: TextIO | None, descriptor: int) -> TextIO:
    """A stream in place of Python's own; one that is no file, as in a test, stays."""
    encoding = "utf-8"
    if stream is not None:
        if not isinstance(stream, io.TextIOWrapper):
            return stream
        stream.reconfigure(errors=ASCII_ERRORS)
        encoding = stream.encoding
        try:
            if stream.fileno() != descriptor:
                return stream
        except OSError:
            return stream
    raw = _Descriptor(descriptor, forgives=descriptor == 2)
    lines = raw.isatty() or descriptor == 2
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, ASCII_ERRORS, line_buffering=lines)


def give_up() -> None:
    """Send what is still to be written nowhere: Python would complain of it at its end."""
    null = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(null, sys.stdout.fileno())
    os.close(null)

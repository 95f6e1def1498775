"""The memory of this process, as Linux counts it; None on other systems."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path


def resident_after_reset() -> int | None:
    """Bytes that are resident now; the high-water mark starts here anew.

    What was freed is given back to the system first, so that using it again counts.
    """
    try:
        with suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return _field("VmRSS")


def peak() -> int | None:
    """The largest number of bytes that were resident since the reset."""
    return _field("VmHWM")


def _field(name: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    found = [line.split() for line in lines if line.startswith(name)]
    return int(found[0][1]) * 1024 if found else None

"""What can become of a cell."""

from __future__ import annotations

UNFINISHED = ("crashed", "timeout", "out of memory", "error")


SKIPPED = ("unavailable", "unsupported")

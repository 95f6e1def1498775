"""What a worker may use of the machine."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use: these cores, seconds per request, GiB of memory (None: all)."""

    cores: tuple[int, ...]
    timeout_s: float
    memory_gib: float | None = None

    @property
    def memory_bytes(self) -> int | None:
        """The same in bytes."""
        return None if self.memory_gib is None else int(self.memory_gib * GIB)

"""What a worker may use of the machine."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30
"""Bytes."""

STARTING_S = 60.0
"""For importing a library: on a busy machine that takes longer than a request should."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use: these cores, seconds per request, GiB of memory (None: all).

    timeout_s: of a request; starting, in which no user's code runs, may take `STARTING_S` anyway.
    until: a time of `monotonic` after which nothing is waited for; None where time is not limited.
    """

    cores: tuple[int, ...]
    timeout_s: float
    memory_gib: float | None = None
    until: float | None = None

    def by(self, start: float, starting: bool = False) -> float:
        """When the answer to a request that began at `start` has to be there; by `monotonic`.

        starting: whether it is asked of our own code alone, which hangs on nothing.
        """
        end = start + (max(self.timeout_s, STARTING_S) if starting else self.timeout_s)
        return end if self.until is None else min(end, self.until)

    @property
    def memory_bytes(self) -> int | None:
        """The same in bytes."""
        return None if self.memory_gib is None else int(self.memory_gib * GIB)

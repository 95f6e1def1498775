"""A row of a baseline file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SavedRow:
    """A row: its verdict, its time over the reference's (estimate, low, high), its counters."""

    verdict: str
    ratio: tuple[float, float, float] | None
    counters: dict[str, float]

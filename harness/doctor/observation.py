"""What the doctor finds: one fact about the machine, whether it is good, and what would help."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GOOD = "good"
BETTER = "could be better"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Observation:
    """One fact. verdict: GOOD, BETTER or UNKNOWN; advice: a command or setting, "" if good.

    figures: the same as numbers, for programs; units stand in their names.
    """

    topic: str
    value: str
    verdict: str = GOOD
    advice: str = ""
    figures: dict[str, Any] = field(default_factory=dict)


def judged(topic: str, value: str, good: bool, advice: str, **figures: Any) -> Observation:
    """Return an observation whose advice is given only where it is needed."""
    return Observation(topic, value, GOOD if good else BETTER, "" if good else advice, figures)


def unknown(topic: str, why: str) -> Observation:
    """Return an observation that cannot be made, and why."""
    return Observation(topic, why, UNKNOWN)


def text(path: Path) -> str | None:
    """Return a file of /proc or /sys without the final newline; None if it cannot be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None

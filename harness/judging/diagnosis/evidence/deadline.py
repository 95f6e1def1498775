"""How long the search for a cause may take."""

from __future__ import annotations

import time
from dataclasses import dataclass

SECONDS = 3.0
"""After the verdict, unless something else is asked for."""


class OutOfTimeError(Exception):
    """The search has taken as long as it may."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a search ends. seconds: how long it may take. end: on the monotonic clock."""

    seconds: float
    end: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that is so many seconds from now."""
        return cls(seconds, time.monotonic() + seconds)

    def keep(self) -> None:
        """Raise OutOfTimeError once it has passed; called before whatever takes a while."""
        if time.monotonic() > self.end:
            raise OutOfTimeError

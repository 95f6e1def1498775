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
    """When a search in one thread ends. Time in which others had the cores is not counted.

    So a search goes as far on a busy machine as on a quiet one, and names the same cause. seconds:
    how long it may take. end: on the monotonic clock, if the thread never waits for a core.
    waited: how long it had waited when it began, seconds.
    """

    seconds: float
    end: float
    waited: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that is so many seconds from now."""
        return cls(seconds, time.monotonic() + seconds, _waited_s())

    def keep(self) -> None:
        """Raise OutOfTimeError once it has passed; called before whatever takes a while."""
        over = time.monotonic() - self.end
        if over > 0 and over > _waited_s() - self.waited:  # the second costs a system call
            raise OutOfTimeError


def _waited_s() -> float:
    """Seconds that this thread has waited for a core; 0 where the system does not tell.

    Source: Linux, Documentation/scheduler/sched-stats.rst: the second figure, in nanoseconds.
    """
    try:
        with open("/proc/thread-self/schedstat") as told:
            return 1e-9 * int(told.read().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0

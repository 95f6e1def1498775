"""A gate's time: what of it is left, and when what is still under way is cut off.

Everything counts, from the checkout to the last look at a candidate. What the next step will take
is predicted from what the last of its kind took, and it is begun only if that is left. On a machine
that became busier meanwhile it takes longer: then it is cut off, early enough that ending the
processes and removing the checkout stay within what a gate may take over its time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

OVER, OVER_S = 0.2, 10.0
"""What a gate may take over its time, whichever is more: a share of it, or seconds."""

CUT = 0.5
"""The share of that which is used up when what is under way is cut off."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Starts when it is made. total_s: the gate's time. now: what tells the time, in seconds."""

    total_s: float
    now: Callable[[], float] = monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "began", self.now())

    def left_s(self) -> float:
        """What is left of the time; less than nothing once it is spent."""
        return self.total_s - self.spent_s()

    def spent_s(self) -> float:
        """Since it was made."""
        return self.now() - self.began

    @property
    def end(self) -> float:
        """When the time is spent: nothing is begun any more. By `now`."""
        return self.began + self.total_s

    @property
    def cut(self) -> float:
        """When what is under way is cut off. By `now`."""
        return self.end + CUT * max(OVER * self.total_s, OVER_S)

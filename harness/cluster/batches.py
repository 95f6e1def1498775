"""How many items make a task, and how fast it goes.

A task costs the scheduler about a millisecond, and whoever sends it as much again: items that take
less than a second are sent several at a time, so many that a task takes about a second, which is
what is lost with a host. Of what is left everybody gets a share, so that all end together.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Generic, TypeVar

Item = TypeVar("Item")

TASK_S = 1.0
"""Seconds that a task should take."""

MOST = 1000
"""Items of a task."""

AHEAD = 2
"""Tasks under way for every thread of the cluster: one is done, the next lies there already."""


@dataclass(frozen=True, slots=True)
class TaskBatch(Generic[Item]):
    """Items that go together. losses: how many hosts were lost that had them."""

    items: tuple[Item, ...]
    losses: int = 0


@dataclass(slots=True)
class TaskBatches(Generic[Item]):
    """The items that wait. threads: how many items the cluster does at a time."""

    waiting: deque[Item]
    again: deque[TaskBatch[Item]] = field(default_factory=deque)
    seconds: float = 0.0
    done: int = 0
    begun: float = field(default_factory=monotonic)

    @classmethod
    def of(cls, items: Iterable[Item]) -> TaskBatches[Item]:
        """All items, of which nothing is known yet."""
        return cls(deque(items))

    def __bool__(self) -> bool:
        return bool(self.waiting or self.again)

    def next(self, threads: int) -> TaskBatch[Item]:
        """What goes next: first what was lost, item by item."""
        if self.again:
            return self.again.popleft()
        size = min(self.size(threads), len(self.waiting))
        return TaskBatch(tuple(self.waiting.popleft() for _ in range(size)))

    def size(self, threads: int) -> int:
        """How many items the next task should have: one as long as nothing is known of them."""
        if not self.done:
            return 1
        share = math.ceil(len(self.waiting) / (AHEAD * threads))
        fitting = int(TASK_S * self.done / max(self.seconds, 1e-9))
        return max(1, min(share, fitting, MOST))

    def lost(self, batch: TaskBatch[Item]) -> None:
        """A host was lost that had these: each goes again by itself."""
        self.again.extend(TaskBatch((item,), batch.losses + 1) for item in batch.items)

    def count(self, items: int, seconds: float) -> None:
        """So many items are done and took so long."""
        self.done += items
        self.seconds += seconds

    def pace(self, left: int, now: datetime) -> str:
        """How fast it goes, and when it should end: "41 a minute, until about 14:32"."""
        minutes = (monotonic() - self.begun) / 60
        rate = self.done / max(minutes, 1e-9)
        if not self.done or not left:
            return f"{rate:,.0f} a minute"
        end = now + timedelta(minutes=left / rate)
        written = f"{end:%H:%M}" if end.date() == now.date() else f"{end:%Y-%m-%d %H:%M}"
        return f"{rate:,.0f} a minute, until about {written}"

"""Waiting for several workers at once."""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Mapping
from time import monotonic
from typing import TypeVar

from gradparity.harness.processes.channel import LOOK_S
from gradparity.harness.processes.process import Asked

A = TypeVar("A")


def as_answered(on: Mapping[Asked[A], tuple[int, ...]]) -> Iterator[tuple[Asked[A], float]]:
    """Yield each request once it is answered, and the time of `monotonic` by which it has to be.

    on: the cores that each worker is busy on. Where one is done, one from the most crowded cores
    moves in.
    """
    busy = dict(on)
    start = monotonic()
    while busy:
        by = max(asked.by(start) for asked in busy)
        done = _first(busy, by)
        yield done, done.by(start)
        free, taken = busy.pop(done), list(busy.values())
        crowded = max(taken, key=taken.count, default=free)
        if taken.count(crowded) >= taken.count(free) + 2:
            moved = next(asked for asked, cores in busy.items() if cores == crowded)
            moved.worker.move(free)
            busy[moved] = free


def _first(busy: Iterable[Asked[A]], by: float) -> Asked[A]:
    """One that is answered; any, if none is in time."""
    while True:
        silent = {}
        for asked in busy:
            file = asked.worker.silent_until()
            if file is None:
                return asked
            silent[file] = asked
        left = max(0.0, by - monotonic())
        ready = select.select(list(silent), [], [], min(left, LOOK_S))[0]
        if ready or left <= LOOK_S:
            return silent[ready[0]] if ready else next(iter(silent.values()))

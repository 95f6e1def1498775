"""Contestants that are timed in turn: one process, one core, one thread.

In each round every contestant is timed once, in random order, so that what the machine does to one
it does to all; each with as many calls as fill about the seconds asked for. Ratios are to be taken
round by round.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def one_core() -> None:
    """Keep this process on one core, and the libraries that it has not loaded yet to one thread."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"


def race(
    runs: Mapping[str, Callable[[], object]],
    rounds: int,
    seconds: float,
    rng: np.random.Generator,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, np.ndarray]:
    """Contestant -> seconds per call by `clock`, [rounds]."""
    import numpy as np  # here, so that `one_core` comes before the libraries that it speaks to

    calls = {name: _calls_in(run, seconds, clock) for name, run in runs.items()}
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name in rng.permutation(list(runs)):
            taken[name].append(_timed(runs[name], calls[name], clock) / calls[name])
    return {name: np.array(found) for name, found in taken.items()}


def _calls_in(run: Callable[[], object], seconds: float, clock: Callable[[], float]) -> int:
    """Calls that fill about `seconds`, after a warm-up; at least one."""
    run()
    calls = 1
    while True:
        spent = _timed(run, calls, clock)
        if spent >= seconds / 2 or calls > 1 << 20:
            return max(1, round(calls * seconds / spent))
        calls *= 4


def _timed(run: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    run()  # its own data back into the caches
    start = clock()
    for _ in range(calls):
        run()
    return clock() - start

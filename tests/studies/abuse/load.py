"""How much slower the machine is than it would be alone, so that its load is nobody's fault."""

from __future__ import annotations

import math
import time
from functools import cache

CORE_S = 0.5


@cache
def stretch() -> float:
    """Seconds of the clock that a second of a core takes, 1 on a quiet machine.

    Measured once in a process: those of the study last for a few trials (`study.CHUNK`).
    """
    began, used = time.monotonic(), time.process_time()
    while time.process_time() - used < CORE_S:
        pass
    return max(1.0, (time.monotonic() - began) / CORE_S)


def plenty(seconds: float) -> int:
    """So many seconds of a quiet machine, in whole seconds of this one as it is now."""
    return math.ceil(seconds * stretch())

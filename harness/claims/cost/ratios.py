"""What a gradient costs over a forward pass: by operations on paper, and by CPU time in pairs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from gradparity.backends import Setting
from gradparity.backends.backend import CountingBackend
from gradparity.backends.catalogue import load
from gradparity.harness.claims.tools.answers import prepared
from gradparity.problems.catalogue import PROBLEMS

LEAST = 2e-3
"""Seconds of CPU time in a sample, at least: so many calls are made in one."""


def operations(problem: str, size: str, operator: str) -> int:
    """Arithmetic operations of the tape's program, counted from shapes (`programs/cost.py`)."""
    instance = PROBLEMS[problem].instance(size, 0)
    tape = load("tape")
    assert isinstance(tape, CountingBackend)
    with np.errstate(all="ignore"):
        return int(tape.counters(PROBLEMS[problem], operator, instance, Setting())["tape_flops"])


def by_operations(problem: str, size: str) -> float:
    """Operations of value and gradient together, over those of the value."""
    return operations(problem, size, "gradient") / operations(problem, size, "value")


def by_time(problem: str, size: str, backend: str, pairs: int) -> list[float]:
    """CPU time of value and gradient over that of the value, of each pair.

    The two of a pair are sampled one after the other, in an order that changes with every pair, so
    that whatever slows the machine down for longer slows both. BLAS and OpenMP have one thread:
    others would count the time in which they wait.
    """
    instance = PROBLEMS[problem].instance(size, 0)
    loss = prepared(problem, instance, backend)
    calls = []
    for operator in ("value", "gradient"):
        made = loss.operator(operator)
        calls.append((made.run, made.encode(instance)))
    found = []
    with np.errstate(all="ignore"), threadpool_limits(1):
        counts = [_count(*call) for call in calls]
        for pair in range(pairs):
            spent = [0.0, 0.0]
            for which in (0, 1) if pair % 2 == 0 else (1, 0):
                spent[which] = _sample(*calls[which], counts[which])
            found.append(spent[1] / spent[0])
    return found


def _count(run: Callable[[Any], Any], native: Any) -> int:
    _sample(run, native, 2)
    return max(1, int(np.ceil(LEAST / max(_sample(run, native, 3), 1e-9))))


def _sample(run: Callable[[Any], Any], native: Any, calls: int) -> float:
    """Seconds of CPU time a call, of all threads."""
    start = time.process_time()
    for _ in range(calls):
        run(native)
    return (time.process_time() - start) / calls

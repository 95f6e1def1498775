"""Memory and swap."""

from __future__ import annotations

from gradparity.harness.doctor.observation import Observation, judged
from gradparity.harness.processes.limits import GIB

ENOUGH_GIB = 2.0
"""A run of the largest problems, with a process per library and copy, holds less than that."""


def observations() -> list[Observation]:
    """Return how much memory is free, and whether any of it is on disk."""
    import psutil

    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    free, total = memory.available / GIB, memory.total / GIB
    used, there = swap.used / GIB, swap.total / GIB
    return [
        judged(
            "memory",
            f"{free:.1f} of {total:.1f} GiB free",
            free >= ENOUGH_GIB,
            "close what holds it (top, then Shift-M), or bound the workers: gradparity run "
            "--memory 1",
            free_gib=round(free, 2),
            total_gib=round(total, 2),
        ),
        judged(
            "swap",
            f"{used:.1f} of {there:.1f} GiB used" if there else "none",
            used < 0.05,
            "what is swapped out comes back in the middle of a sample: sudo swapoff --all, "
            "and afterwards sudo swapon --all",
            used_gib=round(used, 2),
            total_gib=round(there, 2),
        ),
    ]

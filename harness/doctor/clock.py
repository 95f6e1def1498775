"""The clock: how fine it is, as measured, and what it is made of."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import perf_counter, perf_counter_ns

from gradparity.harness.doctor.observation import GOOD, Observation, judged, text, unknown

FINE_S = 1e-6
"""A sample takes 2 ms at least, of which this is half a per mille."""

CHEAP = ("tsc", "arch_sys_counter")
"""Clocks that are read in a few nanoseconds, without a call of the system."""


def observations(root: Path = Path("/")) -> list[Observation]:
    """Return what is known of the clock."""
    return [resolution(), source(root)]


def resolution(pairs: int = 20_000) -> Observation:
    """Return the smallest step of `perf_counter`, and what two readings in a row cost."""
    steps = []
    for _ in range(pairs):
        first = perf_counter_ns()
        steps.append(perf_counter_ns() - first)
    start = perf_counter()
    for _ in range(pairs):
        perf_counter()
    each_s = (perf_counter() - start) / pairs
    positive = [step for step in steps if step > 0]
    step_s = min(positive) * 1e-9 if positive else each_s
    return judged(
        "clock resolution",
        f"{step_s * 1e9:.0f} ns (median step {median(steps):.0f} ns, a reading costs "
        f"{each_s * 1e9:.0f} ns)",
        step_s <= FINE_S,
        "samples cannot be told apart below that: use Linux, or fewer layers of virtual machines",
        step_s=step_s,
        reading_s=each_s,
    )


def source(root: Path) -> Observation:
    """Return the clock that the kernel reads."""
    folder = root / "sys/devices/system/clocksource/clocksource0"
    name = text(folder / "current_clocksource")
    if name is None:
        return unknown("clock source", "not readable")
    if name in CHEAP:
        return Observation("clock source", name, GOOD, "", {"source": name})
    offered = (text(folder / "available_clocksource") or "").split()
    better = next((clock for clock in CHEAP if clock in offered), None)
    advice = (
        f"echo {better} | sudo tee /{folder.relative_to(root)}/current_clocksource"
        if better
        else "the machine offers no cheaper one; nothing to do but longer samples"
    )
    return judged("clock source", name, name == "kvm-clock", advice, source=name)

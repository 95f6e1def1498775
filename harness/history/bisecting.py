"""The commit at which a row became slow, or wrong, in log₂ n gates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradparity.harness.gate.effort import Effort
from gradparity.harness.gate.live import Gated
from gradparity.harness.gate.row import Change, GateRow
from gradparity.harness.history.record import PastCommit
from gradparity.harness.planning.plan import Plan
from gradparity.problems import InputError
from gradparity.problems.errors import unknown

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Culprit:
    """commit: the first that is bad. what: "slower by 31 % [29, 33]" or "wrong: formula".

    gates: how many it took. sure: whether every gate on the way was decided by its interval; where
    one held both answers, its estimate decided.
    """

    commit: PastCommit
    what: str
    gates: int
    sure: bool


def bisected(
    plan: Plan,
    label: str,
    commits: Sequence[PastCommit],
    effort: Effort,
    say: Say,
    run: Callable[..., Gated],
) -> Culprit:
    """The first commit of `commits` at which a row is wrong, or slower by half of the whole change.

    commits: from one that is good to one that is bad, the oldest first; every gate is against the
    first of them, so that a change is always seen whole: ln ratio beyond half of ln of the whole.
    Raises InputError if the last commit is neither wrong nor slower, or has no such row.
    """
    good = commits[0]
    gates = 0

    def row_at(commit: PastCommit, margin: float) -> GateRow:
        nonlocal gates
        gates += 1
        say(f"gate {gates}: {commit.short} {commit.title[:50]}")
        gated = run(plan, good.hash, replace(effort, margin=margin), say, commit.hash)
        return _row(gated.rows, label)

    last = row_at(commits[-1], effort.margin)
    wrong = last.wrong
    change = last.again or last.change
    if not wrong and (last.status != "regressed" or change is None):
        raise InputError(
            f"{label} is neither wrong nor slower at {commits[-1].short} than at {good.short}: "
            f"{last.status}; name other commits, or give the gate more time: --total-seconds"
        )
    half = 0.0 if wrong or change is None else 0.5 * math.log(change.ratio)
    low, high, sure = 0, len(commits) - 1, True
    while high - low > 1:
        middle = (low + high) // 2
        row = row_at(commits[middle], math.expm1(half) or effort.margin)
        bad, decided = (row.wrong, True) if wrong else _slower(row, half)
        sure = sure and decided
        low, high = (low, middle) if bad else (middle, high)
    what = f"wrong: {last.status}" if wrong or change is None else _told(change)
    return Culprit(commits[high], what, gates, sure)


def _slower(row: GateRow, half: float) -> tuple[bool, bool]:
    """Whether a row is beyond half of the change, and whether its interval says so."""
    change = row.again or row.change
    if change is None:
        return False, False
    low, high = math.log(change.low), math.log(change.high)
    return math.log(change.ratio) > half, not low <= half <= high


def _told(change: Change) -> str:
    return f"slower by {change.ratio - 1:.0%} [{change.low - 1:.0%}, {change.high - 1:.0%}]"


def _row(rows: Sequence[GateRow], label: str) -> GateRow:
    for row in rows:
        if row.label == label:
            return row
    raise unknown("row", label, [row.label for row in rows])


def narrowed(plan: Plan, label: str) -> Plan:
    """The plan of one row alone. Raises InputError, with the nearest, for a row that it has not."""
    known = {
        f"{workload.label} {subject.label}": (workload, subject)
        for workload in plan.workloads
        for subject in plan.subjects(workload)
    }
    if label not in known:
        raise unknown("row", label, known)
    workload, subject = known[label]
    backends = {subject.backend: subject.file}
    return replace(plan, workloads=(workload,), backends=backends, reference=subject.backend)

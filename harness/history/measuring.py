"""Measuring a history: one gate for each pair that is still missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gradparity.harness.gate.effort import Effort
from gradparity.harness.gate.live import Gated, gate
from gradparity.harness.gate.row import GateRow
from gradparity.harness.history.file import read, write
from gradparity.harness.history.record import CommitHistory, Gate, PastCommit, PastRow
from gradparity.harness.planning.plan import Plan
from gradparity.problems import InputError

Say = Callable[[str], None]
GateOf = Callable[..., Gated]
"""`gate`, or what stands in for it in a test."""


def measured(
    plan: Plan, history: CommitHistory, path: Path, effort: Effort, say: Say, run: GateOf = gate
) -> CommitHistory:
    """The history with every pair measured; what the file at `path` has of it is not done again.

    Stored after every gate. A commit that cannot be measured (it does not import, say) has no rows.
    Raises InputError where the file holds the history of something else.
    """
    held = read(path)
    if held is not None:
        _check_same(held, history, path)
        history = history.model_copy(update={"gates": held.gates})
    missing = history.missing()
    for number, (commit, base, beside) in enumerate(missing, 1):
        say(f"{number} of {len(missing)}: {commit.short} {commit.title[:50]}, beside {base.short}")
        rows = _rows(run, plan, commit, base, effort, say)
        done = Gate(commit=commit.hash, base=base.hash, beside=beside, rows=rows)
        history = history.model_copy(update={"gates": [*history.gates, done]})
        write(history, path)
    return history


def _rows(
    run: GateOf, plan: Plan, commit: PastCommit, base: PastCommit, effort: Effort, say: Say
) -> list[PastRow]:
    try:
        gated = run(plan, base.hash, effort, say, commit.hash)
    except InputError as error:
        say(f"{commit.short} beside {base.short} cannot be measured: {error}")
        return []
    return [row_of(row) for row in gated.rows]


def row_of(row: GateRow) -> PastRow:
    """What a history keeps of a gate's row; of a candidate, what its fresh processes showed."""
    change = row.again or row.change
    return PastRow(
        label=row.label,
        verdict=row.cell.status,
        status=row.status,
        reason=row.reason[:500],
        ratio=change.ratio if change else None,
        low=change.low if change else None,
        high=change.high if change else None,
        floor=change.floor if change else None,
    )


def _check_same(held: CommitHistory, asked: CommitHistory, path: Path) -> None:
    for what in ("targets", "options", "machine"):
        old, new = getattr(held, what), getattr(asked, what)
        if old != new:
            raise InputError(
                f"{path} holds a history of other {what} ({old!r}, not {new!r}); "
                "name another file: --file"
            )
    if held.commits[0].hash != asked.commits[0].hash:
        raise InputError(
            f"{path} holds a history with the anchor {held.commits[0].short}, "
            f"not {asked.commits[0].short}; name another file: --file"
        )

"""What comes out of a gate: one row per problem, size, operator, setting and subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gradparity.results.records.record import Cell, Sample
from gradparity.results.records.statuses import INACCURATE, WRONG, ExitCode
from gradparity.results.records.statuses import exit_code as deserved

COMPARED = ("pass", "regressed", "improved", "inconclusive")
"""Statuses of rows that could be compared with base."""


@dataclass(frozen=True, slots=True)
class Change:
    """How many times as long head takes as base: the estimate, its interval, what it rests on.

    floor: how far two copies of head differ, as a fraction. pairs: of fresh processes.
    base_s, head_s: median seconds per call, None where they were not measured side by side.
    """

    ratio: float
    low: float
    high: float
    floor: float
    pairs: int
    rounds: int
    base_s: float | None = None
    head_s: float | None = None


@dataclass(frozen=True, slots=True)
class PairSamples:
    """The raw samples of one pair of processes: base, head, and the second copy of head."""

    base: tuple[Sample, ...]
    head: tuple[Sample, ...]
    copy: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class GateRow:
    """One row.

    cell: head's verdict, with what there is to say about it.
    status: one of `COMPARED`; "new", where base has nothing to compare with; or the cell's status:
        a wrong gradient, one that loses digits where that is refused, or one of `UNANSWERED`.
    margin: by how much head may be slower, as a fraction. reason: for a person, "" if none is due.
    change: None where nothing was timed. again: the same on fresh workers, if it came to that.
    remarks: what does not gate, but should be seen. samples: screened, then again.
    """

    cell: Cell
    margin: float
    status: str
    reason: str = ""
    change: Change | None = None
    again: Change | None = None
    remarks: tuple[str, ...] = ()
    file: str | None = None
    samples: tuple[PairSamples, ...] = ()

    @property
    def subject(self) -> str:
        """For people: "torch (idiomatic)"."""
        return self.cell.label

    @property
    def label(self) -> str:
        """For people: "rosenbrock large gradient float64 torch"."""
        return " ".join((*self.where, self.subject))

    @property
    def where(self) -> tuple[str, ...]:
        """Problem, size, operator and dtype."""
        return (self.cell.problem, self.cell.size, self.cell.operator, self.cell.dtype)

    @property
    def wrong(self) -> bool:
        """Whether head's gradient is wrong, or refused for the digits that it loses."""
        return self.status in WRONG or self.status in INACCURATE

    @property
    def unjudged(self) -> bool:
        """Whether the gate's time was spent before head's gradient was judged."""
        return self.cell.status == "inconclusive"

    def ended(self, status: str, reason: str) -> GateRow:
        """The same row with another status."""
        return replace(self, status=status, reason=reason)


def exit_code(rows: Sequence[GateRow], strict: bool = False) -> int:
    """The exit code that rows deserve.

    0 good or inconclusive; 3 a wrong gradient, which outranks all; 1 a regression, or with `strict`
    an inconclusive row; 4 something did not finish, a gradient that was not judged for want of
    time among it, or there was nothing but skips.
    """
    statuses = {row.status for row in rows}
    code = deserved(statuses, strict=True)
    if code is not ExitCode.WRONG and "regressed" in statuses:
        return ExitCode.REGRESSION
    if code is ExitCode.GOOD and any(row.unjudged for row in rows):
        return ExitCode.UNFINISHED
    unsure = code is ExitCode.GOOD and strict and "inconclusive" in statuses
    return ExitCode.REGRESSION if unsure else code


def counted(rows: Sequence[GateRow]) -> dict[str, int]:
    """How many rows there are of each status."""
    return dict(Counter(row.status for row in rows))


def as_document(row: GateRow) -> dict[str, Any]:
    """The row in JSON's types, without raw samples."""
    cell = row.cell
    return {
        **dict(zip(("problem", "size", "operator", "dtype"), row.where, strict=True)),
        "backend": cell.backend,
        "variant": cell.variant,
        "device": cell.device,
        "threads": cell.threads,
        "verdict": cell.status,
        "status": row.status,
        "reason": row.reason,
        "margin": row.margin,
        "change": asdict(row.change) if row.change else None,
        "again": asdict(row.again) if row.again else None,
        "remarks": list(row.remarks),
    }

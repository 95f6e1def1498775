"""A row on its way through a gate."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradparity.harness.gate.row import GateRow, PairSamples
from gradparity.harness.messages.spec import Spec
from gradparity.harness.planning.plan import Subject
from gradparity.results.records.statuses import TIMED


@dataclass(slots=True)
class Trial:
    """What a row is so far, and the samples that were taken for it.

    spec: what a worker of head needs to prepare it. screened, again: of the pairs that screened it,
    and of the fresh ones that confirmed. seconds: spent, on screening or confirming.
    took_s: the last time that a pair went through it; None before that.
    """

    row: GateRow
    subject: Subject
    spec: Spec
    screened: list[PairSamples] = field(default_factory=list)
    again: list[PairSamples] = field(default_factory=list)
    seconds: float = 0.0
    took_s: float | None = None

    @property
    def open(self) -> bool:
        """Whether there is something left to find out by timing."""
        return self.row.status == "inconclusive" and self.row.cell.status in TIMED

    @property
    def will_take_s(self) -> float:
        """What a pair will take to go through it: as the last one; as it took to prepare."""
        cell = self.row.cell
        known = (cell.prepare_s or 0.0) + (cell.first_s or 0.0)
        return known if self.took_s is None else self.took_s

"""A row on its way through a gate."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradparity.harness.gate.row import GateRow, PairSamples
from gradparity.harness.messages.spec import Spec
from gradparity.harness.planning.plan import Subject


@dataclass(slots=True)
class Trial:
    """What a row is so far, and the samples that were taken for it.

    spec: what a worker of head needs to prepare it. screened, again: of the pairs that screened it,
    and of the fresh ones that confirmed. seconds: spent, on screening or confirming.
    """

    row: GateRow
    subject: Subject
    spec: Spec
    screened: list[PairSamples] = field(default_factory=list)
    again: list[PairSamples] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def open(self) -> bool:
        """Whether there is something left to find out by timing."""
        return self.row.status == "inconclusive"

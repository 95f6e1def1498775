"""The request that measures a claim."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.harness.messages.request import Request
from gradparity.results.records.claim import ClaimFinding


@dataclass(frozen=True, slots=True)
class MeasureClaim(Request[ClaimFinding]):
    """Measure the claim of this number; quick: see `Extent`."""

    begins = True
    number: int
    quick: bool

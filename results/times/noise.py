"""The noise floor of a run: what its controls, two copies of one subject, differ by.

A ratio nearer to 1 than that says nothing, however narrow its interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from gradparity.results.records.record import Cell
from gradparity.results.times.arrays import ratio_estimates


@dataclass(frozen=True, slots=True)
class Noise:
    """Controls of one run. typical, worst: of |ratio - 1|, as a fraction; where: of the worst.

    cases: how many controls there are.
    """

    cases: int
    typical: float
    worst: float
    where: str

    def line(self) -> str:
        """For under a table."""
        cases = "1 case" if self.cases == 1 else f"{self.cases} cases"
        return (
            f"noise: a second copy of the reference differed from it by {self.typical:.1%} "
            f"(median of {cases}), at most {self.worst:.1%} ({self.where})."
        )


def floor(cells: Sequence[Cell]) -> Noise | None:
    """Return the noise of a run's cells; None without a control."""
    held = [cell for cell in cells if len(cell.control)]
    ratios = ratio_estimates([(cell.control, cell.samples) for cell in held])
    found = {
        f"{cell.problem} {cell.size}": abs(ratio - 1)
        for cell, ratio in zip(held, ratios, strict=True)
        if ratio is not None
    }
    if not found:
        return None
    where = max(found, key=found.__getitem__)
    return Noise(len(found), median(found.values()), found[where], where)

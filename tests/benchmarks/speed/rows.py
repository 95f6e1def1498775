"""A row: the processor time of everybody's gradient on one problem at one size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from tests import ROOT

KEPT = ROOT / "docs" / "speed.json"
OURS, LIBRARIES = ("numpy", "tape"), ("jax", "torch", "autograd")


@dataclass(frozen=True)
class SpeedRow:
    """seconds: contestant -> processor seconds a call, a number for each round.

    A contestant is a backend, or "jax (idiomatic)". parameters: how many numbers are
    differentiated by. commit: which was measured.
    """

    problem: str
    size: str
    parameters: int
    commit: str
    seconds: dict[str, list[float]]

    @property
    def name(self) -> str:
        """The problem and its size."""
        return f"{self.problem} {self.size}"

    def faster(self, backend: str) -> list[float] | None:
        """The times of the faster of its two ways; None where it was not measured."""
        ways = [x for who, x in self.seconds.items() if who.partition(" (")[0] == backend]
        return min(ways, key=lambda x: float(np.median(x)), default=None)

    def ratio(self, ours: str, theirs: str) -> tuple[float, float, float] | None:
        """Median of the rounds' ratios, and the ends of its interval (`interval`)."""
        one, other = self.faster(ours), self.faster(theirs)
        if one is None or other is None:
            return None
        return interval([x / y for x, y in zip(one, other, strict=True)])


def interval(numbers: list[float]) -> tuple[float, float, float]:
    """The median, and the second from either end: 96 % of nine, by order statistics."""
    ordered = sorted(numbers)
    return float(np.median(ordered)), ordered[1], ordered[-2]


def kept() -> dict[str, SpeedRow]:
    """The rows that were measured, by name."""
    if not KEPT.exists():
        return {}
    return {
        row["problem"] + " " + row["size"]: SpeedRow(**row) for row in json.loads(KEPT.read_text())
    }


def keep(rows: Mapping[str, SpeedRow]) -> None:
    """Write the rows, one a line, times to four digits."""
    lines = []
    for row in rows.values():
        whole = asdict(row)
        whole["seconds"] = {k: [float(f"{x:.4g}") for x in v] for k, v in row.seconds.items()}
        lines.append(json.dumps(whole))
    KEPT.write_text("[\n" + ",\n".join(lines) + "\n]\n")

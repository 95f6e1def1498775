"""What a history holds: commits, and what each gate between two of them found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Beside: TypeAlias = Literal["before", "anchor"]
"""What a commit was timed beside: the commit before it, or the anchor."""


class Strict(BaseModel):
    """A record as it stands in a file: nothing more, nothing of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PastCommit(Strict):
    """hash: in full. date: ISO 8601. title: the first line of its message."""

    hash: str
    date: str
    title: str

    @property
    def short(self) -> str:
        """The first seven digits of its hash."""
        return self.hash[:7]


class PastRow(Strict):
    """One row of a gate between two commits.

    label: problem, size, operator, dtype, subject. verdict: of the later commit's gradient.
    status: of the gate: a regression or an improvement is confirmed on fresh processes.
    ratio: how many times as long the later one takes, low ... high its 95 % interval; None where
    nothing was timed. floor: how far two copies of it differed.
    """

    label: str
    verdict: str
    status: str
    reason: str = ""
    ratio: float | None = Field(default=None, gt=0)
    low: float | None = Field(default=None, gt=0)
    high: float | None = Field(default=None, gt=0)
    floor: float | None = None


class Gate(Strict):
    """The gate of `commit` (head) against `base`, both hashes."""

    commit: str
    base: str
    beside: Beside
    rows: list[PastRow]


class CommitHistory(Strict):
    """targets, options: as typed. commits: the oldest first; the first is the anchor."""

    version: Literal[1] = 1
    targets: list[str]
    options: str
    machine: str
    commits: list[PastCommit]
    gates: list[Gate] = []

    def pairs(self) -> Iterator[tuple[PastCommit, PastCommit, Beside]]:
        """(commit, base, beside) of every gate that belongs to it, in order."""
        anchor = self.commits[0]
        for before, commit in zip(self.commits, self.commits[1:], strict=False):
            yield commit, before, "before"
            if before is not anchor:
                yield commit, anchor, "anchor"

    def gate(self, commit: str, beside: Beside) -> Gate | None:
        """What was found of this commit, None if it was not measured.

        The second commit's neighbour is the anchor: one gate for both.
        """
        for one in self.gates:
            if one.commit == commit and one.beside == beside:
                return one
        if beside == "anchor" and len(self.commits) > 1 and commit == self.commits[1].hash:
            return self.gate(commit, "before")
        return None

    def missing(self) -> list[tuple[PastCommit, PastCommit, Beside]]:
        """The pairs that were not measured yet."""
        done = {(one.commit, one.base) for one in self.gates}
        return [(c, b, beside) for c, b, beside in self.pairs() if (c.hash, b.hash) not in done]

    def labels(self) -> list[str]:
        """Every row, in order of appearance."""
        return list(dict.fromkeys(row.label for gate in self.gates for row in gate.rows))


@dataclass(frozen=True, slots=True)
class Point:
    """A row at a commit. ratio: to the anchor, with its interval; None where it was not timed."""

    commit: PastCommit
    verdict: str
    ratio: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class TimeStep:
    """A commit at which a row's time changed: by `ratio`, low ... high, beside the one before."""

    label: str
    commit: PastCommit
    ratio: float
    low: float
    high: float


def series(history: CommitHistory, label: str) -> list[Point]:
    """One row over the commits, beside the anchor, which is 1."""
    points = [Point(history.commits[0], "", 1.0, 1.0, 1.0)]
    for commit in history.commits[1:]:
        row = _row(history.gate(commit.hash, "anchor"), label)
        if row is not None:
            points.append(Point(commit, row.verdict, row.ratio, row.low, row.high))
    return points


def steps(history: CommitHistory) -> list[TimeStep]:
    """Where a row's time changed.

    Two things have to hold. The gate beside the commit before confirmed the change on fresh
    processes, which happens by chance in at most 5 of 100 gates, whatever the number of rows
    (`harness/gate/decision.py`). And beside the anchor, which was measured by other processes, the
    intervals of the two commits are apart: then both measurements say so, not one.
    """
    found = []
    for label in history.labels():
        points = {point.commit.hash: point for point in series(history, label)}
        for before, commit in zip(history.commits, history.commits[1:], strict=False):
            row = _row(history.gate(commit.hash, "before"), label)
            if row is None or row.status not in ("regressed", "improved"):
                continue
            if before is history.commits[0] or _apart(
                points.get(before.hash), points.get(commit.hash)
            ):
                assert row.ratio is not None
                low, high = row.low or row.ratio, row.high or row.ratio
                found.append(TimeStep(label, commit, row.ratio, low, high))
    return found


def undecided(history: CommitHistory, labels: Sequence[str]) -> tuple[int, int]:
    """Return how many comparisons of these rows with the commit before are inconclusive, of all."""
    found = [
        row.status == "inconclusive"
        for gate in history.gates
        if gate.beside == "before"
        for row in gate.rows
        if row.label in labels
    ]
    return sum(found), len(found)


def no_step(history: CommitHistory, labels: Sequence[str]) -> str:
    """Say that there is no step, as far as that is known."""
    open_rows, rows = undecided(history, labels)
    if not open_rows:
        return f"No step in {len(history.commits)} commits: no row changed beyond its margin."
    return (
        f"No step was found in {len(history.commits)} commits, but {open_rows} of {rows} "
        "comparisons are inconclusive: --total-seconds gives each gate longer."
    )


def _row(gate: Gate | None, label: str) -> PastRow | None:
    rows: Sequence[PastRow] = () if gate is None else gate.rows
    return next((row for row in rows if row.label == label), None)


def _apart(one: Point | None, other: Point | None) -> bool:
    if one is None or other is None:
        return False
    ends = (one.low, one.high, other.low, other.high)
    if any(end is None or not math.isfinite(end) for end in ends):
        return False
    a_low, a_high, b_low, b_high = (float(end) for end in ends if end is not None)
    return a_high < b_low or b_high < a_low

"""Where rows are timed: one set of fresh processes after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from gradparity.harness.gate.effort import Effort, Rounds
from gradparity.harness.gate.paired_processes import PairedProcesses, SideFailure
from gradparity.harness.gate.row import GateRow, PairSamples
from gradparity.harness.gate.sides import Sides
from gradparity.harness.gate.trial import Trial
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import OtherVersion

Say = Callable[[str], None]


@dataclass(slots=True)
class Bench:
    """The sides of a gate on this machine, and what it has spent.

    began: when the gate did, by `perf_counter`. busy_s: spent preparing and sampling.
    processes: what makes a set of fresh processes.
    """

    sides: Sides
    limits: Limits
    effort: Effort
    rng: np.random.Generator
    say: Say
    began: float = field(default_factory=perf_counter)
    busy_s: float = 0.0
    processes: Callable[[str, Sides, Limits], PairedProcesses] = PairedProcesses

    def late(self, share: float = 1.0) -> bool:
        """Whether this share of the gate's time is spent."""
        return perf_counter() - self.began > share * self.effort.total_s

    def sample(
        self,
        backend: str,
        trials: Sequence[Trial],
        number: int,
        where: Callable[[Trial], list[PairSamples]],
        rounds: Rounds,
    ) -> None:
        """Let a pair of fresh processes go through these trials; `where` takes the samples.

        number: of the pair. A row one side of which fails is ended. Raises InputError where base is
        a gradparity that does not understand this one.
        """
        pair = self.processes(backend, self.sides, self.limits)
        try:
            pair.start(self.rng)
            for trial in trials:
                start = perf_counter()
                try:
                    where(trial).append(pair.sample(trial.spec, rounds, self.rng, number))
                except SideFailure as failure:
                    trial.row = _failed(trial.row, failure, self.sides)
                spent = perf_counter() - start
                trial.seconds += spent
                self.busy_s += spent
        finally:
            pair.end()


def backends(trials: Sequence[Trial]) -> list[str]:
    """The backends that still have something to do: names or files."""
    return list(dict.fromkeys(trial.subject.source for trial in trials if trial.open))


def counted(trials: Sequence[Trial]) -> str:
    """Return "1 row", "2 rows"."""
    return "1 row" if len(trials) == 1 else f"{len(trials)} rows"


def _failed(row: GateRow, failed: SideFailure, sides: Sides) -> GateRow:
    """A row one side of which failed: base has no time, or head did not finish."""
    if failed.side == "head":
        return row.ended(failed.failure.status, failed.failure.reason)
    if isinstance(failed.failure, OtherVersion):
        raise sides.not_understood(failed.failure) from failed
    told = sides.told(failed.failure.reason)
    return row.ended("new", f"{sides.commit.label} has no time: {told}")

"""Where rows are timed: one set of fresh processes after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradparity.harness.gate.clock import Clock
from gradparity.harness.gate.effort import Effort, Rounds
from gradparity.harness.gate.paired_processes import PairedProcesses, SideFailure
from gradparity.harness.gate.row import GateRow, PairSamples
from gradparity.harness.gate.sides import Sides
from gradparity.harness.gate.trial import Trial
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import OtherVersion, OutOfTime

Say = Callable[[str], None]


@dataclass(slots=True)
class Bench:
    """The sides of a gate on this machine, and what it has spent.

    busy_s: spent preparing and sampling. processes: what makes a set of fresh processes.
    starting_s: what a set took to start, by backend; before its first, the longest of the others.
    """

    sides: Sides
    limits: Limits
    effort: Effort
    rng: np.random.Generator
    say: Say
    clock: Clock
    busy_s: float = 0.0
    starting_s: dict[str, float] = field(default_factory=dict)
    processes: Callable[[str, Sides, Limits], PairedProcesses] = PairedProcesses

    def affordable(self, backend: str, trials: Sequence[Trial], share: float) -> list[Trial]:
        """Those that a pair of fresh processes can go through in what is left of the time."""
        longest = max(self.starting_s.values(), default=0.0)
        left = self.clock.left_s(share) - self.starting_s.get(backend, longest)
        found = []
        for trial in trials:
            if trial.will_take_s < left:
                left -= trial.will_take_s
                found.append(trial)
        return found

    def sample(
        self,
        backend: str,
        trials: Sequence[Trial],
        number: int,
        where: Callable[[Trial], list[PairSamples]],
        rounds: Rounds,
        share: float = 1.0,
    ) -> bool:
        """Let a pair of fresh processes go through these trials; whether there was time for any.

        where: takes the samples. number: of the pair. share: of the gate's time, in which it has to
        be done. A row one side of which fails is ended. Raises InputError where base is a
        gradparity that does not understand this one.
        """
        able, now = self.affordable(backend, trials, share), self.clock.now
        if not able:
            return False
        done, began = 0, now()
        pair = self.processes(backend, self.sides, self.limits)
        try:
            pair.start(self.rng)
            self.starting_s[backend] = now() - began
            for trial in able:
                if trial.will_take_s >= self.clock.left_s(share):
                    continue
                start = now()
                try:
                    where(trial).append(pair.sample(trial.spec, rounds, self.rng, number))
                except SideFailure as failure:
                    if isinstance(failure.failure, OutOfTime):
                        break
                    trial.row = _failed(trial.row, failure, self.sides)
                trial.took_s = now() - start
                trial.seconds += trial.took_s
                self.busy_s += trial.took_s
                done += 1
        finally:
            pair.end()
        return done > 0


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

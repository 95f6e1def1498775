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

    def start_s(self, backend: str) -> float:
        """What a set of processes will take to start."""
        return self.starting_s.get(backend, max(self.starting_s.values(), default=0.0))

    def affordable(self, backend: str, trials: Sequence[Trial], kept_s: float) -> list[Trial]:
        """Those that a pair of fresh processes can go through before only `kept_s` are left."""
        left = self.clock.left_s() - kept_s - self.start_s(backend)
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
        kept_s: float = 0.0,
    ) -> bool:
        """Let a pair of fresh processes go through these trials; whether there was time for any.

        where: takes the samples. number: of the pair. kept_s: of the gate's time, for others.
        A row one side of which fails is ended. Raises InputError where base is a gradparity that
        does not understand this one.
        """
        able, now = self.affordable(backend, trials, kept_s), self.clock.now
        if not able:
            return False
        again = " again on a fresh" if where(able[0]) is able[0].again else ","
        self.say(f"{backend}: {counted(able)}{again} pair {number + 1}")
        done, began = 0, now()
        pair = self.processes(backend, self.sides, self.limits)
        try:
            pair.start(self.rng)
            self.starting_s[backend] = now() - began
            for trial in able:
                if trial.will_take_s >= self.clock.left_s() - kept_s:
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

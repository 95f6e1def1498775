"""Base against head, until the samples show something.

Backend by backend, a pair of fresh processes goes through the rows that are open, and another,
until every row's interval lies on one side of its margin, or its time is spent. The candidates that
remain are timed again from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from gradparity.harness.gate.decision import (
    ALPHA,
    LOOKS,
    change,
    cores_changed,
    impression,
    p_value,
)
from gradparity.harness.gate.pair import Pair, Rounds, SideFailure
from gradparity.harness.gate.row import GateRow, PairSamples
from gradparity.harness.gate.sides import Sides
from gradparity.harness.gate.trials import Trial
from gradparity.harness.processes.process import Limits
from gradparity.problems import InputError
from gradparity.results.times.statistics import holm

Say = Callable[[str], None]

SCREENING = 0.8
"""The share of a gate's time after which no row is screened further."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a gate may spend, and on what.

    margin: by how much a row may be slower, as a fraction. least_pairs, most_pairs: of fresh
    processes, to screen with. looks: numbers of further ones after which a candidate is tested.
    seconds: per row, to screen, and as many to confirm; a row goes on to `least_pairs` anyway.
    total_s: for the whole gate. Screening goes on for `SCREENING` of it, confirming for the rest;
    the first `least_pairs` and the first look at a candidate are not cut short.
    """

    margin: float = 0.03
    least_pairs: int = 2
    most_pairs: int = 6
    looks: tuple[int, ...] = LOOKS
    seconds: float = 15.0
    total_s: float = 150.0
    rounds: Rounds = field(default_factory=Rounds)


def check(effort: Effort) -> Effort:
    """The same effort. Raises InputError for one that makes no sense."""
    if not effort.margin > 0:
        raise InputError(f"margin is {effort.margin}; it should be more than 0 (0.03 is 3 %)")
    if effort.margin >= 10:
        raise InputError(f"margin is {effort.margin}; it is a fraction, 0.03 is 3 %")
    if not 2 <= effort.least_pairs <= effort.most_pairs:
        raise InputError(f"pairs is {effort.most_pairs}; it should be at least 2")
    for name, value in (("seconds", effort.seconds), ("total seconds", effort.total_s)):
        if not value > 0:
            raise InputError(f"{name} is {value}; it should be more than 0")
    return effort


@dataclass(slots=True)
class Arena:
    """Where pairs of processes go through open rows.

    began: when the gate did, by `perf_counter`. busy_s: spent preparing and sampling.
    """

    sides: Sides
    limits: Limits
    effort: Effort
    rng: np.random.Generator
    say: Say
    began: float = field(default_factory=perf_counter)
    busy_s: float = 0.0

    def _late(self, share: float = 1.0) -> bool:
        """Whether this share of the gate's time is spent."""
        return perf_counter() - self.began > share * self.effort.total_s

    def screen(self, trials: Sequence[Trial]) -> None:
        """Find a first impression of every open trial: passed, a candidate, or inconclusive.

        Every backend has its first pairs before any has more.
        """
        for number in range(self.effort.most_pairs):
            for backend in _backends(trials):
                first = number < self.effort.least_pairs
                rows = [
                    trial
                    for trial in trials
                    if trial.subject.source == backend and trial.open
                    if first or (_undecided(trial) and trial.seconds < self.effort.seconds)
                ]
                if not rows or (not first and self._late(SCREENING)):
                    continue
                self.say(f"{backend}: pair {number + 1}, {_rows(len(rows))}")
                rounds = self.effort.rounds if first else self.effort.rounds.longer()
                self._pass(backend, rows, number, lambda trial: trial.screened, rounds)
        for trial in trials:
            if trial.open:
                _conclude(trial)

    def confirm(self, trials: Sequence[Trial]) -> None:
        """Time the candidates on fresh processes, and say what they are."""
        candidates = [t for t in trials if t.open and _suspicion(t) is not None]
        for trial in candidates:
            trial.seconds = 0.0
        pending, done = list(candidates), 0
        for look in self.effort.looks:
            for backend in _backends(pending):
                for number in range(done, look):
                    rows = [t for t in pending if t.subject.source == backend and t.open]
                    if rows:
                        self.say(f"{backend}: fresh pair {number + 1}, {_rows(len(rows))} again")
                        longer = self.effort.rounds.longer()
                        self._pass(backend, rows, number, lambda trial: trial.again, longer)
            done = look
            confirmed = self._confirmed(candidates)
            pending = [
                trial
                for trial in pending
                if trial.open and id(trial) not in confirmed
                if not _refuted(trial) and trial.seconds < self.effort.seconds
            ]
            for trial in candidates:
                if id(trial) in confirmed:
                    status = "regressed" if _suspicion(trial) == "slower" else "improved"
                    trial.row = replace(trial.row, status=status, reason="")
            if not pending or self._late():
                break
        for trial in candidates:
            _finish(trial)

    def _confirmed(self, candidates: Sequence[Trial]) -> set[int]:
        """The id of each candidate that is shown on fresh workers, at this look."""
        found = [
            p_value(trial.again, trial.row.margin, _suspicion(trial) == "slower")
            for trial in candidates
        ]
        share = ALPHA / len(self.effort.looks)
        adjusted = holm(found)
        return {
            id(trial)
            for trial, p in zip(candidates, adjusted, strict=True)
            if p is not None and p <= share and trial.open
        }

    def _pass(
        self,
        backend: str,
        trials: Sequence[Trial],
        number: int,
        where: Callable[[Trial], list[PairSamples]],
        rounds: Rounds,
    ) -> None:
        """Let one pair of fresh processes go through these trials."""
        pair = Pair(backend, self.sides, self.limits)
        try:
            pair.start(self.rng)
            for trial in trials:
                start = perf_counter()
                try:
                    made = pair.sample(trial.spec, rounds, self.rng, number)
                    where(trial).append(made)
                except SideFailure as failure:
                    trial.row = _failed(trial.row, failure, self.sides)
                spent = perf_counter() - start
                trial.seconds += spent
                self.busy_s += spent
        finally:
            pair.end()


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"


def _backends(trials: Sequence[Trial]) -> list[str]:
    return list(dict.fromkeys(trial.subject.source for trial in trials if trial.open))


def _failed(row: GateRow, failure: SideFailure, sides: Sides) -> GateRow:
    """A row one side of which failed: base has no time, or head did not finish."""
    if failure.side == "base":
        told = sides.told(failure.failure.reason)
        return row.ended("new", f"{sides.commit.label} has no time: {told}")
    return row.ended(failure.failure.status, failure.failure.reason)


def _impression(trial: Trial) -> str:
    found = change(trial.screened)
    return "open" if found is None else impression(found, trial.row.margin)


def _undecided(trial: Trial) -> bool:
    return _impression(trial) == "open"


def _suspicion(trial: Trial) -> str | None:
    """What is to be confirmed of a screened trial, "slower" or "faster"; None if nothing is.

    Confirming has samples of its own, so that what is suspected may be chosen freely: also a row
    whose interval holds the margin, but whose estimate lies beyond it.
    """
    found = change(trial.screened)
    if found is None:
        return None
    said = impression(found, trial.row.margin)
    if said == "open" and found.ratio > 1.0 + max(trial.row.margin, found.floor):
        return "slower"
    return said if said in ("slower", "faster") else None


def _conclude(trial: Trial) -> None:
    """Write what screening found into the row; a candidate stays open."""
    found = change(trial.screened)
    remark = cores_changed(trial.screened)
    trial.row = replace(
        trial.row,
        change=found,
        samples=tuple(trial.screened),
        remarks=(*trial.row.remarks, *([remark] if remark else [])),
        status="pass" if _impression(trial) == "pass" else "inconclusive",
        reason="" if found is None or not _undecided(trial) else "the interval holds the margin",
    )


def _refuted(trial: Trial) -> bool:
    """Whether fresh workers show that a candidate is none."""
    found = change(trial.again)
    if found is None or impression(found, trial.row.margin) != "pass":
        return False
    limit = 1.0 / (1.0 + max(trial.row.margin, found.floor))
    return _suspicion(trial) == "slower" or found.low > limit


def _finish(trial: Trial) -> None:
    """Write what confirming found into a candidate's row."""
    again = change(trial.again)
    samples = (*trial.screened, *trial.again)
    trial.row = replace(trial.row, again=again, samples=samples)
    if not trial.open:
        return
    suspicion = _suspicion(trial)
    said = "open" if again is None else impression(again, trial.row.margin)
    if _refuted(trial):
        trial.row = trial.row.ended("pass", f"{suspicion} at first, not on fresh workers")
    elif suspicion == "faster" and said in ("pass", "faster"):
        trial.row = trial.row.ended("pass", "faster at first, by how much is not known")
    else:
        told = f"{suspicion} at first, not shown on fresh workers"
        trial.row = trial.row.ended("inconclusive", told)

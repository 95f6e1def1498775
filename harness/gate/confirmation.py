"""The candidates of screening, timed again from the beginning on fresh processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradparity.harness.gate.bench import Bench, backends
from gradparity.harness.gate.decision import ALPHA, LOOKS, change, impression, p_value, suspicion
from gradparity.harness.gate.trial import Trial
from gradparity.results.times.statistics import holm


def confirm(bench: Bench, trials: Sequence[Trial]) -> None:
    """Time the candidates again, and say what they are."""
    least = bench.effort.least_pairs
    candidates = [
        t for t in trials if t.open and len(t.screened) >= least and _suspicion(t) is not None
    ]
    for trial in candidates:
        trial.seconds = 0.0
    effort, pending, done = bench.effort, list(candidates), 0
    rounds = effort.rounds.longer()
    in_time = True
    for look in effort.looks:
        for number in range(done, look):
            in_time = False
            for backend in backends(pending):
                rows = [t for t in pending if t.subject.source == backend and t.open]
                in_time |= bench.sample(backend, rows, number, lambda trial: trial.again, rounds)
            if not in_time:
                break
        done = look
        for trial in _confirmed(candidates, ALPHA / len(effort.looks)):
            status = "regressed" if _suspicion(trial) == "slower" else "improved"
            trial.row = trial.row.ended(status, "")
        pending = [
            trial
            for trial in pending
            if trial.open and not _refuted(trial) and trial.seconds < effort.seconds
        ]
        if not pending or not in_time:
            break
    for trial in candidates:
        _finish(trial)


def _suspicion(trial: Trial) -> str | None:
    found = change(trial.screened)
    return None if found is None else suspicion(found, trial.row.margin)


def _confirmed(candidates: Sequence[Trial], share: float) -> list[Trial]:
    """The open candidates that are shown on fresh workers, at this look's share of `ALPHA`."""
    found = [
        p_value(trial.again, trial.row.margin, _suspicion(trial) == "slower")
        for trial in candidates
    ]
    return [
        trial
        for trial, p in zip(candidates, holm(found), strict=True)
        if p is not None and p <= share and trial.open
    ]


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
    suspected = _suspicion(trial)
    said = "open" if again is None else impression(again, trial.row.margin)
    if _refuted(trial):
        trial.row = trial.row.ended("pass", f"{suspected} at first, not on fresh workers")
    elif suspected == "faster" and said in ("pass", "faster"):
        trial.row = trial.row.ended("pass", "faster at first, by how much is not known")
    else:
        told = f"{suspected} at first, not shown on fresh workers"
        if again is None or again.pairs < LOOKS[0]:
            told = f"{suspected} at first; no time was left to show it on fresh workers"
        trial.row = trial.row.ended("inconclusive", told)

"""A first impression of every row: passed, a candidate for confirmation, or inconclusive.

Backend by backend, a pair of fresh processes goes through the rows that are open, and another;
then more, until every row's interval lies on one side of its margin, or its time is spent. Where
the gate's time is, the backends that were reached are decided, and the others are not. What a first
look at those that look slower so far will take is kept for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradparity.harness.gate.bench import Bench, backends
from gradparity.harness.gate.decision import change, cores_changed, impression
from gradparity.harness.gate.trial import Trial

SHARE = 0.8
"""The share of a gate's time after which no row is screened further."""


def screen(bench: Bench, trials: Sequence[Trial]) -> None:
    """Screen every open trial; every backend has its first pairs before any has more."""
    effort, names = bench.effort, backends(trials)
    first = [(backend, number) for backend in names for number in range(effort.least_pairs)]
    more = range(effort.least_pairs, effort.most_pairs)
    for backend, number in [*first, *((backend, number) for number in more for backend in names)]:
        again = number >= effort.least_pairs
        rows = [
            trial
            for trial in trials
            if trial.subject.source == backend and trial.open
            if not again or (_impression(trial) == "open" and trial.seconds < effort.seconds)
        ]
        if rows:
            rounds = effort.rounds.longer() if again else effort.rounds
            kept_s = max(_first_look_s(bench, trials), again * (1 - SHARE) * effort.total_s)
            bench.sample(backend, rows, number, lambda trial: trial.screened, rounds, kept_s)
    for trial in trials:
        if trial.open:
            _conclude(trial, effort.least_pairs)


def _impression(trial: Trial) -> str:
    found = change(trial.screened)
    return "open" if found is None else impression(found, trial.row.margin)


def _first_look_s(bench: Bench, trials: Sequence[Trial]) -> float:
    """What a first look at those that look slower by now will take: it is kept for them.

    A regression that is shown says more than rows that are screened and left at that.
    """
    seconds, least = 0.0, bench.effort.least_pairs
    for backend in backends(trials):
        own = [t for t in trials if t.subject.source == backend and t.open]
        looked_at = [t for t in own if len(t.screened) >= least and _impression(t) == "slower"]
        if looked_at:
            seconds += bench.start_s(backend) + sum(t.will_take_s for t in looked_at)
    return bench.effort.looks[0] * seconds


def _conclude(trial: Trial, least: int) -> None:
    """Write what screening found into the row; a candidate stays open."""
    found, said = change(trial.screened), _impression(trial)
    if len(trial.screened) < least:
        pairs = f"{len(trial.screened)} of {least} pairs"
        trial.row = replace(
            trial.row,
            change=found,
            samples=tuple(trial.screened),
            reason=trial.row.reason or f"the gate's time was spent after {pairs}",
        )
        return
    remark = cores_changed(trial.screened)
    trial.row = replace(
        trial.row,
        change=found,
        samples=tuple(trial.screened),
        remarks=(*trial.row.remarks, *([remark] if remark else [])),
        status="pass" if said == "pass" else "inconclusive",
        reason="" if found is None or said != "open" else "the interval holds the margin",
    )

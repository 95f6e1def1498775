"""A first impression of every row: passed, a candidate for confirmation, or inconclusive.

Backend by backend, a pair of fresh processes goes through the rows that are open, and another,
until every row's interval lies on one side of its margin, or its time is spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradparity.harness.gate.bench import Bench, backends, counted
from gradparity.harness.gate.decision import change, cores_changed, impression
from gradparity.harness.gate.trial import Trial

SHARE = 0.8
"""The share of a gate's time after which no row is screened further."""


def screen(bench: Bench, trials: Sequence[Trial]) -> None:
    """Screen every open trial; every backend has its first pairs before any has more."""
    effort = bench.effort
    for number in range(effort.most_pairs):
        for backend in backends(trials):
            first = number < effort.least_pairs
            rows = [
                trial
                for trial in trials
                if trial.subject.source == backend and trial.open
                if first or (_impression(trial) == "open" and trial.seconds < effort.seconds)
            ]
            if not rows or (not first and bench.late(SHARE)):
                continue
            bench.say(f"{backend}: pair {number + 1}, {counted(rows)}")
            rounds = effort.rounds if first else effort.rounds.longer()
            bench.sample(backend, rows, number, lambda trial: trial.screened, rounds)
    for trial in trials:
        if trial.open:
            _conclude(trial)


def _impression(trial: Trial) -> str:
    found = change(trial.screened)
    return "open" if found is None else impression(found, trial.row.margin)


def _conclude(trial: Trial) -> None:
    """Write what screening found into the row; a candidate stays open."""
    found, said = change(trial.screened), _impression(trial)
    remark = cores_changed(trial.screened)
    trial.row = replace(
        trial.row,
        change=found,
        samples=tuple(trial.screened),
        remarks=(*trial.row.remarks, *([remark] if remark else [])),
        status="pass" if said == "pass" else "inconclusive",
        reason="" if found is None or said != "open" else "the interval holds the margin",
    )

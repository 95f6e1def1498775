"""Gradients first: head's answers are judged, then base's against the same truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from gradparity.harness.gate.base_answers import BaseAnswers
from gradparity.harness.gate.row import GateRow
from gradparity.harness.gate.sides import Sides
from gradparity.harness.gate.trial import Trial
from gradparity.harness.planning.plan import Plan, Subject, Workload
from gradparity.harness.processes.limits import Limits
from gradparity.harness.terminal.progress import Progress
from gradparity.harness.timing.crew import Crew
from gradparity.harness.timing.workshop import Workshop
from gradparity.results.records.record import Cell
from gradparity.results.records.statuses import is_timed


@dataclass(frozen=True, slots=True)
class Judged:
    """One trial per row of a plan; those that can be timed are `open`.

    preparing_s: of wall time, spent waiting until both sides had prepared and answered once.
    """

    trials: list[Trial]
    preparing_s: float


def judged(plan: Plan, sides: Sides, limits: Limits, folder: Path, margin: float) -> Judged:
    """Judge every row of the plan.

    folder: for answers on their way to the judge. margin: where a workload has none of its own.
    Raises InputError for a user's file of the wrong form.
    """
    plan = replace(plan, options=replace(plan.options, processes=1))
    crew = Crew(plan, limits.cores, folder, False, sides.head, limits.until)
    workshop = Workshop(crew)
    base = BaseAnswers(sides, limits, folder)
    found: list[Trial] = []
    try:
        base.start({subject.source for subject in crew.teams[0]})
        crew.start()  # meanwhile: importing a library takes seconds
        base.greet()
        crew.check_files()
        for workload in plan.workloads:
            # Base is asked after head has answered: what JAX compiled for one, the other finds.
            cells = workshop.cells(workload, Progress(), partial(base.ask, crew, workload))
            trials = [
                _trial(crew, workload, subject, cell, margin)
                for subject, cell in zip(plan.subjects(workload), cells, strict=True)
            ]
            base.compare(crew, workload, trials)
            found += trials
    finally:
        crew.end()
        base.end()
    return Judged(found, workshop.preparing_s + base.preparing_s)


def _trial(crew: Crew, workload: Workload, subject: Subject, cell: Cell, margin: float) -> Trial:
    own = margin if workload.margin is None else workload.margin
    right = is_timed(cell.status, crew.plan.options.strict)
    row = GateRow(
        cell,
        own,
        status="inconclusive" if right else cell.status,
        reason="" if right else cell.reason,
        file=workload.file or subject.file,
        remarks=(f"{cell.status}: {cell.reason}",) if right and cell.status != "ok" else (),
    )
    return Trial(row, subject, crew.plan.spec(workload, subject))

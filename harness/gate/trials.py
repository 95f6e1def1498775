"""Gradients first: head's answers are judged, then base's against the same truth.

A base that answers otherwise computes something else, and its time is no yardstick.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from gradparity.backends import DTYPES
from gradparity.harness.gate.row import GateRow, PairSamples
from gradparity.harness.gate.sides import Sides
from gradparity.harness.planning.plan import Plan, Subject, Workload
from gradparity.harness.processes.environment import groups_near
from gradparity.harness.processes.process import Limits, WorkerFailure, WorkerProcess
from gradparity.harness.timing.crew import Crew
from gradparity.harness.timing.progress import Silent
from gradparity.harness.timing.workshop import Workshop
from gradparity.results.records.record import Cell
from gradparity.results.records.statuses import TIMED, WRONG


@dataclass(slots=True)
class Trial:
    """A row on its way: what it is so far, and the samples that were taken for it.

    spec: what a worker of head needs to prepare it. seconds: spent, on screening or confirming.
    """

    row: GateRow
    subject: Subject
    spec: dict[str, Any]
    screened: list[PairSamples]
    again: list[PairSamples]
    seconds: float = 0.0

    @property
    def open(self) -> bool:
        """Whether there is something left to find out by timing."""
        return self.row.status == "inconclusive"


@dataclass(frozen=True, slots=True)
class Judged:
    """One trial per row of a plan; those that can be timed are `open`.

    preparing_s: of wall time, spent waiting until both sides had prepared and answered once.
    """

    trials: list[Trial]
    preparing_s: float


def judged(
    plan: Plan,
    sides: Sides,
    limits: Limits,
    folder: Path,
    margin: float,
    after: Callable[[Workload], None] = lambda _: None,
) -> Judged:
    """Judge every row of the plan.

    folder: for answers on their way to the judge. margin: where a workload has none of its own.
    Raises InputError for a user's file of the wrong form.
    """
    plan = replace(plan, options=replace(plan.options, processes=1))
    crew = Crew(plan, limits.cores, folder, timing=False, tree=sides.head)
    workshop = Workshop(crew)
    base = _Base(sides, limits, folder)
    found: list[Trial] = []
    try:
        base.start({subject.source for subject in crew.teams[0]})
        crew.start()  # meanwhile: importing a library takes seconds
        base.greet()
        crew.check_files()
        for workload in plan.workloads:
            # Base is asked after head has answered: what JAX compiled for one, the other finds.
            cells = workshop.cells(workload, Silent(), partial(base.ask, crew, workload))
            trials = [
                _trial(crew, workload, subject, cell, margin)
                for subject, cell in zip(plan.subjects(workload), cells, strict=True)
            ]
            base.compare(crew, workload, trials)
            found += trials
            after(workload)
    finally:
        crew.end()
        base.end()
    return Judged(found, workshop.preparing_s + base.preparing_s)


def _trial(crew: Crew, workload: Workload, subject: Subject, cell: Cell, margin: float) -> Trial:
    own = margin if workload.margin is None else workload.margin
    right = cell.status in TIMED
    row = GateRow(
        cell,
        own,
        status="inconclusive" if right else cell.status,
        reason="" if right else cell.reason,
        file=workload.file or subject.file,
        remarks=(f"{cell.status}: {cell.reason}",) if right and cell.status != "ok" else (),
    )
    return Trial(row, subject, crew.subject_spec(workload, subject), [], [])


@dataclass(slots=True)
class _Asked:
    """A row that base is answering: the request, and the file that the answer goes into."""

    source: str
    spec: dict[str, Any]
    file: Path


class _Base:
    """The workers of base, one per backend, which answer once and are not timed."""

    def __init__(self, sides: Sides, limits: Limits, folder: Path) -> None:
        self.sides = sides
        self.limits = limits
        self.folder = folder
        self.workers: dict[str, WorkerProcess] = {}
        self.broken: dict[str, str] = {}
        self.asked: dict[str, _Asked] = {}
        self.preparing_s = 0.0

    def start(self, sources: set[str]) -> None:
        """Start them side by side, without waiting, on another core than head if there is one."""
        elsewhere = groups_near(self.limits.cores)[-1]
        for source in sorted(sources):
            worker = WorkerProcess(self.sides.source(source), self.limits, self.sides.base)
            self.workers[source] = worker
            worker.start(elsewhere)

    def greet(self) -> None:
        """Wait until they have started. One that does not is not tried again."""
        for source, worker in self.workers.items():
            try:
                worker.answer()
                worker.move(self.limits.cores)  # the judge is busy on the other, head is done
            except WorkerFailure as failure:
                worker.end()
                self.broken[source] = failure.reason

    def end(self) -> None:
        """End them."""
        for worker in self.workers.values():
            worker.end()

    def ask(self, crew: Crew, workload: Workload) -> None:
        """Have every subject of a workload answered, without waiting."""
        self.asked = {}
        for i, subject in enumerate(crew.plan.subjects(workload)):
            if subject.source not in self.workers or subject.source in self.broken:
                continue
            spec = self.sides.in_base(crew.subject_spec(workload, subject))
            asked = _Asked(subject.source, spec, self.folder / f"base-{i}.npz")
            worker = self.workers[subject.source]
            if worker.process is not None:
                worker.ask("prepare", spec=spec, answer=str(asked.file))
            self.asked[subject.label] = asked

    def compare(self, crew: Crew, workload: Workload, trials: list[Trial]) -> None:
        """Make "new" what base does not have, or answers otherwise, of the trials that are open."""
        files = {}
        for trial in trials:
            try:
                file = self._answer(trial)
            except WorkerFailure as failure:
                told = self.sides.told(failure.reason)
                self._new(trial, f"{self.sides.commit.label} has no such row: {told}")
            else:
                if trial.open:
                    files[trial.subject.label] = file
        if not files:
            return
        opinions: dict[str, Any] = {}
        with suppress(WorkerFailure):  # head is judged, and that is what gates
            opinions = self._opinions(crew, workload, trials, files)
        for trial in trials:
            opinion = opinions.get(trial.subject.label)
            if opinion is not None and opinion["status"] in WRONG:
                line = opinion["reason"].partition("\n")[0]
                self._new(trial, f"{self.sides.commit.label} answers otherwise: {line}")

    def _opinions(
        self, crew: Crew, workload: Workload, trials: list[Trial], files: dict[str, Path]
    ) -> dict[str, Any]:
        """What the judge says of base's answers; where it is unsure, of both dtypes'."""
        spec, dtype = crew.spec(workload), workload.setting.dtype
        other = next(name for name in DTYPES if name != dtype)
        given = {label: {dtype: str(file)} for label, file in files.items()}
        found: dict[str, Any] = crew.judge.request("judge", spec=spec, files=given)["opinions"]
        both = {}
        for trial in trials:
            label = trial.subject.label
            if label not in found or not found[label]["unsure"]:
                continue
            file = f"{files[label]}.other.npz"
            wanted = self.sides.in_base(trial.spec) | {"dtype": other}
            with suppress(WorkerFailure):
                self.workers[trial.subject.source].request("answer", spec=wanted, answer=file)
                both[label] = given[label] | {other: file}
        if both:
            found |= crew.judge.request("judge", spec=spec, files=both)["opinions"]
        return found

    def _answer(self, trial: Trial) -> Path:
        """The file with base's answer to a row. Raises WorkerFailure."""
        source = trial.subject.source
        if source in self.broken:
            raise WorkerFailure("crashed", self.broken[source])
        asked = self.asked.get(trial.subject.label)
        if asked is None:
            raise WorkerFailure("unavailable", trial.row.reason)
        worker = self.workers[source]
        start = perf_counter()
        try:
            if worker.process is None:  # a row before this one has ended it
                worker.request("prepare", spec=asked.spec, answer=str(asked.file))
            else:
                worker.answer()
        finally:
            self.preparing_s += perf_counter() - start
        return asked.file

    def _new(self, trial: Trial, reason: str) -> None:
        if trial.open:
            trial.row = trial.row.ended("new", reason)

"""Base's answers, held against the truth that head's were held against.

A base that answers otherwise computes something else, and its time is no yardstick.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from gradparity.harness.findings.finding import Finding
from gradparity.harness.findings.words import sentence
from gradparity.harness.gate.sides import Sides
from gradparity.harness.gate.trial import Trial
from gradparity.harness.messages.timed import Greeting, Preparation, Prepare
from gradparity.harness.planning.plan import Workload
from gradparity.harness.processes.environment import groups_near
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import (
    Asked,
    OtherVersion,
    OutOfTime,
    WorkerFailure,
    WorkerProcess,
)
from gradparity.harness.timing.crew import Crew
from gradparity.harness.timing.opinions import Answered, ask_judge, hear_judge
from gradparity.results.records.statuses import WRONG


class BaseAnswers:
    """The workers of base, one per backend, which answer once and are not timed.

    preparing_s: of wall time, spent waiting for their answers.
    """

    def __init__(self, sides: Sides, limits: Limits, folder: Path) -> None:
        self.sides = sides
        self.limits = limits
        self.folder = folder
        self.preparing_s = 0.0
        self._greetings: dict[str, Asked[Greeting]] = {}
        self._broken: dict[str, WorkerFailure] = {}
        self._asked: dict[str, Asked[Preparation]] = {}

    def start(self, sources: Iterable[str]) -> None:
        """Start them side by side, without waiting, on another core than head if there is one."""
        elsewhere = groups_near(self.limits.cores)[-1]
        for source in sorted(sources):
            worker = WorkerProcess(self.sides.source(source), self.limits, self.sides.base)
            self._greetings[source] = worker.start(elsewhere)

    def greet(self) -> None:
        """Wait until they have started. One that does not is not tried again."""
        for source, greeting in self._greetings.items():
            try:
                greeting.answer()
                greeting.worker.move(self.limits.cores)  # the judge is busy elsewhere, head is done
            except WorkerFailure as failure:
                greeting.worker.end()
                self._broken[source] = failure

    def end(self) -> None:
        """End them."""
        for greeting in self._greetings.values():
            greeting.worker.end()

    def ask(self, crew: Crew, workload: Workload) -> None:
        """Have every subject of a workload answered, without waiting."""
        self._asked = {}
        for i, subject in enumerate(crew.plan.subjects(workload)):
            if subject.source in self._greetings and subject.source not in self._broken:
                spec = self.sides.in_base(crew.plan.spec(workload, subject))
                asked = Prepare(spec, str(self.folder / f"base-{i}.npz"))
                worker = self._greetings[subject.source].worker
                self._asked[subject.label] = worker.ask(asked)

    def compare(self, crew: Crew, workload: Workload, trials: list[Trial]) -> None:
        """Make "new" what base does not have, or answers otherwise, of the trials that are open.

        Raises InputError where base is a gradparity that does not understand this one.
        """
        given = {}
        asked, self._asked = self._asked, {}
        for trial in trials:
            try:
                answered = self._answered(trial, asked.get(trial.subject.label))
            except OtherVersion as failure:
                raise self.sides.not_understood(failure) from failure
            except OutOfTime:
                continue
            except WorkerFailure as failure:
                told = self.sides.told(failure.reason)
                _end_as_new(trial, f"{self.sides.commit.label} has no such row: {told}")
            else:
                if trial.open:
                    given[trial.subject.label] = answered
        if not given:
            return
        findings: dict[str, Finding] = {}
        question, dtype = crew.plan.question(workload), workload.setting.dtype
        with suppress(WorkerFailure):  # head is judged, and that is what gates
            findings = hear_judge(ask_judge(crew.judge, question, dtype, given))
        for trial in trials:
            found = findings.get(trial.subject.label)
            if found is not None and found.status in WRONG:
                told = f"{self.sides.commit.label} answers otherwise: {sentence(found)}"
                _end_as_new(trial, told)

    def _answered(self, trial: Trial, asked: Asked[Preparation] | None) -> Answered:
        """Base's answer to a row. Raises WorkerFailure."""
        if trial.subject.source in self._broken:
            raise self._broken[trial.subject.source]
        if asked is None:
            raise WorkerFailure("unavailable", trial.row.reason)
        start = perf_counter()
        try:
            asked.answer()
        finally:
            self.preparing_s += perf_counter() - start
        request = asked.request
        assert isinstance(request, Prepare)
        assert request.answer is not None
        return Answered(asked.worker, request.spec, Path(request.answer))


def _end_as_new(trial: Trial, reason: str) -> None:
    if trial.open:
        trial.row = trial.row.ended("new", reason)

"""From a workload to its finished cells: prepare, judge, time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

from gradparity.harness.findings import words
from gradparity.harness.messages.judged import FindTruth
from gradparity.harness.messages.request import Done
from gradparity.harness.messages.timed import CountWork, Prepare
from gradparity.harness.planning.plan import Subject, Workload, check_command, unanswered
from gradparity.harness.processes.process import Asked, WorkerFailure
from gradparity.harness.terminal.progress import Progress
from gradparity.harness.timing.crew import Crew
from gradparity.harness.timing.opinions import Answered, Judging, ask_judge, hear_judge
from gradparity.harness.timing.rounds import Enough, sample_rounds
from gradparity.results.records.record import Cell
from gradparity.results.records.statuses import is_timed


@dataclass(slots=True)
class Attempt:
    """One subject's way through a workload: its cell so far, and its answer, if it gave one."""

    subject: Subject
    cell: Cell
    answered: Answered | None = None


@dataclass(slots=True)
class Workshop:
    """What a crew does with one workload after the other.

    preparing_s: of wall time, spent waiting until subjects have prepared and answered once.
    """

    crew: Crew
    preparing_s: float = 0.0

    def cells(
        self, workload: Workload, progress: Progress, meanwhile: Callable[[], None] = lambda: None
    ) -> list[Cell]:
        """The finished cells of one workload.

        meanwhile: what else to begin once everyone has answered and the judge is at work.
        """
        attempts: list[Attempt] = []
        if (fault := self.crew.faults.get(workload.problem.name)) is not None:
            asked = [unanswered(workload, one) for one in self.crew.plan.subjects(workload)]
            return [replace(cell, status="error", reason=fault) for cell in asked]
        question, dtype = self.crew.plan.question(workload), workload.setting.dtype
        truth = self.crew.judge.ask(FindTruth(question))
        for subject in self.crew.plan.subjects(workload):
            progress.step(f"{workload.label}: {subject.label}: prepare")
            answer = self.crew.folder / f"{len(attempts)}.npz"
            attempts.append(self._prepare(workload, subject, answer))
        parameters = max(attempt.cell.parameters for attempt in attempts)
        for attempt in attempts:
            attempt.cell = replace(attempt.cell, parameters=parameters)
        answered = [attempt for attempt in attempts if attempt.cell.status == "ok"]
        progress.step(f"{workload.label}: judge")
        given = {a.subject.label: a.answered for a in answered if a.answered is not None}
        judging = ask_judge(self.crew.judge, question, dtype, given)
        meanwhile()
        control = self._control(workload, answered) if self.crew.timing else []
        self._prepare_again([*answered, *control])
        self._hear_judge(workload, answered, truth, judging)
        strict = self.crew.plan.options.strict
        right = [attempt for attempt in answered if is_timed(attempt.cell.status, strict)]
        if right and self.crew.timing:
            reference = self.crew.plan.reference_of(workload)
            self._time(
                *(right, control, reference),
                lambda done: progress.step(f"{workload.label}: round {done}"),
            )
        if self.crew.plan.options.counters:
            self._count(right)
        for attempt in [*attempts, *control]:
            if attempt.answered is not None:
                attempt.answered.file.unlink(missing_ok=True)
        return [attempt.cell for attempt in attempts]

    def _control(self, workload: Workload, answered: list[Attempt]) -> list[Attempt]:
        """The second copy of the reference, prepared; nothing if the reference has no answer."""
        reference = self.crew.plan.reference_of(workload)
        if not any(a.subject == reference for a in answered):
            return []
        control = self._prepare(workload, self.crew.plan.control, self.crew.folder / "control.npz")
        return [control] if control.cell.status == "ok" else []

    def _prepare_again(self, attempts: list[Attempt]) -> None:
        """The same in every other team."""
        for attempt in attempts:
            self.crew.hand_on(attempt.subject)
        for team in self.crew.teams[1:]:
            for attempt in attempts:
                if attempt.answered is None or attempt.cell.status != "ok":
                    continue
                try:
                    team[attempt.subject].request(Prepare(attempt.answered.spec, None))
                except WorkerFailure as failure:
                    attempt.cell = _failed(attempt.cell, failure)

    def _prepare(self, workload: Workload, subject: Subject, answer: Path) -> Attempt:
        cell = unanswered(workload, subject)
        skipped = workload.skipped.get(subject.backend)
        if skipped is not None:
            told = replace(cell, status=skipped.status, reason=skipped.reason)
            return Attempt(subject, told)
        spec, worker = self.crew.plan.spec(workload, subject), self.crew.teams[0][subject]
        self.crew.hand_on(subject)
        start = perf_counter()
        try:
            made = worker.request(Prepare(spec, str(answer)))
        except WorkerFailure as failure:
            return Attempt(subject, _failed(cell, failure))
        finally:
            self.preparing_s += perf_counter() - start
        return Attempt(subject, replace(cell, **asdict(made)), Answered(worker, spec, answer))

    def _hear_judge(
        self, workload: Workload, attempts: list[Attempt], truth: Asked[Done], judging: Judging
    ) -> None:
        try:
            truth.answer()
            findings = hear_judge(judging)
        except WorkerFailure as failure:
            self.crew.judge.end()  # what it may still be at is not waited for
            unjudged = f"not judged: {failure.reason}"
            for attempt in attempts:
                attempt.cell = replace(attempt.cell, status=failure.status, reason=unjudged)
            return
        for attempt in attempts:
            found, dtype = findings[attempt.subject.label], workload.setting.dtype
            attempt.cell = replace(
                attempt.cell,
                max_error=found.error(dtype),
                bound=found.allowed(dtype),
                oracle=found.oracle,
            )
            if attempt.cell.status == "ok":  # else it failed in another team, meanwhile
                again = check_command(workload, attempt.subject, self.crew.plan.options.seed)
                told = words.reason(found, again) or attempt.cell.reason
                attempt.cell = replace(attempt.cell, status=found.status, reason=told)

    def _count(self, attempts: list[Attempt]) -> None:
        """Count what was timed; a backend that cannot be counted has no counters."""
        for attempt in attempts:
            assert attempt.answered is not None
            with suppress(WorkerFailure):
                found = attempt.answered.worker.request(CountWork(attempt.answered.spec))
                attempt.cell = replace(attempt.cell, counters=found.counters)

    def _time(
        self,
        attempts: list[Attempt],
        control: list[Attempt],
        reference: Subject,
        after_round: Callable[[int], None],
    ) -> None:
        # The reference goes first: precision is that of ratios to it.
        attempts = sorted(attempts, key=lambda a: a.subject != reference)
        everyone = attempts + (control if attempts[0].subject == reference else [])
        teams = [[team[attempt.subject] for attempt in everyone] for team in self.crew.teams]
        options = self.crew.plan.options
        enough = Enough(options.rounds, options.precision, options.extra_s)
        copy = len(attempts) if len(everyone) > len(attempts) else None
        timed = sample_rounds(teams, enough, self.crew.rng, after_round, copy)
        for attempt, times in zip(everyone, timed, strict=True):
            if times.failure is not None:
                attempt.cell = _failed(attempt.cell, times.failure)
            else:
                attempt.cell = replace(attempt.cell, samples=tuple(times.samples))
        for second in everyone[len(attempts) :]:
            attempts[0].cell = replace(attempts[0].cell, control=second.cell.samples)


def _failed(cell: Cell, failure: WorkerFailure) -> Cell:
    return replace(cell, status=failure.status, reason=failure.reason)

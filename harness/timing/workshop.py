"""From a workload to its finished cells: prepare, judge, time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from gradparity.backends import DTYPES, Backend, DeviceBackend
from gradparity.backends.catalogue import load
from gradparity.harness.planning.plan import Subject, Workload, check_command
from gradparity.harness.processes.process import WorkerFailure
from gradparity.harness.timing.crew import Crew
from gradparity.harness.timing.progress import Progress
from gradparity.harness.timing.rounds import Enough, sample_rounds
from gradparity.results.records.record import Cell
from gradparity.results.records.statuses import TIMED


@dataclass(slots=True)
class Attempt:
    """One subject's way through a workload: its cell so far, and the file with its answer."""

    subject: Subject
    cell: Cell
    answer: Path | None = None


@dataclass(slots=True)
class Workshop:
    """What a crew does with one workload after the other.

    preparing_s: of wall time, spent waiting until subjects have prepared and answered once.
    """

    crew: Crew
    preparing_s: float = 0.0

    def cells(
        self,
        workload: Workload,
        progress: Progress,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> list[Cell]:
        """The finished cells of one workload.

        meanwhile: what else to begin once everyone has answered and the judge is at work.
        """
        attempts: list[Attempt] = []
        with suppress(WorkerFailure):  # said when the judge is heard
            self.crew.judge.ask("find_truth", spec=self.crew.spec(workload))
        for subject in self.crew.plan.subjects(workload):
            progress.step(workload, f"{subject.label}: prepare")
            answer = self.crew.folder / f"{len(attempts)}.npz"
            attempts.append(self._prepare(workload, subject, answer))
        parameters = max(attempt.cell.parameters for attempt in attempts)
        for attempt in attempts:
            attempt.cell = replace(attempt.cell, parameters=parameters)
        answered = [attempt for attempt in attempts if attempt.cell.status == "ok"]
        progress.step(workload, "judge")
        self._ask_judge(workload, answered)
        meanwhile()
        control = self._control(workload, answered) if self.crew.timing else []
        self._prepare_again(workload, [*answered, *control])
        self._hear_judge(workload, answered)
        right = [attempt for attempt in answered if attempt.cell.status in TIMED]
        if right and self.crew.timing:
            self._time(right, control, lambda done: progress.step(workload, f"round {done}"))
        if self.crew.plan.options.counters:
            self._count(workload, right)
        for attempt in [*attempts, *control]:
            if attempt.answer is not None:
                attempt.answer.unlink(missing_ok=True)
        return [attempt.cell for attempt in attempts]

    def _control(self, workload: Workload, answered: list[Attempt]) -> list[Attempt]:
        """The second copy of the reference, prepared; nothing if the reference has no answer."""
        reference = self.crew.plan.reference
        if not any(a.subject == Subject(reference, file=a.subject.file) for a in answered):
            return []
        control = self._prepare(workload, self.crew.plan.control, self.crew.folder / "control.npz")
        return [control] if control.cell.status == "ok" else []

    def _prepare_again(self, workload: Workload, attempts: list[Attempt]) -> None:
        """The same in every other team."""
        for attempt in attempts:
            self.crew.hand_on(attempt.subject)
        for team in self.crew.teams[1:]:
            for attempt in attempts:
                if attempt.cell.status != "ok":
                    continue
                try:
                    spec = self.crew.subject_spec(workload, attempt.subject)
                    team[attempt.subject].request("prepare", spec=spec, answer=None)
                except WorkerFailure as failure:
                    attempt.cell = _failed(attempt.cell, failure)

    def _prepare(self, workload: Workload, subject: Subject, answer: Path) -> Attempt:
        problem, setting = workload.problem, workload.setting
        cell = Cell(
            problem=problem.name,
            size=workload.size,
            parameters=0,
            backend=subject.backend,
            variant=subject.variant,
            operator=workload.operator,
            dtype=setting.dtype,
            device=setting.device,
            threads=setting.threads,
            status="ok",
        )
        backend = load(subject.source)
        for status, reason in (
            ("unavailable", backend.unavailable()),
            ("unavailable", _elsewhere(backend, setting.device)),
            ("unsupported", backend.unsupported(problem, workload.operator)),
        ):
            if reason is not None:
                return Attempt(subject, replace(cell, status=status, reason=reason))
        spec = self.crew.subject_spec(workload, subject)
        self.crew.hand_on(subject)
        start = perf_counter()
        try:
            made = self.crew.teams[0][subject].request("prepare", spec=spec, answer=str(answer))
        except WorkerFailure as failure:
            return Attempt(subject, _failed(cell, failure))
        finally:
            self.preparing_s += perf_counter() - start
        return Attempt(subject, replace(cell, **made), answer)

    def _ask_judge(self, workload: Workload, attempts: list[Attempt]) -> None:
        dtype = workload.setting.dtype
        files = {attempt.subject.label: {dtype: str(attempt.answer)} for attempt in attempts}
        with suppress(WorkerFailure):  # said when the judge is heard
            self.crew.judge.ask("judge", spec=self.crew.spec(workload), files=files)

    def _hear_judge(self, workload: Workload, attempts: list[Attempt]) -> None:
        judge = self.crew.judge
        try:
            judge.answer()  # that the truth is found
            judgement = judge.answer()
            opinions = judgement["opinions"]
            opinions |= self._second_opinions(
                workload, [a for a in attempts if opinions[a.subject.label]["unsure"]]
            )
        except WorkerFailure as failure:
            judge.end()  # a second answer that is still to come would be taken for another's
            reason = f"not judged: {failure.reason}"
            for attempt in attempts:
                attempt.cell = replace(attempt.cell, status=failure.status, reason=reason)
            return
        seed = self.crew.plan.options.seed
        for attempt in attempts:
            opinion = opinions[attempt.subject.label]
            failed = attempt.cell.status != "ok"  # in another team, meanwhile
            attempt.cell = replace(
                attempt.cell,
                status=attempt.cell.status if failed else opinion["status"],
                reason=attempt.cell.reason
                if failed or not opinion["reason"]
                else (f"{opinion['reason']}\n{check_command(workload, attempt.subject, seed)}"),
                max_error=opinion["max_error"],
                **{key: judgement[key] for key in ("bound", "oracle")},
            )

    def _second_opinions(self, workload: Workload, attempts: list[Attempt]) -> dict[str, Any]:
        """Opinions on both dtypes' answers; nothing on a subject that has no answer in the other.

        Raises WorkerFailure of the judge.
        """
        dtype = workload.setting.dtype
        other = next(name for name in DTYPES if name != dtype)
        files = {}
        for attempt in attempts:
            spec = self.crew.subject_spec(workload, attempt.subject) | {"dtype": other}
            file = str(attempt.answer) + ".other.npz"
            with suppress(WorkerFailure):
                self.crew.teams[0][attempt.subject].request("answer", spec=spec, answer=file)
                files[attempt.subject.label] = {dtype: str(attempt.answer), other: file}
        if not files:
            return {}
        judged = self.crew.judge.request("judge", spec=self.crew.spec(workload), files=files)
        for both in files.values():
            Path(both[other]).unlink(missing_ok=True)
        return dict(judged["opinions"])

    def _count(self, workload: Workload, attempts: list[Attempt]) -> None:
        """Count what was timed; a backend that cannot be counted has no counters."""
        for attempt in attempts:
            spec = self.crew.subject_spec(workload, attempt.subject)
            with suppress(WorkerFailure):
                found = self.crew.teams[0][attempt.subject].request("count", spec=spec)
                attempt.cell = replace(attempt.cell, counters=found)

    def _time(
        self,
        attempts: list[Attempt],
        control: list[Attempt],
        after_round: Callable[[int], None],
    ) -> None:
        reference = self.crew.plan.reference
        # The reference goes first: precision is that of ratios to it.
        attempts = sorted(attempts, key=lambda a: a.subject.label != reference)
        everyone = attempts + (control if attempts[0].subject.label == reference else [])
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


def _elsewhere(backend: Backend, device: str) -> str | None:
    """Why a backend does not compute on this device; None if it does."""
    devices = backend.devices if isinstance(backend, DeviceBackend) else ("cpu",)
    if device in devices:
        return None
    return f"{backend.name} computes on {' or '.join(devices)} alone"

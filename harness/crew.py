"""The workers of a run, and what they do with one workload: prepare, judge, time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from backends.catalogue import load
from harness.plan import Plan, Subject, Workload
from harness.process import Limits, WorkerFailure, WorkerProcess
from harness.progress import Progress
from harness.rounds import sample_rounds
from problems import InputError
from results.record import Cell


@dataclass(slots=True)
class Attempt:
    """One subject's way through a workload: its cell so far, and the file with its answer."""

    subject: Subject
    cell: Cell
    answer: Path | None = None


@dataclass(slots=True)
class Crew:
    """One worker per subject, and one more: the judge. A worker that dies is started again.

    cores: where all of them run, one at a time. folder: for answers on their way to the judge.
    pools: BLAS and OpenMP with their versions and threads, as each subject's process reports them.
    """

    plan: Plan
    cores: tuple[int, ...]
    folder: Path
    workers: dict[Subject, WorkerProcess] = field(default_factory=dict)
    pools: dict[str, Any] = field(default_factory=dict)
    judge: WorkerProcess = field(init=False)
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.judge = self._hire("numpy")
        self.rng = np.random.default_rng(self.plan.options.seed)
        for workload in self.plan.workloads:
            for subject in self.plan.subjects(workload):
                if subject not in self.workers and load(subject.source).unavailable() is None:
                    self.workers[subject] = self._hire(subject.source)

    def _hire(self, backend: str) -> WorkerProcess:
        options = self.plan.options
        memory = None if options.memory_gib is None else int(options.memory_gib * 2**30)
        return WorkerProcess(backend, Limits(self.cores, options.timeout_s, memory))

    def start(self) -> None:
        """Start every worker, side by side: importing a library takes seconds."""
        everyone = {"judge": self.judge}
        everyone |= {subject.label: worker for subject, worker in self.workers.items()}
        for worker in everyone.values():
            worker.start()
        for label, worker in everyone.items():
            try:
                self.pools[label] = worker.wait_until_ready()["pools"]
            except WorkerFailure:
                worker.end()  # its first cell starts it again and says what is wrong

    def end(self) -> None:
        """End every process."""
        for worker in (self.judge, *self.workers.values()):
            worker.end()

    def check_files(self) -> None:
        """Try every problem of a user's file once. Raises InputError for what is wrong with it.

        A loss that kills or outlasts the worker is let through: its cells will say so.
        """
        from_files = {w.problem.name: w.file for w in self.plan.workloads if w.file}
        for problem, file in from_files.items():
            try:
                answer = self.judge.request(
                    "check", file=file, problem=problem, seed=self.plan.options.seed
                )
            except WorkerFailure:
                continue
            if answer["fault"] is not None:
                raise InputError(answer["fault"])

    def work(self, workload: Workload, progress: Progress) -> list[Cell]:
        """The finished cells of one workload."""
        attempts: list[Attempt] = []
        for subject in self.plan.subjects(workload):
            progress.step(workload, f"{subject.label}: prepare")
            attempts.append(self._prepare(workload, subject, self.folder / f"{len(attempts)}.npz"))
        parameters = max(attempt.cell.parameters for attempt in attempts)
        for attempt in attempts:
            attempt.cell = replace(attempt.cell, parameters=parameters)
        progress.step(workload, "judge")
        self._judge(workload, [attempt for attempt in attempts if attempt.cell.status == "ok"])
        right = [attempt for attempt in attempts if attempt.cell.status == "ok"]
        if right:
            rounds = self.plan.options.rounds
            self._time(right, lambda done: progress.step(workload, f"round {done} of {rounds}"))
        for attempt in attempts:
            if attempt.answer is not None:
                attempt.answer.unlink(missing_ok=True)
        return [attempt.cell for attempt in attempts]

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
            ("unsupported", backend.unsupported(problem, workload.operator)),
        ):
            if reason is not None:
                return Attempt(subject, replace(cell, status=status, reason=reason))
        chosen = {"backend": subject.source, "variant": subject.variant}
        spec = {**self._spec(workload), **chosen}
        try:
            made = self.workers[subject].request("prepare", spec=spec, answer=str(answer))
        except WorkerFailure as failure:
            return Attempt(subject, _failed(cell, failure))
        return Attempt(subject, replace(cell, **made), answer)

    def _spec(self, workload: Workload) -> dict[str, Any]:
        """What a worker needs to find the workload again."""
        return {
            "problem": workload.problem.name,
            "file": workload.file,
            "size": workload.size,
            "seed": self.plan.options.seed,
            "operator": workload.operator,
            **asdict(workload.setting),
        }

    def _judge(self, workload: Workload, attempts: list[Attempt]) -> None:
        if not attempts:
            return
        answers = {attempt.subject.label: str(attempt.answer) for attempt in attempts}
        try:
            judgement = self.judge.request("judge", spec=self._spec(workload), answers=answers)
        except WorkerFailure as failure:
            reason = f"not judged: {failure.reason}"
            for attempt in attempts:
                attempt.cell = replace(attempt.cell, status=failure.status, reason=reason)
            return
        for attempt in attempts:
            verdict = judgement["verdicts"][attempt.subject.label]
            attempt.cell = replace(
                attempt.cell,
                reason=verdict["reason"] or attempt.cell.reason,
                **{key: verdict[key] for key in ("status", "max_error")},
                **{key: judgement[key] for key in ("bound", "oracle")},
            )

    def _time(self, attempts: list[Attempt], after_round: Callable[[int], None]) -> None:
        workers = [self.workers[attempt.subject] for attempt in attempts]
        timed = sample_rounds(workers, self.plan.options.rounds, self.rng, after_round)
        for attempt, times in zip(attempts, timed, strict=True):
            if times.failure is not None:
                attempt.cell = _failed(attempt.cell, times.failure)
            else:
                attempt.cell = replace(attempt.cell, samples=tuple(times.samples))


def _failed(cell: Cell, failure: WorkerFailure) -> Cell:
    return replace(cell, status=failure.status, reason=failure.reason)

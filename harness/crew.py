"""The workers of a run, and what they do with one workload: prepare, judge, time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from backends import DTYPES, Backend
from backends.catalogue import load
from harness.environment import allowed_cores, groups_near
from harness.plan import Plan, Subject, Workload, check_command
from harness.process import (
    OWN_TREE,
    Limits,
    Tree,
    WorkerFailure,
    WorkerProcess,
    side_by_side,
)
from harness.progress import Progress
from harness.rounds import Enough, sample_rounds
from harness.verdicts import TIMED
from problems import InputError
from results.record import Cell


@dataclass(slots=True)
class Attempt:
    """One subject's way through a workload: its cell so far, and the file with its answer."""

    subject: Subject
    cell: Cell
    answer: Path | None = None


Team = dict[Subject, WorkerProcess]
"""A process of each subject, and one of the control, the second copy of the reference."""


@dataclass(slots=True)
class Crew:
    """The workers of a run: teams, and one more: the judge. A worker that dies is started again.

    cores: where all that is timed runs, one at a time. folder: for answers on their way to the
    judge, who works on another core if there is one, while later teams prepare.
    pools: BLAS and OpenMP with their versions and threads, as each subject's process reports them.
    timing: False for verdicts alone; there is then no control. tree: whose code the workers run.
    preparing_s: of wall time, spent waiting until subjects have prepared and answered once.
    """

    plan: Plan
    cores: tuple[int, ...]
    folder: Path
    timing: bool = True
    tree: Tree = OWN_TREE
    teams: list[Team] = field(default_factory=list)
    pools: dict[str, Any] = field(default_factory=dict)
    preparing_s: float = 0.0
    judge: WorkerProcess = field(init=False)
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        spare = [core for core in allowed_cores() if core not in self.cores]
        self.judge = self._hire("numpy", tuple(spare[:1]) or self.cores)
        self.rng = np.random.default_rng(self.plan.options.seed)
        wanted = [s for workload in self.plan.workloads for s in self.plan.subjects(workload)]
        present = [
            subject
            for subject in dict.fromkeys([*wanted, *([self.plan.control] * self.timing)])
            if load(subject.source).unavailable() is None
        ]
        self.teams = [
            {subject: self._hire(subject.source, self.cores) for subject in present}
            for _ in range(self.plan.options.processes)
        ]

    def _hire(self, backend: str, cores: tuple[int, ...]) -> WorkerProcess:
        options = self.plan.options
        memory = None if options.memory_gib is None else int(options.memory_gib * 2**30)
        return WorkerProcess(backend, Limits(cores, options.timeout_s, memory), self.tree)

    def _everyone(self) -> list[WorkerProcess]:
        return [self.judge, *(worker for team in self.teams for worker in team.values())]

    def start(self) -> None:
        """Start every worker, side by side on all cores: importing a library takes seconds.

        Meanwhile the judge, if a core is left for it, finds the truth that takes the longest.
        """
        self.judge.start()
        labels = {id(worker): s.label for s, worker in self.teams[0].items()}
        labels[id(self.judge)] = "judge"
        others = [worker for worker in self._everyone() if worker is not self.judge]
        early = False
        if self._greeted(self.judge, labels) and self.judge.limits.cores != self.cores:
            specs = [self.spec(w) for w in self.plan.workloads if w.file is None]
            early = bool(specs)
            if early:
                self.judge.ask("find_hardest", specs=specs)
        groups = groups_near(self.cores)
        on = {worker: groups[i % len(groups)] for i, worker in enumerate(others)}
        for worker, group in on.items():
            worker.start(group)
        for worker, by in side_by_side(on):
            if self._greeted(worker, labels, by):
                worker.move(self.cores)
        if early:
            with suppress(WorkerFailure):  # it fails again where it is asked for
                self.judge.answer()

    def _greeted(
        self, worker: WorkerProcess, labels: dict[int, str], by: float | None = None
    ) -> bool:
        """Whether a worker has started; its pools are noted."""
        try:
            pools = worker.answer(by)["pools"]
        except WorkerFailure:
            worker.end()  # its first cell starts it again and says what is wrong
            return False
        if id(worker) in labels:
            self.pools[labels[id(worker)]] = pools
        return True

    def end(self) -> None:
        """End every process."""
        for worker in self._everyone():
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

    def work(
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
            self.judge.ask("find_truth", spec=self.spec(workload))
        for subject in self.plan.subjects(workload):
            progress.step(workload, f"{subject.label}: prepare")
            answer = self.folder / f"{len(attempts)}.npz"
            attempts.append(self._prepare(workload, subject, answer))
        parameters = max(attempt.cell.parameters for attempt in attempts)
        for attempt in attempts:
            attempt.cell = replace(attempt.cell, parameters=parameters)
        answered = [attempt for attempt in attempts if attempt.cell.status == "ok"]
        progress.step(workload, "judge")
        self._ask_judge(workload, answered)
        meanwhile()
        control = self._control(workload, answered) if self.timing else []
        self._prepare_again(workload, [*answered, *control])
        self._hear_judge(workload, answered)
        right = [attempt for attempt in answered if attempt.cell.status in TIMED]
        if right and self.timing:
            self._time(right, control, lambda done: progress.step(workload, f"round {done}"))
        if self.plan.options.counters:
            self._count(workload, right)
        for attempt in [*attempts, *control]:
            if attempt.answer is not None:
                attempt.answer.unlink(missing_ok=True)
        return [attempt.cell for attempt in attempts]

    def _control(self, workload: Workload, answered: list[Attempt]) -> list[Attempt]:
        """The second copy of the reference, prepared; nothing if the reference has no answer."""
        reference = self.plan.reference
        if not any(a.subject == Subject(reference, file=a.subject.file) for a in answered):
            return []
        control = self._prepare(workload, self.plan.control, self.folder / "control.npz")
        return [control] if control.cell.status == "ok" else []

    def _prepare_again(self, workload: Workload, attempts: list[Attempt]) -> None:
        """The same in every other team."""
        for team in self.teams[1:]:
            for attempt in attempts:
                if attempt.cell.status != "ok":
                    continue
                try:
                    spec = self.subject_spec(workload, attempt.subject)
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
        spec = self.subject_spec(workload, subject)
        start = perf_counter()
        try:
            made = self.teams[0][subject].request("prepare", spec=spec, answer=str(answer))
        except WorkerFailure as failure:
            return Attempt(subject, _failed(cell, failure))
        finally:
            self.preparing_s += perf_counter() - start
        return Attempt(subject, replace(cell, **made), answer)

    def subject_spec(self, workload: Workload, subject: Subject) -> dict[str, Any]:
        """What a worker needs to prepare this subject."""
        chosen = {"backend": subject.source, "variant": subject.variant}
        return {**self.spec(workload), **chosen}

    def spec(self, workload: Workload) -> dict[str, Any]:
        """What a worker needs to find the workload again."""
        return {
            "problem": workload.problem.name,
            "file": workload.file,
            "size": workload.size,
            "seed": self.plan.options.seed,
            "operator": workload.operator,
            **asdict(workload.setting),
        }

    def _ask_judge(self, workload: Workload, attempts: list[Attempt]) -> None:
        dtype = workload.setting.dtype
        files = {attempt.subject.label: {dtype: str(attempt.answer)} for attempt in attempts}
        with suppress(WorkerFailure):  # said when the judge is heard
            self.judge.ask("judge", spec=self.spec(workload), files=files)

    def _hear_judge(self, workload: Workload, attempts: list[Attempt]) -> None:
        try:
            self.judge.answer()  # that the truth is found
            judgement = self.judge.answer()
            opinions = judgement["opinions"]
            opinions |= self._second_opinions(
                workload, [a for a in attempts if opinions[a.subject.label]["unsure"]]
            )
        except WorkerFailure as failure:
            self.judge.end()  # a second answer that is still to come would be taken for another's
            reason = f"not judged: {failure.reason}"
            for attempt in attempts:
                attempt.cell = replace(attempt.cell, status=failure.status, reason=reason)
            return
        seed = self.plan.options.seed
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
            spec = self.subject_spec(workload, attempt.subject) | {"dtype": other}
            file = str(attempt.answer) + ".other.npz"
            with suppress(WorkerFailure):
                self.teams[0][attempt.subject].request("answer", spec=spec, answer=file)
                files[attempt.subject.label] = {dtype: str(attempt.answer), other: file}
        if not files:
            return {}
        found = self.judge.request("judge", spec=self.spec(workload), files=files)["opinions"]
        for both in files.values():
            Path(both[other]).unlink(missing_ok=True)
        return dict(found)

    def _count(self, workload: Workload, attempts: list[Attempt]) -> None:
        """Count what was timed; a backend that cannot be counted has no counters."""
        for attempt in attempts:
            spec = self.subject_spec(workload, attempt.subject)
            with suppress(WorkerFailure):
                found = self.teams[0][attempt.subject].request("count", spec=spec)
                attempt.cell = replace(attempt.cell, counters=found)

    def _time(
        self,
        attempts: list[Attempt],
        control: list[Attempt],
        after_round: Callable[[int], None],
    ) -> None:
        reference = self.plan.reference
        # The reference goes first: precision is that of ratios to it.
        attempts = sorted(attempts, key=lambda a: a.subject.label != reference)
        everyone = attempts + (control if attempts[0].subject.label == reference else [])
        teams = [[team[attempt.subject] for attempt in everyone] for team in self.teams]
        options = self.plan.options
        enough = Enough(options.rounds, options.precision, options.extra_s)
        copy = len(attempts) if len(everyone) > len(attempts) else None
        timed = sample_rounds(teams, enough, self.rng, after_round, copy)
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
    devices = getattr(backend, "devices", ("cpu",))
    if device in devices:
        return None
    return f"{backend.name} computes on {' or '.join(devices)} alone"

"""The workers of a run: hired, started side by side, ended."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from gradparity.backends.catalogue import load
from gradparity.harness.planning.plan import Plan, Subject, Workload
from gradparity.harness.processes.environment import allowed_cores, groups_near
from gradparity.harness.processes.process import (
    OWN_TREE,
    Limits,
    Tree,
    WorkerFailure,
    WorkerProcess,
    side_by_side,
)
from gradparity.problems import InputError

Team = dict[Subject, WorkerProcess]
"""A process of each subject, and one of the control, the second copy of the reference."""


@dataclass(slots=True)
class Crew:
    """The workers of a run: teams, and one more: the judge. A worker that dies is started again.

    cores: where all that is timed runs, one at a time. folder: for answers on their way to the
    judge, who works on another core if there is one, while later teams prepare.
    pools: BLAS and OpenMP with their versions and threads, as each subject's process reports them.
    timing: False for verdicts alone; there is then no control. tree: whose code the workers run.
    Where it names no folder for what JAX compiles, each subject of the first team has a new one:
    what its preparing costs does not depend on what was compiled before (`hand_on`).
    """

    plan: Plan
    cores: tuple[int, ...]
    folder: Path
    timing: bool = True
    tree: Tree = OWN_TREE
    teams: list[Team] = field(default_factory=list)
    pools: dict[str, Any] = field(default_factory=dict)
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
            {
                subject: self._hire(subject.source, self.cores, "others" if later else str(number))
                for number, subject in enumerate(present)
            }
            for later in range(self.plan.options.processes)
        ]

    def _hire(
        self, backend: str, cores: tuple[int, ...], compiled: str | None = None
    ) -> WorkerProcess:
        options = self.plan.options
        tree = self.tree
        if compiled is not None and tree.compiled is None:
            tree = replace(tree, compiled=self.folder / "compiled" / compiled)
        return WorkerProcess(backend, Limits(cores, options.timeout_s, options.memory_gib), tree)

    def hand_on(self, subject: Subject) -> None:
        """Leave what JAX has compiled for a subject to the other teams, and nothing to itself."""
        if self.tree.compiled is not None:
            return
        folder = self.folder / "compiled"
        (folder / "others").mkdir(parents=True, exist_ok=True)
        own = self.teams[0][subject].tree.compiled
        assert own is not None
        for file in own.glob("*"):
            file.replace(folder / "others" / file.name)

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

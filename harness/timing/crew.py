"""The workers of a run: hired, started side by side, ended."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path

import numpy as np

from gradparity.harness.messages.judged import FindHardest
from gradparity.harness.messages.timed import Greeting, Pool
from gradparity.harness.planning.faults import faults
from gradparity.harness.planning.plan import Plan, Subject
from gradparity.harness.processes.as_answered import as_answered
from gradparity.harness.processes.environment import allowed_cores, groups_near
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import Asked, WorkerFailure, WorkerProcess
from gradparity.harness.processes.tree import OWN_TREE, Tree
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
    faults: what is wrong with a user's problem, by its name (`check_files`).
    until: when all must be done, by `monotonic`; what is not is "inconclusive".
    """

    plan: Plan
    cores: tuple[int, ...]
    folder: Path
    timing: bool = True
    tree: Tree = OWN_TREE
    until: float | None = None
    teams: list[Team] = field(default_factory=list)
    pools: dict[str, tuple[Pool, ...]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
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
            if not self.plan.unavailable(subject)
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
        limits = Limits(cores, options.timeout_s, options.memory_gib, self.until)
        return WorkerProcess(backend, limits, tree)

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

    def start(self) -> None:
        """Start every worker, side by side on all cores: importing a library takes seconds.

        Meanwhile the judge, if a core is left for it, finds the truth that takes the longest.
        """
        labels = {worker: subject.label for subject, worker in self.teams[0].items()}
        labels[self.judge] = "judge"
        early = None
        if self._greeted(self.judge.start(), labels) and self.judge.limits.cores != self.cores:
            own = tuple(self.plan.question(w) for w in self.plan.workloads if w.file is None)
            early = self.judge.ask(FindHardest(own)) if own else None
        groups = groups_near(self.cores)
        others = [worker for team in self.teams for worker in team.values()]
        on = {worker.start(group): group for worker, group in zip(others, cycle(groups))}
        for greeting, by in as_answered(on):
            if self._greeted(greeting, labels, by):
                greeting.worker.move(self.cores)
        if early is not None:
            with suppress(WorkerFailure):  # it fails again where it is asked for
                early.answer()

    def _greeted(
        self, greeting: Asked[Greeting], labels: dict[WorkerProcess, str], by: float | None = None
    ) -> bool:
        """Whether a worker has started; its pools are noted."""
        worker = greeting.worker
        try:
            pools = greeting.answer(by).pools
        except WorkerFailure:
            worker.end()  # its first cell starts it again and says what is wrong
            return False
        if worker in labels:
            self.pools[labels[worker]] = pools
        return True

    def end(self) -> None:
        """End every process."""
        for worker in (self.judge, *(worker for team in self.teams for worker in team.values())):
            worker.end()

    def check_files(self) -> None:
        """Try every problem of a user's file once; what is wrong with one costs its own cells.

        A loss that kills or outlasts the worker is let through: its cells will say so.
        Raises InputError where nothing is right.
        """
        self.faults = faults(self.judge, self.plan)
        if len(self.faults) == len({w.problem.name for w in self.plan.workloads}):
            for fault in self.faults.values():
                raise InputError(fault)

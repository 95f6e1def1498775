"""`gradparity check`: verdicts alone, without times, made here or on a cluster.

Every subject answers in float64 and in float32, unless one of them is asked for: the two together
are what a verdict is made of. A worker calls what the user wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import ClassVar

from gradparity.backends import DTYPES, LOW_DTYPES
from gradparity.harness.checking.checks import CheckedSubject
from gradparity.harness.cluster.named import named
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS
from gradparity.harness.messages.judged import JudgedSubject, JudgeSubject
from gradparity.harness.messages.spec import Question
from gradparity.harness.planning.faults import fault
from gradparity.harness.planning.plan import Plan, Subject, Workload, check_command
from gradparity.harness.processes.environment import allowed_cores, timing_cores
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.harness.processes.side_by_side import Here, Stopped, Workbench
from gradparity.harness.terminal.progress import Progress
from gradparity.problems import InputError
from gradparity.problems.errors import in_range

AskedSubject = tuple[Workload, Subject]
"""What a verdict is asked for."""


@dataclass(frozen=True, slots=True)
class VerdictRecipe:
    """How verdicts are made, wherever that is.

    wrong: what is wrong with problems of users' files, by file and name. seconds: how long the
    cause of a wrong gradient is looked for. dtypes: float64 first.
    """

    timeout_s: float
    memory_gib: float | None
    seed: int
    seconds: float
    dtypes: tuple[str, ...]
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)
    alone: ClassVar[bool] = False
    gpu: ClassVar[bool] = False

    def hire(self, bench: Workbench) -> VerdictCrew:
        """A worker that judges one subject after the other."""
        limits = Limits(bench.cores, self.timeout_s, self.memory_gib)
        return VerdictCrew(
            self, bench, WorkerProcess("numpy", limits, bench.tree, bench.heard, threads=1)
        )

    def verdict(self, asked: AskedSubject, found: JudgedSubject) -> CheckedSubject:
        """What was found, as the record of what was asked for."""
        workload, subject = asked
        return CheckedSubject(
            problem=workload.problem.name,
            size=workload.size,
            parameters=found.parameters,
            backend=subject.backend,
            variant=subject.variant,
            operator=workload.operator,
            seed=self.seed,
            file=workload.file,
            command=check_command(workload, subject, self.seed),
            status=found.status,
            reason=found.reason,
            finding=found.finding,
            parts=found.parts,
        )

    def lost(self, asked: AskedSubject, why: str) -> CheckedSubject:
        """What becomes of a subject whose hosts were lost."""
        return self.verdict(asked, JudgedSubject(0, "lost", why, None, ()))


@dataclass(frozen=True, slots=True)
class VerdictCrew:
    """One worker that judges."""

    recipe: VerdictRecipe
    bench: Workbench
    worker: WorkerProcess

    def run(self, asked: AskedSubject) -> CheckedSubject:
        """The verdict on a subject. Raises Stopped."""
        workload, subject = asked
        if self.bench.stop.is_set():
            raise Stopped
        name, file, recipe = workload.problem.name, workload.file, self.recipe
        told = None if file is None else recipe.wrong.get((file, name))
        if told is not None:
            return recipe.verdict(asked, _faulty(told))
        skipped = workload.skipped.get(subject.backend)
        dtype = recipe.dtypes[0]
        low = dtype if dtype in LOW_DTYPES else ""
        if low and skipped is not None:
            return recipe.verdict(asked, JudgedSubject(0, skipped.status, skipped.reason, None, ()))
        question = Question(name, file, workload.size, recipe.seed, workload.operator, low)
        judged = JudgeSubject(
            question, subject.source, subject.variant, recipe.dtypes, recipe.seconds
        )
        try:
            return recipe.verdict(asked, self.worker.request(judged))
        except WorkerFailure as failure:
            if self.bench.stop.is_set():
                raise Stopped from failure
            return recipe.verdict(asked, _faulty(failure.reason))

    def kill(self) -> None:
        """End the worker from another thread."""
        self.worker.kill()

    def end(self) -> None:
        """End the worker."""
        self.worker.end()


def check_plan(
    plan: Plan,
    seconds: float = SECONDS,
    dtypes: tuple[str, ...] = DTYPES[::-1],
    jobs: int = 1,
    cluster: str = "",
    progress: Callable[[], Progress] = Progress,
) -> list[CheckedSubject]:
    """The verdicts on every subject of every workload, in the order of the plan, from workers.

    seconds: how long the cause of a wrong gradient is looked for. dtypes: float64 first. jobs:
    workers side by side. cluster: as `--cluster` names it; "" for this machine. progress: makes who
    hears of a cluster.
    A problem of a user's file that cannot be evaluated costs its own verdicts; InputError is raised
    where there is no other. Raises KeyboardInterrupt.
    """
    options, stop = plan.options, Event()
    named_cluster = named(cluster, jobs) if cluster else None
    in_range("jobs", jobs, 1, len(allowed_cores()), whole=True)
    recipe = VerdictRecipe(
        *(options.timeout_s, options.memory_gib, options.seed, seconds, tuple(dtypes))
    )
    asked = [(workload, one) for workload in plan.workloads for one in plan.subjects(workload)]
    found: dict[AskedSubject, CheckedSubject] = {}
    with temporary_folder() as folder:
        cores = [allowed_cores()] if jobs == 1 else [(core,) for core in timing_cores(jobs)]
        benches = [Workbench(own, folder, stop, lambda text: None) for own in cores]
        crews = [recipe.hire(bench) for bench in benches]
        try:
            recipe.wrong.update(_wrong(plan, crews[0].worker))
            if named_cluster is None:
                status = Here(crews, stop).work(asked, found.__setitem__)
            else:
                from gradparity.harness.cluster.place import on_cluster

                crews[0].end()
                with on_cluster(named_cluster, recipe, plan.files, progress(), jobs) as place:
                    status = place.work(asked, found.__setitem__)
        finally:
            for crew in crews:
                crew.end()
    if status == "interrupted":
        raise KeyboardInterrupt
    return [found[one] for one in asked]


def _wrong(plan: Plan, worker: WorkerProcess) -> dict[tuple[str, str], str]:
    """What is wrong with problems of users' files. Raises InputError where nothing is right."""
    problems = dict.fromkeys((w.file, w.problem.name) for w in plan.workloads)
    found = {
        (file, name): told
        for file, name in problems
        if file is not None and (told := fault(worker, file, name, plan.options.seed)) is not None
    }
    if len(found) == len(problems):
        for told in found.values():
            raise InputError(told)
    return found


def _faulty(reason: str) -> JudgedSubject:
    return JudgedSubject(0, "error", reason, None, ())

"""Claims, from their numbers to findings in the store: each is stored as soon as it is measured."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Event
from time import monotonic
from typing import ClassVar

from gradparity.harness.claims.catalogue import CLAIMS, chapter_of
from gradparity.harness.cluster.named import named
from gradparity.harness.messages.claimed import MeasureClaim
from gradparity.harness.planning.sameness import changed_since
from gradparity.harness.processes import environment
from gradparity.harness.processes.description import describe
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.interruption import held
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerFailure, WorkerProcess
from gradparity.harness.processes.side_by_side import Here, Stopped, Workbench, WorkPlace
from gradparity.harness.terminal.progress import Progress
from gradparity.problems import InputError
from gradparity.results.records.claim import ClaimFinding
from gradparity.results.records.record import Run
from gradparity.results.records.run_id import new_id
from gradparity.results.records.statuses import ExitCode
from gradparity.results.store.store import Store, StoreError

LONGEST_S = 1e7
"""More than a hundred days: nobody waits so long."""

KIND = "claims"
"""Of the run."""


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """Which claims, and with which limits.

    jobs: experiments side by side; those that measure times run alone, after the others.
    total_s: for all of them; what is not measured by then has no finding. timeout_s: for one.
    cluster: as `--cluster` names it, "" for this machine.
    """

    numbers: tuple[int, ...]
    quick: bool = False
    jobs: int = 1
    total_s: float | None = None
    timeout_s: float = 900.0
    cluster: str = ""

    def require_possible(self, cores: int) -> None:
        """Raise InputError for limits that there cannot be; cores: how many there are."""
        if not 1 <= self.jobs <= cores:
            raise InputError(f"jobs is {self.jobs}; it should be 1 to {cores}, the cores there are")
        for name, value in (("total-seconds", self.total_s), ("timeout", self.timeout_s)):
            if value is not None and not 0.0 < value < LONGEST_S:
                raise InputError(f"{name} is {value:g}; it should be more than 0, and finite")


@dataclass(frozen=True, slots=True)
class Explored:
    """A run on claims and its findings, as stored, in the order of the claims."""

    run: Run
    findings: tuple[ClaimFinding, ...]
    store: str

    @property
    def exit_code(self) -> int:
        """0 whatever the verdicts; 4 where something did not finish; 130 interrupted."""
        if self.run.status == "interrupted":
            return ExitCode.INTERRUPTED
        unfinished = any(one.status != "ok" for one in self.findings)
        return ExitCode.UNFINISHED if unfinished or self.run.status != "finished" else ExitCode.GOOD


@dataclass(frozen=True, slots=True)
class ClaimRecipe:
    """How claims are measured: by workers that go from one to the next.

    alone: whether they measure times. left_s: for all of them, from when a worker is hired; None
    for as long as it takes.
    """

    timeout_s: float
    quick: bool
    left_s: float | None = None
    alone: bool = False
    gpu: ClassVar[bool] = False

    def hire(self, bench: Workbench) -> ClaimCrew:
        """A worker that measures one claim after the other."""
        until = None if self.left_s is None else monotonic() + self.left_s
        limits = Limits(bench.cores, self.timeout_s, until=until)
        return ClaimCrew(self, bench, WorkerProcess("numpy", limits, bench.tree, bench.heard))

    def lost(self, number: int, why: str) -> ClaimFinding:
        """What becomes of a claim whose hosts were lost."""
        return self.without(number, "lost", why)

    def without(self, number: int, status: str, reason: str) -> ClaimFinding:
        """What stands in for a finding that there is none of."""
        about = (number, CLAIMS[number].statement, chapter_of(number), self.quick)
        return ClaimFinding(*about, status=status, reason=reason)


@dataclass(frozen=True, slots=True)
class ClaimCrew:
    """One worker that measures a claim after the other."""

    recipe: ClaimRecipe
    bench: Workbench
    worker: WorkerProcess

    def run(self, number: int) -> ClaimFinding:
        """The finding, or why there is none. Raises Stopped."""
        if self.bench.stop.is_set():
            raise Stopped
        self.bench.step(f"claim {number} · {CLAIMS[number].statement}")
        try:
            return self.worker.request(MeasureClaim(number, self.recipe.quick))
        except WorkerFailure as failure:
            if self.bench.stop.is_set():
                raise Stopped from failure
            late = failure.status == "inconclusive"
            status = "timeout" if late else failure.status
            return self.recipe.without(number, status, failure.reason)

    def kill(self) -> None:
        """End the process from another thread."""
        self.worker.kill()

    def end(self) -> None:
        """End the process."""
        self.worker.end()


@held()
def explore(
    asked: ClaimsAsked,
    store: Store,
    progress: Progress,
    earlier: Sequence[ClaimFinding] = (),
    id: str = "",
) -> Explored:
    """Measure the claims. An interrupt ends the workers and leaves what was measured in the store.

    earlier, id: the findings that an interrupted run has already, and that run's id.
    """
    cores = environment.timing_cores(1 if asked.cluster else asked.jobs)
    kept = {one.number: one for one in earlier if one.status == "ok"}
    left = [number for number in asked.numbers if number not in kept]
    places = _places(asked, left, cores, progress)
    if id:
        record = store.go_on(id)
    else:
        record = Run(
            id=new_id(),
            kind=KIND,
            started=environment.now(),
            suite="claims" + ", quick" * asked.quick,
            command=shlex.join(["gradparity", *sys.argv[1:]]),
            reference="",
            options={"numbers": list(asked.numbers), "quick": asked.quick, "jobs": asked.jobs},
            environment=describe(cores, {}),
        )
        store.begin(record)
    progress.begin(record, len(left), "claim")

    def finish(number: int, finding: ClaimFinding) -> None:
        store.add_finding(record.id, finding)
        kept[number] = finding
        text = f"claim {number}: {finding.verdict or f'{finding.status}, {finding.reason}'}"
        progress.done(text, [] if finding.status == "ok" else [text])

    status = "finished"
    try:
        for numbers, own, place in places:
            if status == "finished":
                status = place.work(numbers, finish)
            own.close()
    except BaseException:
        with suppress(StoreError):  # the exception that is on its way must not be hidden
            store.finish(record.id, "stopped", environment.now())
        raise
    finally:
        progress.end()
        for _, own, _ in places:
            own.close()
    ended = store.finish(record.id, status, environment.now())
    inorder = tuple(kept[number] for number in asked.numbers if number in kept)
    return Explored(ended, inorder, store.where)


def _places(
    asked: ClaimsAsked, left: Sequence[int], cores: Sequence[int], progress: Progress
) -> list[tuple[list[int], ExitStack, WorkPlace[int, ClaimFinding]]]:
    """The claims that are left, those that measure times last, each with what ends their place."""
    found = []
    with ExitStack() as all_of_them:
        for alone in (False, True):
            numbers = [number for number in left if CLAIMS[number].alone is alone]
            recipe = ClaimRecipe(asked.timeout_s, asked.quick, asked.total_s, alone)
            if numbers:
                own = all_of_them.enter_context(ExitStack())
                found.append(
                    (numbers, own, own.enter_context(_place(asked, recipe, cores, progress)))
                )
        all_of_them.pop_all()
    return found


@contextmanager
def _place(
    asked: ClaimsAsked, recipe: ClaimRecipe, cores: Sequence[int], progress: Progress
) -> Iterator[WorkPlace[int, ClaimFinding]]:
    """Where claims are measured; those that measure times by one worker alone."""
    if asked.cluster:
        from gradparity.harness.cluster.place import on_cluster

        with on_cluster(
            named(asked.cluster, asked.jobs), recipe, (), progress, asked.jobs
        ) as place:
            yield place
        return
    stop = Event()
    with temporary_folder() as folder, ExitStack() as owned:
        benches = [
            Workbench((core,), folder, stop, progress.step)
            for core in (cores[:1] if recipe.alone else cores)
        ]
        crews = [recipe.hire(bench) for bench in benches]
        for crew in crews:
            owned.callback(crew.end)
        yield Here(crews, stop)


def resumed(
    store: Store, run_id: str, asked: ClaimsAsked
) -> tuple[ClaimsAsked, list[ClaimFinding], str]:
    """What a stored run was asked, what it has found, and its id, held by this process now.

    asked: whose limits are those of now. Raises InputError where it is no run on claims, or not of
    this code and machine; StoreError for a run that is not there, or that somebody is at.
    """
    run = store.find(run_id)
    if run.kind != KIND:
        raise InputError(f"run {run.id} is not on claims; gradparity show --all lists the runs")
    if changed := changed_since(run, ()):
        raise InputError(
            f"run {run.id}: not the same {' and '.join(changed)} as then; measure anew, without "
            "--resume"
        )
    store.take_up(run.id)
    numbers, quick = tuple(run.options["numbers"]), bool(run.options["quick"])
    return replace(asked, numbers=numbers, quick=quick), store.findings(run.id), run.id

"""The host's side of a task: items are done one after the other, by workers of our own as ever.

Crews outlast a task, so that a library is imported once; they end when the run does, when nobody
has asked for them for a while, or with the Dask worker. A task that nobody wants any more (Ctrl-C,
a parent that is gone, a scheduler that is) has its crew killed.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Event, Lock, Thread, Timer
from time import perf_counter
from typing import Any

from gradparity.harness.cluster.alone import GivenUp, on_host
from gradparity.harness.cluster.parcel import Parcel, returned, sent, unpacked
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.host import machine_name
from gradparity.harness.processes.side_by_side import OneByOne, Recipe, Stopped, Workbench
from gradparity.harness.processes.tree import Tree

LOOK_S = 0.2
"""Seconds between two looks at whether a task is still wanted."""

IDLE_S = 30.0
"""Seconds after which a crew that nobody asks for ends."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all tasks of a run share. id: the run's, here. parcel: users' files."""

    id: str
    recipe: Recipe[Any, Any]
    parcel: Parcel


@dataclass(frozen=True, slots=True)
class Performed:
    """What a task has come to.

    made: of each of its items, in order. seconds: that they took, waiting for the host and starting
    workers left out. address: of the Dask worker.
    """

    made: tuple[Any, ...]
    seconds: float
    address: str


@dataclass(slots=True)
class HostedRun:
    """Where a run's crews work in this process, and those that have nothing to do."""

    job: Job
    idle: list[tuple[OneByOne[Any, Any], Event]] = field(default_factory=list)
    busy: int = 0
    lock: Lock = field(default_factory=Lock)
    owned: ExitStack = field(default_factory=ExitStack)
    timer: Timer | None = None
    root: Path = field(init=False)
    tree: Tree = field(init=False)
    recipe: Recipe[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.owned.enter_context(temporary_folder())
        self.tree = Tree(folder=unpacked(self.job.parcel, self.root / "files"))
        self.recipe = sent(self.job.recipe, self.root / "files")

    def take(self) -> tuple[OneByOne[Any, Any], Event]:
        """A crew that nobody uses, and what calls it off."""
        with self.lock:
            self.busy += 1
            if self.timer is not None:
                self.timer.cancel()
            if self.idle:
                return self.idle.pop()
        stop = Event()
        bench = Workbench(
            *(allowed_cores(), self.root, stop, lambda text: None, self.tree),
            heard=False,
            machine=machine_name(),
        )
        try:
            return self.recipe.hire(bench), stop
        except BaseException:
            self._less()
            raise

    def give_back(self, crew: OneByOne[Any, Any], stop: Event) -> None:
        """Keep a crew for the next task, or end it if it was called off."""
        if stop.is_set():
            crew.end()
        else:
            with self.lock:
                self.idle.append((crew, stop))
        self._less()

    def end(self) -> None:
        """End the crews and remove the files, unless somebody is at work."""
        with self.lock:
            if self.busy:
                return
            _hosted_runs().pop(self.job.id, None)
        for crew, _ in self.idle:
            crew.end()
        self.owned.close()

    def _less(self) -> None:
        with self.lock:
            self.busy -= 1
            if self.busy == 0:
                self.timer = Timer(IDLE_S, self.end)
                self.timer.daemon = True
                self.timer.start()


@cache
def _hosted_runs() -> dict[str, HostedRun]:
    """Those of this process, by the id of their job."""
    return {}


_ONE_AT_A_TIME = Lock()


def _without_the_nannys() -> None:
    """Drop what Dask's nanny has put into the environment: our workers have that of a user.

    It sets threads, which we set ourselves, and the allocator (MALLOC_TRIM_THRESHOLD_), which
    would move times.
    """
    import dask

    given = dask.config.get("distributed.nanny.pre-spawn-environ", {})
    for name, value in given.items():
        if os.environ.get(name) == str(value):
            del os.environ[name]


def _hosted_run(packed_job: bytes) -> HostedRun:
    job: Job = pickle.loads(packed_job)
    with _ONE_AT_A_TIME:
        found = _hosted_runs().get(job.id)
        if found is None:
            _without_the_nannys()
            found = _hosted_runs()[job.id] = HostedRun(job)
        return found


def perform(packed_job: bytes, items: tuple[Any, ...], topic: str) -> Performed:
    """Do these items, one after the other; run by a Dask worker.

    packed_job: a `Job`, pickled. topic: where it is told that this has begun.
    Raises InputError where nothing of the run can be done; Stopped where nobody wants it any more.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    worker.log_event(topic, {"key": key, "address": worker.address})

    def wanted() -> bool:
        state = worker.state.tasks.get(key)
        running = state is not None and state.state in ("executing", "long-running")
        return running and worker.status.name == "running"

    hosted = _hosted_run(packed_job)
    try:
        with on_host(hosted.job.recipe.alone, wanted):
            return Performed(*_performed(hosted, items, wanted), worker.address)
    except GivenUp:
        raise Stopped from None


def dismiss(id: str) -> None:
    """End what a run has left in this process; run on every Dask worker when the run is over."""
    found = _hosted_runs().get(id)
    if found is not None:
        found.end()


def _performed(
    hosted: HostedRun, items: tuple[Any, ...], wanted: Callable[[], bool]
) -> tuple[tuple[Any, ...], float]:
    crew, stop = hosted.take()
    done = Event()
    watch = Thread(target=_watch, args=(crew, stop, done, wanted), daemon=True)
    watch.start()
    start = perf_counter()
    try:
        files = hosted.root / "files"
        if not hosted.job.parcel.files:
            return tuple(crew.run(item) for item in items), perf_counter() - start
        made = tuple(returned(crew.run(sent(item, files)), files) for item in items)
        return made, perf_counter() - start
    finally:
        done.set()
        watch.join()
        hosted.give_back(crew, stop)


def _watch(crew: OneByOne[Any, Any], stop: Event, done: Event, wanted: Callable[[], bool]) -> None:
    """Kill a crew once nobody wants its task."""
    while not done.wait(LOOK_S):
        if not wanted():
            stop.set()
            crew.kill()
            return

"""What a cluster costs: `python -m tests.benchmarks.cluster_scale --out docs/scale.md`.

A scheduler and workers in processes of their own on the loopback address. A cell that takes 1 ms of
processor time and does nothing shows what is not work; real verdicts show its share of them. All is
processor time, so that a machine that does other things beside it measures the same; cells a minute
are of wall time, and say what else wanted to run. What goes with time and not with cells, heartbeats
and the like, is measured with nothing to do, and taken off.
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import psutil

from gradparity.harness.checking.verdicts import VerdictRecipe
from gradparity.harness.cluster.named import named
from gradparity.harness.cluster.place import on_cluster
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import make_plan, unanswered
from gradparity.harness.processes.environment import cpu_model
from gradparity.harness.processes.side_by_side import Workbench
from gradparity.harness.terminal.progress import Progress
from gradparity.results.records.record import Run
from gradparity.results.store.store import open_store
from tests.benchmarks.stub_cells import STUB_S, StubRecipe
from tests.dask_cluster import dask_processes

ROOT = Path(__file__).parents[2]
UNWATCHED = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
"""Dask's own profiler looks at its workers a hundred times a second."""

VERDICTS = 1000
IDLE_S = 5.0
MACHINES, CELLS = 100, 10**6
SHARE = 0.10
"""Of the harness in 1,000 verdicts, at most."""


@dataclass(frozen=True)
class Cost:
    """Of so many cells on so many workers, in seconds of processor time but for `wall`.

    client: this process. scheduler: Dask's. around: Dask's workers but for the cells. work: cells.
    idle: of the first three, a second of wall time, with nothing to do; it is in none of them.
    """

    what: str
    workers: int
    cells: int
    tasks: int
    wall: float
    load: float
    client: float
    scheduler: float
    around: float
    work: float
    idle: float

    @property
    def harness(self) -> float:
        """All that is no work."""
        return self.client + self.scheduler + self.around

    @property
    def share(self) -> float:
        """Of the harness in all."""
        return self.harness / (self.harness + self.work)


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def measured(what: str, recipe: Any, items: Sequence[Any], workers: int) -> Cost:
    """What the items cost once workers have started and done a few."""
    with (
        tempfile.TemporaryDirectory() as folder,
        dask_processes(
            Path(folder),
            workers,
            PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "src")]),
            **UNWATCHED,
        ) as dask,
    ):
        scheduler = psutil.Process(dask.scheduler.pid)
        hosts = [psutil.Process(worker.pid) for worker in dask.workers]
        with on_cluster(named(dask.address), recipe, [], Progress()) as place:
            place.work(items[: 4 * workers], lambda item, made: None)  # crews are hired
            idle = _idle(scheduler, hosts)
            before = _costs(scheduler, hosts)
            number, start = place.number, time.perf_counter()
            place.work(items, lambda item, made: None)
            wall = time.perf_counter() - start
            after = _costs(scheduler, hosts)
            tasks = place.number - number
    client, of_scheduler, around, work = (
        b - a - rate * wall for a, b, rate in zip(before, after, idle, strict=True)
    )
    if isinstance(recipe, StubRecipe):
        around, work = around - STUB_S * len(items), STUB_S * len(items)
    load = os.getloadavg()[0]
    spent = (client, of_scheduler, around, work, sum(idle[:3]))
    return Cost(what, workers, len(items), tasks, wall, load, *spent)


def _idle(scheduler: psutil.Process, hosts: list[psutil.Process]) -> list[float]:
    """What each of `_costs` takes of a second in which nothing is to be done."""
    before, start = _costs(scheduler, hosts), time.perf_counter()
    time.sleep(IDLE_S)
    wall = time.perf_counter() - start
    return [(b - a) / wall for a, b in zip(before, _costs(scheduler, hosts), strict=True)]


def _costs(scheduler: psutil.Process, hosts: list[psutil.Process]) -> tuple[float, ...]:
    """Of this process, the scheduler, Dask's workers, and the workers of ours below them."""
    ours = [child for host in hosts for child in host.children(recursive=True)]
    return (time.process_time(), cpu(scheduler), sum(map(cpu, hosts)), sum(map(cpu, ours)))


def verdicts(count: int) -> tuple[VerdictRecipe, list[Any]]:
    """So many verdicts, those on small problems over and over."""
    plan = make_plan(
        ["booth", "rosenbrock", "himmelblau", "beale", "price-linear", "xor-tanh"],
        Options(backends=("numpy", "tape"), sizes=("tiny",)),
    )
    asked = [(workload, one) for workload in plan.workloads for one in plan.subjects(workload)]
    recipe = VerdictRecipe(60.0, None, 0, 3.0, ("float64", "float32"))
    return recipe, [asked[i % len(asked)] for i in range(count)]


def bytes_of() -> tuple[int, int, int]:
    """Of a verdict: its request, its answer, and what a cell without times takes in a store."""
    recipe, (asked, *_) = verdicts(1)
    crew = recipe.hire(Workbench((0,), Path("."), Event(), lambda text: None))
    try:
        answer = crew.run(asked)
    finally:
        crew.end()
    with tempfile.TemporaryDirectory() as folder:
        sizes = []
        for count in (1, 1001):
            with open_store(Path(folder) / f"{count}.db") as store:
                store.begin(Run(id="x", started="", suite="", command="", reference=""))
                cell = unanswered(*asked)
                store.add("x", *(replace(cell, size=f"n={i}") for i in range(count)))
                store.finish("x", "finished", "")
            sizes.append(sum(f.stat().st_size for f in Path(folder).glob(f"{count}.db*")))
    return len(pickle.dumps(asked)), len(pickle.dumps(answer)), (sizes[1] - sizes[0]) // 1000


def page(costs: Sequence[Cost], sizes: tuple[int, int, int]) -> str:
    """The page in Markdown."""
    lines = [
        "# What a cluster costs",
        "",
        "Written by `python -m tests.benchmarks.cluster_scale --out docs/scale.md` on "
        f"{cpu_model()}, {os.cpu_count()} cores: a Dask scheduler and workers in processes of their own on the loopback address.",
        "A *stub* is a cell that takes 1 ms of processor time and does nothing; a *verdict* is one of `check` on problems of a few parameters,",
        "the smallest that there are. All seconds but those behind *cells a minute* are processor time. *Load*: how many processes wanted to run then, so that",
        "cells a minute are of a machine with so much else to do. Heartbeats and the like go with time, not with cells: "
        f"{1e3 * max(one.idle for one in costs):.0f} ms a second at most, measured with nothing to do and taken off.",
        "",
        "| cells | what | workers | tasks | cells a minute | load | harness' share | client, ms a task | scheduler, ms a task | Dask worker, ms a cell | work, ms a cell |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in costs:
        lines.append(
            f"| {one.cells:,} | {one.what} | {one.workers} | {one.tasks:,} | {60 * one.cells / one.wall:,.0f} | {one.load:.0f} | {one.share:.1%} "
            f"| {1e3 * one.client / one.tasks:.2f} | {1e3 * one.scheduler / one.tasks:.2f} | {1e3 * one.around / one.cells:.3f} | {1e3 * one.work / one.cells:.2f} |"
        )
    lines += ["", *_told(costs), "", *_extrapolated(costs, sizes)]
    return "\n".join(lines) + "\n"


def _told(costs: Sequence[Cost]) -> list[str]:
    of_verdicts = [one for one in costs if one.what == "verdict"]
    told = []
    for one in of_verdicts:
        kept = "at most" if one.share <= SHARE else "MORE than"
        told.append(
            f"Of {one.cells:,} verdicts on {one.workers} worker{'s' * (one.workers != 1)} the harness takes {one.share:.1%}: {kept} the {SHARE:.0%} that it may."
        )
    return told


def _extrapolated(costs: Sequence[Cost], sizes: tuple[int, int, int]) -> list[str]:
    most = max(
        (one for one in costs if one.what == "stub"), key=lambda one: (one.cells, one.workers)
    )
    real = max((one for one in costs if one.what == "verdict"), key=lambda one: one.workers)
    work_s = real.work / real.cells
    per_task_client, per_task_scheduler = real.client / real.tasks, real.scheduler / real.tasks
    cells_a_task = real.cells / real.tasks
    tasks = CELLS / cells_a_task
    threads = MACHINES
    needed_s = CELLS * (work_s + real.around / real.cells) / threads
    client_s, scheduler_s = tasks * per_task_client, tasks * per_task_scheduler
    request, answer, stored = sizes
    moved = CELLS * (request + answer)
    rows = [
        (
            "the work",
            f"{work_s * 1e3:.1f} ms a verdict, one at a time on each of {threads} machines",
            needed_s,
        ),
        (
            "the client",
            f"{per_task_client * 1e3:.2f} ms a task of {cells_a_task:.1f} cells, on one core",
            client_s,
        ),
        ("the scheduler", f"{per_task_scheduler * 1e3:.2f} ms a task, on one core", scheduler_s),
        ("the network", f"{request + answer:,} bytes a cell at 100 MB/s", moved / 1e8),
    ]
    first = max(rows[1:], key=lambda row: row[2])
    return [
        f"## {CELLS:,} verdicts on {MACHINES} machines, extrapolated",
        "",
        "Nobody has run this. The table takes what was measured above and these assumptions: a machine does one verdict at a time as fast as this core; a task",
        f"has as many cells as it had above ({cells_a_task:.1f}) and costs client and scheduler what it cost there, however many workers there are; nothing waits for anything else.",
        "",
        "| what | assumed | busy for, s |",
        "|---|---|--:|",
        *(f"| {what} | {assumed} | {seconds:,.0f} |" for what, assumed, seconds in rows),
        "",
        f"The first bottleneck is {first[0]}: it is busy for {first[2]:,.0f} s of the {max(needed_s, first[2]):,.0f} s that all takes, "
        + (
            f"so that more than about {threads * needed_s / first[2]:,.0f} machines would wait for it."
            if first[2] < needed_s
            else "so that machines wait for it already."
        ),
        f"What is done about it: cells that take less than a second go together, so many that a task takes about a second. Of stubs of 1 ms a task had {most.cells / most.tasks:,.0f},",
        f"and a cell cost client and scheduler {1e6 * (most.client + most.scheduler) / most.cells:,.0f} µs of processor time.",
        f"A verdict is {request:,} bytes on its way there and {answer:,} on its way back (pickled), and a cell without times takes {stored:,} bytes in a SQLite store.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stubs", default="1000,10000,100000")
    parser.add_argument("--verdicts", type=int, default=VERDICTS)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    costs = []
    for count in map(int, asked.stubs.split(",")):
        for workers in (1, 2):
            costs.append(measured("stub", StubRecipe(), list(range(count)), workers))
            print(costs[-1], flush=True)
    for workers in (1, 2):
        costs.append(measured("verdict", *verdicts(asked.verdicts), workers))
        print(costs[-1], flush=True)
    text = page(costs, bytes_of())
    if asked.out is None:
        print(text)
    else:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()

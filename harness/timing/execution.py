"""A run, from plan to record: prepare, judge, time and store, workload by workload.

Every subject has a worker process of its own, and so has the judge. For one workload, each subject
prepares and answers; the judge holds the answers against the oracle and against each other; those
that are right are timed together, in paired rounds; every cell is stored as soon as it is finished.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from gradparity.harness.cluster.named import NamedCluster, named
from gradparity.harness.messages.timed import Pool
from gradparity.harness.planning.lookup import Target
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Plan, Workload, unanswered
from gradparity.harness.planning.planner import planned
from gradparity.harness.planning.possible import check_possible
from gradparity.harness.planning.targets import in_words
from gradparity.harness.planning.typed import RUN_FLAGS, called, typed
from gradparity.harness.processes import environment
from gradparity.harness.processes.description import describe
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.interruption import held
from gradparity.harness.processes.side_by_side import Here, Workbench, WorkPlace
from gradparity.harness.terminal.notebook import of_python
from gradparity.harness.terminal.progress import Progress, starting
from gradparity.harness.timing.resume import Earlier
from gradparity.harness.timing.timing_crew import TimingRecipe
from gradparity.problems.arguments import expect, expect_fields
from gradparity.problems.errors import several
from gradparity.problems.extras import needed
from gradparity.results.records.record import Cell, Run
from gradparity.results.records.run_id import new_id
from gradparity.results.records.statuses import exit_code
from gradparity.results.store.store import Store, StoreError, open_store

if TYPE_CHECKING:
    import pandas as pd

    from gradparity.results.times.row import Row


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run and its cells, as stored. lost: users' files that are left out, and why."""

    run: Run
    cells: tuple[Cell, ...]
    store: str
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """One per cell, with the statistics derived from its samples."""
        from gradparity.results.times.row import rows

        return rows(self.run, self.cells)

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a pandas DataFrame."""
        from gradparity.results.times.row import frame

        with needed():
            return frame(self.run, self.cells)

    def _repr_html_(self) -> str:
        """The table of the run, for a notebook."""
        from gradparity.results.tables.run_html import to_html

        return to_html(self.run, self.cells)

    @property
    def exit_code(self) -> int:
        """0 good; 3 wrong gradient, if strict lost digits too; 4 not finished; 130 interrupted."""
        strict = bool(self.run.options.get("strict"))
        statuses = [*(cell.status for cell in self.cells), *("error" for _ in self.lost)]
        return exit_code(statuses, self.run.status, strict)


def run(
    *targets: Target,
    backends: Sequence[str] = (),
    sizes: Sequence[str] = (),
    operators: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    store: str | Path | None = None,
    progress: Progress | None = None,
    cluster: str = "",
    **options: Any,
) -> Outcome:
    """Judge, time and store suites, problems, families or files (default: the suite "quick").

    A target may also be a `Problem` that was made in Python, or a loss(xp, params, data) followed
    by its params and data: gp.run(loss, {"w": np.ones(3)}). A list is what is in it.
    cluster: as `--cluster` names it.
    The other options are those of `Options`: device, threads, reference, rounds, timeout_s,
    memory_gib, seed, strict. Raises InputError for what does not exist and where nothing can be
    answered, StoreError for a store that cannot be used.

        outcome = gp.run("rosenbrock", backends=["numpy", "jax"], sizes=["large"])
        outcome.frame[["backend", "median_s", "ratio"]]
    """
    expect(run, locals())
    expect_fields(Options, options, "run", called(RUN_FLAGS))
    chosen = Options(
        several("backends", backends),
        several("sizes", sizes),
        several("operators", operators),
        several("dtypes", dtypes),
        **options,
    )
    if cluster:
        named(cluster)
    plan = planned(in_words("run", targets, store), chosen)
    check_possible(plan)
    with open_store(store) as opened:
        command = typed("run", plan.targets, chosen, RUN_FLAGS, opened.where if store else None)
        command += f" --cluster {shlex.quote(cluster)}" * bool(cluster)
        return execute(plan, opened, progress or of_python(), command=command, cluster=cluster)


@held()
def execute(
    plan: Plan,
    store: Store,
    progress: Progress,
    earlier: Earlier | None = None,
    until: float | None = None,
    command: str = "",
    cluster: str = "",
) -> Outcome:
    """Carry out a plan. An interrupt ends the workers and leaves what was finished in the store.

    earlier: an interrupted run of the same plan that is to be finished
    (`harness/timing/resume.py`). until: when all must be done, by `monotonic`; a cell that is not
    is "inconclusive". command: what a person types for it; "" for what was typed.
    cluster: as `--cluster` names it; "" for this machine.
    """
    plan.refuse_clashes()
    where = named(cluster) if cluster else None
    cores = environment.allowed_cores()
    started = environment.now()
    stop = Event()
    recipe = TimingRecipe(plan, until)
    cells: list[Cell] = list(earlier.cells) if earlier else []
    pools: dict[str, tuple[Pool, ...]] = {}
    with temporary_folder() as folder, ExitStack() as owned:
        place: WorkPlace[Workload, list[Cell]]
        try:
            with starting(progress):
                if where is None:
                    crew = recipe.hire(Workbench(cores, folder, stop, progress.step))
                    owned.callback(crew.end)
                    place, pools = Here([crew], stop), crew.crew.pools
                else:
                    place = owned.enter_context(_on_cluster(where, recipe, progress))
            record = Run(
                id=new_id(),
                started=started,
                suite=plan.name,
                command=command or shlex.join(["gradparity", *sys.argv[1:]]),
                reference=plan.reference,
                options=asdict(plan.options) | {"targets": list(plan.targets), "cluster": cluster},
                environment=describe(cores[-plan.options.threads :], pools, plan.files),
            )
            if earlier is not None:
                record = store.go_on(earlier.run.id)
            else:
                store.begin(record)
            status = _work(plan, place, record, store, progress, cells)
        finally:
            progress.end()
    record = store.finish(record.id, status, environment.now())
    return Outcome(record, tuple(_in_order(plan, cells)), store.where, plan.lost)


def _on_cluster(
    where: NamedCluster, recipe: TimingRecipe, progress: Progress
) -> AbstractContextManager[WorkPlace[Workload, list[Cell]]]:
    from gradparity.harness.cluster.place import on_cluster

    return on_cluster(where, recipe, recipe.plan.files, progress)


def _in_order(plan: Plan, cells: list[Cell]) -> list[Cell]:
    """Those that were there before, then the plan's, in whichever order they were finished."""
    asked = [unanswered(one, subject) for one in plan.workloads for subject in plan.subjects(one)]
    places = {cell.identity: place for place, cell in enumerate(asked)}
    return sorted(cells, key=lambda cell: places.get(cell.identity, -1))


def _work(
    plan: Plan,
    place: WorkPlace[Workload, list[Cell]],
    run: Run,
    store: Store,
    progress: Progress,
    cells: list[Cell],
) -> str:
    """Work through the plan; add to `cells` what is stored, return the status to end with."""
    progress.begin(run, len(plan.workloads), "workload")

    def finish(workload: Workload, found: list[Cell]) -> None:
        store.add(run.id, *found)
        cells.extend(found)
        progress.done(
            f"{workload.label}: {', '.join(f'{cell.label} {cell.status}' for cell in found)}",
            [
                f"{workload.label}, {cell.label}: {cell.status}: {cell.reason}"
                for cell in found
                if cell.status != "ok"
            ],
        )

    try:
        return place.work(plan.workloads, finish)
    except BaseException:
        with suppress(StoreError):  # the exception that is on its way must not be hidden
            store.finish(run.id, "stopped", environment.now())
        raise

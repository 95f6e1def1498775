"""An interrupted run, taken up again: what of it may stay, and what is left to do.

A cell stays if it was made with the same source, versions, machine and boot as now, and if its
whole workload is there: times of a workload are comparable because they were taken together. What
may not stay goes when what replaces it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Plan, unanswered
from gradparity.harness.planning.planner import planned
from gradparity.harness.planning.sameness import changed_since
from gradparity.harness.terminal.stored import chosen, of_times
from gradparity.results.records.record import Cell, Run
from gradparity.results.store.store import Store


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run to be finished, and the cells of it that stay."""

    run: Run
    cells: tuple[Cell, ...]


def resume(store: Store, run_id: str, cluster: str = "") -> tuple[Plan, Earlier | None, str]:
    """The plan of what is left of a stored run, the run, and a remark for the user or "".

    cluster: where it goes on; "" for this machine. On a cluster any machine will do, since every
    workload was timed on one. The run is then held by this process. Where nothing of it may stay,
    because the code or the machine is no longer the same, the plan is that of a new run, and the
    old one is left alone. Raises InputError for a run whose plan was not stored, and for training;
    StoreError for one that is not there, or at which another process is at work.
    """
    run = of_times(store, run_id, "gradparity run")
    store.take_up(run.id)
    options = chosen(run, Options)
    plan = planned(run.options["targets"], options)
    ignored = ("boot", "cpu") if cluster else ()
    if changed := changed_since(run, plan.files, ignored):
        store.let_go(run.id)
        remark = f"not the same {' and '.join(changed)} as then; measured from the start, anew"
        return plan, None, f"run {run.id}: {remark}"
    stored = {cell.identity: cell for cell in store.cells(run.id)}
    kept: list[Cell] = []
    left = []
    for workload in plan.workloads:
        asked = [unanswered(workload, subject).identity for subject in plan.subjects(workload)]
        if stored.keys() >= set(asked):
            kept += [stored[one] for one in asked]
        else:
            left.append(workload)
    return replace(plan, workloads=tuple(left)), Earlier(run, tuple(kept)), ""

"""An interrupted run, taken up again: what of it may stay, and what is left to do.

A cell stays if it was made with the same source, versions, machine and boot as now, and if its
whole workload is there: times of a workload are comparable because they were taken together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import Any

from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Plan, make_plan
from gradparity.harness.processes import environment
from gradparity.harness.terminal.stored import chosen, timed
from gradparity.results.records.record import Cell, Run
from gradparity.results.store.store import Store


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run to be finished, and the cells of it that stay."""

    run: Run
    cells: tuple[Cell, ...]


def resume(store: Store, run_id: str) -> tuple[Plan, Earlier | None, str]:
    """The plan of what is left of a stored run, the run, and a remark for the user or "".

    Cells that may not stay are removed from the store. Where nothing may stay, because the code or
    the machine is no longer the same, the plan is that of a new run, and the old one is left alone.
    Raises InputError for a run whose plan was not stored, and for training; StoreError for one that
    is not there.
    """
    run, cells = timed(store, run_id, "gradparity run")
    options = chosen(run, Options)
    plan = make_plan(run.options["targets"], options)
    changed = _changed(run, plan)
    if changed:
        remark = f"not the same {' and '.join(changed)} as then; measured from the start, anew"
        return plan, None, f"run {run.id}: {remark}"
    by_workload: dict[Any, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_workload[(cell.problem, cell.size, cell.operator, cell.dtype)].append(cell)
    kept: list[Cell] = []
    left = []
    for workload in plan.workloads:
        dtype = workload.setting.dtype
        found = by_workload[(workload.problem.name, workload.size, workload.operator, dtype)]
        if len(found) == len(plan.subjects(workload)):
            kept += found
        else:
            left.append(workload)
    store.forget(run.id, [cell for cell in cells if cell not in kept])
    return replace(plan, workloads=tuple(left)), Earlier(run, tuple(kept)), ""


def _changed(run: Run, plan: Plan) -> list[str]:
    """What of the run's identity is no longer so, in words."""
    now = asdict(environment.identity(plan.files))
    return [name for name, value in now.items() if getattr(run.environment, name) != value]

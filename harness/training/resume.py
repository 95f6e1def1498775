"""An interrupted race, taken up again: what is stored stays, the rest is run.

A descent stays if it was made with the same source, versions and machine as now. That the machine
was started again since does not matter to its steps and losses, only to comparing seconds, so that
a race whose time was measured asks for the same boot as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradparity.harness.planning.sameness import changed_since
from gradparity.harness.terminal.stored import chosen
from gradparity.harness.training.plan import RacePlan, identities
from gradparity.harness.training.planner import planned_race
from gradparity.harness.training.race_options import RaceOptions
from gradparity.problems import InputError
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run
from gradparity.results.store.rows import identity
from gradparity.results.store.store import Store


@dataclass(frozen=True, slots=True)
class EarlierRace:
    """A race to be finished, its descents so far, and the identities of all in order."""

    run: Run
    descents: tuple[Descent, ...]
    order: tuple[str, ...]


def resume_race(
    store: Store, run_id: str, cluster: str | None = None
) -> tuple[RacePlan, EarlierRace | None, str]:
    """The plan of what is left of a stored race, the race, and a remark for the user or "".

    cluster: where it goes on; None for where it was begun. On a cluster any machine will do.
    Where nothing may stay, because the code or the machine is no longer the same, the plan is that
    of a new race, and the old one is left alone. Raises InputError for a run that is no training,
    StoreError for one that is not there, or at which another process is at work.
    """
    run = store.find(run_id)
    if run.kind != "train":
        raise InputError(f"run {run.id} is no training; type: gradparity run --resume {run.id}")
    options = chosen(run, RaceOptions)
    if cluster is not None:
        if options.timed:
            raise InputError(
                f"run {run.id} measures time; it goes on on its own machine, without --cluster"
            )
        options = replace(options, cluster=cluster)
    store.take_up(run.id)
    plan = planned_race(run.options["targets"], options)
    ignored = ("boot", "cpu") if options.cluster else () if options.timed else ("boot",)
    if changed := changed_since(run, plan.files, ignored):
        store.let_go(run.id)
        remark = f"not the same {' and '.join(changed)} as then; raced from the start, anew"
        return plan, None, f"run {run.id}: {remark}"
    descents = store.descents(run.id)
    made = {identity(descent) for descent in descents}
    order = identities(plan)
    left = tuple(one for one, its in zip(plan.descents, order, strict=True) if its not in made)
    return replace(plan, descents=left), EarlierRace(run, tuple(descents), tuple(order)), ""

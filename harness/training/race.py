"""A race, from plan to record: every descent is stored as soon as it is finished."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from gradparity.harness.cluster.named import named
from gradparity.harness.planning.lookup import Target
from gradparity.harness.planning.targets import in_words
from gradparity.harness.planning.typed import RACE_FLAGS, called, typed
from gradparity.harness.processes import environment
from gradparity.harness.processes.description import describe
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.interruption import held
from gradparity.harness.processes.side_by_side import Here, Workbench, WorkPlace
from gradparity.harness.terminal.notebook import of_python
from gradparity.harness.terminal.progress import Progress, starting
from gradparity.harness.training.descents.stopping import Ending
from gradparity.harness.training.plan import PlannedDescent, RacePlan, identities
from gradparity.harness.training.planner import planned_race
from gradparity.harness.training.race_crew import DescentRecipe, RaceCrew
from gradparity.harness.training.race_options import RaceOptions, first_seeds
from gradparity.harness.training.resume import EarlierRace
from gradparity.harness.training.tuning import winners
from gradparity.problems import InputError
from gradparity.problems.arguments import expect, expect_fields
from gradparity.problems.errors import several
from gradparity.problems.extras import needed
from gradparity.results.race_tables.endings import outcome
from gradparity.results.races.tuning import is_trial
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import Run
from gradparity.results.records.run_id import new_id
from gradparity.results.records.statuses import ENDED, exit_code
from gradparity.results.store.rows import identity
from gradparity.results.store.store import Store, StoreError, open_store

if TYPE_CHECKING:
    import pandas as pd

    from gradparity.results.races.row import DescentRow


Finish = Callable[[PlannedDescent, Descent], None]
"""finish(planned, descent): store a descent and say that it is done; called by one at a time."""


@dataclass(frozen=True, slots=True)
class Race:
    """A training run and its descents, as stored. lost: users' files that are left out, and why."""

    run: Run
    descents: tuple[Descent, ...]
    store: str
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[DescentRow]:
        """One per descent, with what it took to each target."""
        from gradparity.results.races.row import rows

        return rows(self.descents)

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a pandas DataFrame."""
        with needed():
            import pandas as pd
        return pd.DataFrame([row.columns() for row in self.rows])

    def _repr_html_(self) -> str:
        """The tables of the race, for a notebook."""
        from gradparity.results.race_tables.race_html import to_html

        return to_html(self.run, self.descents)

    @property
    def exit_code(self) -> int:
        """0 good, diverged or not; 4 something did not finish; 130 interrupted."""
        statuses = [*(one.status for one in self.descents), *("error" for _ in self.lost)]
        return exit_code(statuses, self.run.status)


def train(
    *targets: Target,
    backends: Sequence[str] = (),
    optimizers: Sequence[str] = (),
    rates: str | Sequence[float] = "",
    seeds: int | Sequence[int] = 1,
    options: Mapping[str, Any] | None = None,
    sizes: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    store: str | Path | None = None,
    progress: Progress | None = None,
    **more: Any,
) -> Race:
    """Race optimisers on problems, families or files; store every descent.

    Targets may be made in Python, as for `run`.
    rates: numbers, or the text of `--lr`; each optimiser's own if there are none. seeds: how many,
    from 0, or which. options: of the optimisers, {"adam.beta2": 0.99}. The others are those of
    `RaceOptions`: schedule, batch, steps, target, jobs, ... Raises InputError for what does not
    exist or is not allowed, StoreError for a store that cannot be used.

        race = gp.train("xor-tanh", optimizers=["adam", "momentum"], rates="1e-2:1:log5", seeds=10)
        race.frame[["optimizer", "rate", "seed", "status", "steps_to_1e-3"]]
    """
    expect(train, locals())
    expect_fields(RaceOptions, more, "train", called(RACE_FLAGS))
    if isinstance(seeds, str):
        raise InputError(f"train: seeds is {seeds!r}, should be a whole number or a list of them")
    chosen = RaceOptions(
        backends=several("backends", backends),
        optimizers=several("optimizers", optimizers),
        rates=rates if isinstance(rates, str) else ",".join(repr(float(rate)) for rate in rates),
        seeds=first_seeds(seeds) if isinstance(seeds, int) else tuple(seeds),
        options=dict(options or {}),
        sizes=several("sizes", sizes),
        dtypes=several("dtypes", dtypes),
        **more,
    )
    plan = planned_race(in_words("train", targets, store), chosen)
    with open_store(store) as opened:
        command = typed("train", plan.targets, chosen, RACE_FLAGS, opened.where if store else None)
        return race(plan, opened, progress or of_python(), command=command)


@held()
def race(
    plan: RacePlan,
    store: Store,
    progress: Progress,
    earlier: EarlierRace | None = None,
    command: str = "",
) -> Race:
    """Carry out a plan. An interrupt ends the workers and leaves what was finished in the store.

    earlier: an interrupted race of the same plan that is to be finished. command: what a person
    types for it; "" for what was typed.
    """
    options = plan.options
    cores = environment.timing_cores(1 if options.cluster else options.jobs)
    started = environment.now()
    descents = list(earlier.descents) if earlier else []
    order = list(earlier.order) if earlier else identities(plan)
    stop = Event()
    recipe = DescentRecipe(options.timeout_s, options.memory_gib)
    with temporary_folder() as folder, ExitStack() as owned:
        crews = [recipe.hire(Workbench((core,), folder, stop, progress.step)) for core in cores]
        place: WorkPlace[PlannedDescent, Descent] = Here(crews, stop)
        try:
            with starting(progress):
                pools = crews[0].start(plan.backends)
                wrong = _faults(plan, crews[0])
                plan = _without_faulty(plan, wrong)
                if options.cluster:
                    crews[0].end()
                    place = owned.enter_context(_on_cluster(plan, recipe, progress))
            if earlier is not None:
                record = store.go_on(earlier.run.id)
            else:
                record = Run(
                    id=new_id(),
                    kind="train",
                    started=started,
                    suite=" ".join(plan.targets),
                    command=command or shlex.join(["gradparity", *sys.argv[1:]]),
                    reference="",
                    options=asdict(options) | {"targets": list(plan.targets)},
                    environment=describe(cores, pools, plan.files),
                )
                store.begin(record)
            progress.begin(record, len(plan.descents) + _to_race(plan, descents), "descent")

            def finish(planned: PlannedDescent, descent: Descent) -> None:
                store.add_descent(record.id, descent)
                descents.append(descent)
                text = f"{planned.label}: {outcome(descent)}"
                progress.done(text, [] if descent.status in ENDED else [text])

            try:
                status = place.work(plan.descents, finish)
                if options.tune and status == "finished":
                    raced = planned_race(plan.targets, plan.options, winners(descents))
                    order += identities(raced)
                    plan = _without_faulty(_left(raced, descents), wrong)
                    status = place.work(plan.descents, finish)
            except BaseException:
                with suppress(StoreError):  # the exception that is on its way must not be hidden
                    store.finish(record.id, "stopped", environment.now())
                raise
        finally:
            progress.end()
            for crew in crews:
                crew.end()
    ended = store.finish(record.id, status, environment.now())
    return Race(ended, tuple(_in_order(order, descents)), store.where, plan.lost)


def _on_cluster(
    plan: RacePlan, recipe: DescentRecipe, progress: Progress
) -> AbstractContextManager[WorkPlace[PlannedDescent, Descent]]:
    from gradparity.harness.cluster.place import on_cluster

    options = plan.options
    where = named(options.cluster, options.jobs)
    return on_cluster(where, recipe, plan.files, progress, options.jobs)


def _left(raced: RacePlan, descents: Sequence[Descent]) -> RacePlan:
    """The race itself, each at the best of its trials, without what is made already."""
    made = {identity(descent) for descent in descents}
    left = [
        one for one, its in zip(raced.descents, identities(raced), strict=True) if its not in made
    ]
    return replace(raced, descents=tuple(left))


def _in_order(order: Sequence[str], descents: list[Descent]) -> list[Descent]:
    """The descents as planned, by identity, in whichever order they were finished."""
    places = {its: place for place, its in enumerate(order)}
    return sorted(descents, key=lambda descent: places.get(identity(descent), len(places)))


def _to_race(plan: RacePlan, descents: Sequence[Descent]) -> int:
    """How many descents the race will have once it is tuned; 0 where it does not tune."""
    if not plan.options.tune:
        return 0
    whole = planned_race(plan.targets, plan.options, {})
    return len(whole.descents) - sum(not is_trial(descent) for descent in descents)


def _faults(plan: RacePlan, crew: RaceCrew) -> dict[str, str]:
    """What is wrong with a user's problem, each tried once, by its name.

    Raises InputError where nothing is right.
    """
    possible = [one.spec for one in plan.descents if one.obstacle is None]
    specs = {spec.problem: spec for spec in possible if spec.file is not None}
    tried = {name: crew.fault(spec) for name, spec in specs.items()}
    wrong = {name: told for name, told in tried.items() if told is not None}
    if wrong and len(wrong) == len({spec.problem for spec in possible}):
        raise InputError(next(iter(wrong.values())))
    return wrong


def _without_faulty(plan: RacePlan, wrong: Mapping[str, str]) -> RacePlan:
    """The plan with an obstacle before every descent on a problem with which something is wrong."""
    descents = [
        replace(one, obstacle=Ending("error", wrong[one.spec.problem]))
        if one.obstacle is None and one.spec.problem in wrong
        else one
        for one in plan.descents
    ]
    return replace(plan, descents=tuple(descents))

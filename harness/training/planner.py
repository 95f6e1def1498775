"""The plan of a race, made in a worker where it names users' files; see `planning/planner.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from gradparity.harness.messages.lines import read_record
from gradparity.harness.messages.planned import Best, MakeRacePlan
from gradparity.harness.planning.planner import made_by_worker, users_files
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.limits import Limits
from gradparity.harness.training.plan import RacePlan, Winners, plan_race
from gradparity.harness.training.race_options import RaceOptions


def planned_race(
    targets: Sequence[str],
    options: RaceOptions,
    tuned: Winners | None = None,
    meanwhile: Sequence[str] = (),
) -> RacePlan:
    """The plan of a race, see `plan_race`; arguments and errors are those of `planned`."""
    files = users_files(targets, options.backends, options.optimizers)
    if not files:
        return plan_race(targets, options, tuned)
    best = None if tuned is None else tuple(Best(*who, *found) for who, found in tuned.items())
    request = MakeRacePlan(tuple(targets), asdict(options), (), best)
    limits = Limits(allowed_cores(), options.timeout_s, options.memory_gib)
    plan, lost = made_by_worker(request, files, limits, meanwhile)
    return replace(read_record(RacePlan, "a plan", plan), lost=lost)

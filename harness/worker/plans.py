"""Plans, made where users' files may be imported."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gradparity.harness.messages.planned import Made, MakePlan, MakeRacePlan
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import make_plan
from gradparity.problems import InputError
from gradparity.problems.errors import UnfinishedError


def made(request: MakePlan | MakeRacePlan) -> Made:
    """The plan that is asked for, or the user's mistake; raises what else a user's code does."""
    try:
        return Made(asdict(_plan(request)), None)
    except UnfinishedError:
        raise
    except InputError as error:
        return Made({}, str(error))


def _plan(request: MakePlan | MakeRacePlan) -> Any:
    lists = {k: tuple(x) for k, x in request.options.items() if isinstance(x, list)}
    options: dict[str, Any] = request.options | lists
    if isinstance(request, MakePlan):
        return make_plan(request.targets, Options(**options), request.without)
    from gradparity.harness.training.plan import plan_race
    from gradparity.harness.training.race_options import RaceOptions

    best = (
        None
        if request.tuned is None
        else {
            (x.problem, x.size, x.dtype, x.backend, x.optimizer): (x.rate, x.options)
            for x in request.tuned
        }
    )
    return plan_race(request.targets, RaceOptions(**options), best, request.without)

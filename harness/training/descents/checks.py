"""What in the spec of a descent is a mistake, and what keeps it from being made."""

from __future__ import annotations

import math
from dataclasses import replace

from gradparity.backends import DTYPES
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers import catalogue
from gradparity.backends.optimizers.contract import options
from gradparity.backends.optimizers.contract.averages import first_averaged
from gradparity.backends.optimizers.contract.optimizer import Optimizer
from gradparity.harness.messages.descent_spec import Budget, DescentSpec
from gradparity.harness.training.descents import batches, schedules
from gradparity.harness.training.descents.averaged import average_of
from gradparity.harness.training.descents.places import check_start, limits_of, started
from gradparity.harness.training.descents.problem import known_minimum, problem_of
from gradparity.harness.training.descents.stand_ins import stands_in
from gradparity.harness.training.descents.stopping import Ending, target
from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown
from gradparity.problems.extras import missing


def check(spec: DescentSpec) -> None:
    """Raise InputError, one line, for whatever in the spec is a mistake or cannot be done.

    An obstacle (see `obstacle`) is one as well: who wants it as a result asks for it first.
    """
    problem, optimizer = problem_of(spec), catalogue.find(spec.optimizer)
    if spec.dtype not in DTYPES:
        raise unknown("dtype", spec.dtype, DTYPES)
    options.check(optimizer, spec.options)
    _check_rate(spec, optimizer)
    _check_budget(spec.budget)
    _check_average(spec)
    schedules.factors(spec.schedule, spec.budget.steps)
    if spec.batch is not None:
        _check_batch(spec, spec.batch, problem, optimizer)
    if spec.budget.target_share is not None:
        minimum = known_minimum(problem.name, spec.file, spec.size, spec.seed)
        target(spec.budget, 1.0, minimum)
    if (spec.budget.target_held_out, spec.budget.target_accuracy) != (None, None):
        _check_held_out(spec.budget, problem)
    found = obstacle(spec)
    if found is not None:
        raise InputError(found.reason)


def check_place(spec: DescentSpec) -> None:
    """Raise InputError for a start or bounds that do not fit the problem, or each other.

    The loss is evaluated once.
    """
    problem = problem_of(replace(spec, variant="portable"))
    instance = started(problem, problem.instance(spec.size, spec.seed), spec.start)
    limits_of(problem, instance, spec.bounds)
    check_start(problem, instance, spec.bounds, spec.seed)
    optimizer = catalogue.find(spec.optimizer)
    if spec.bounds and optimizer.kind == "search" and not optimizer.bounded:
        known = ", ".join(catalogue.bounded())
        raise InputError(
            f"{spec.optimizer} is a search that knows no bounds; {known} does, and every update"
        )


def obstacle(spec: DescentSpec) -> Ending | None:
    """Why backend or optimiser cannot, "unavailable" or "unsupported"; None if they can.

    Raises InputError for a name that nobody has.
    """
    problem, optimizer = problem_of(spec), catalogue.find(spec.optimizer)
    backend = load(spec.backend)
    reason = backend.unavailable()
    if reason is not None:
        return Ending("unavailable", reason)
    if optimizer.library is not None and (absent := missing(optimizer.library)):
        return Ending("unavailable", f"{optimizer.name}: {absent}")
    # The gradient is wanted in any case, to see where a descent without one has ended.
    for operator in dict.fromkeys((*optimizer.needs, "gradient")):
        reason = backend.unsupported(problem, operator)
        if reason is not None and not stands_in(problem, operator):
            return Ending("unsupported", f"{optimizer.name} needs {operator}: {reason}")
    return None


def _check_budget(budget: Budget) -> None:
    """Refuse a rule that could never hold, or always would."""
    if budget.steps < 1:
        raise InputError(f"budget of {budget.steps} steps: it should be at least 1")
    for name, value in (("seconds", budget.seconds), ("gradient norm", budget.gradient_norm)):
        if value is not None and not (math.isfinite(value) and value > 0.0):
            raise InputError(f"{name} {value:g}: it should be a positive number")
    if budget.target is not None and not math.isfinite(budget.target):
        raise InputError(f"target {budget.target:g}: it should be a loss, a finite number")
    share = budget.target_share
    if share is not None and not 0.0 < share < 1.0:
        raise InputError(f"share {share:g} of the way: it should lie between 0 and 1")
    if budget.plateau is not None and budget.plateau < 1:
        raise InputError(f"plateau of {budget.plateau} steps: it should be at least 1")


def _check_held_out(budget: Budget, problem: Problem) -> None:
    share = budget.target_accuracy
    if share is not None and problem.accuracy is None:
        raise InputError(f"{problem.name} answers no cases: it has no accuracy to reach")
    if share is not None and not 0.0 < share <= 1.0:
        raise InputError(f"accuracy {share:g}: it is a share of the cases, above 0 and at most 1")
    if budget.target_held_out is not None and problem.held_out is None:
        raise InputError(f"{problem.name} holds no cases out: it has no loss of them to reach")


def _check_average(spec: DescentSpec) -> None:
    average = average_of(spec.optimizer, spec.options)
    first = first_averaged(average) if average is not None else 0
    if first > spec.budget.steps:
        raise InputError(
            f"average {average}: it begins at step {first}, beyond a budget of {spec.budget.steps}"
        )


def _check_rate(spec: DescentSpec, optimizer: Optimizer) -> None:
    rate = spec.rate
    if optimizer.rate is None:
        if rate is not None:
            raise InputError(f"{optimizer.name} has no rate: it finds the length of a step itself")
    elif rate is not None and not (math.isfinite(rate) and rate > 0.0):
        raise InputError(f"rate {rate:g}: a rate is a positive number; {optimizer.rate:g} is usual")


def _check_batch(spec: DescentSpec, batch: int, problem: Problem, optimizer: Optimizer) -> None:
    if optimizer.kind == "search":
        raise InputError(
            f"{optimizer.name} is a search, which compares losses: it takes all cases, no batch"
        )
    if not problem.cases:
        raise InputError(f"{problem.name} is no mean over cases: it has no batches")
    data = problem.instance(spec.size, spec.seed).data
    cases = batches.count(problem, data)
    if not 1 <= batch <= cases:
        raise InputError(
            f"batch {batch}: {problem.name} ({spec.size}) has {cases} cases; "
            f"a batch has 1 ... {cases}"
        )

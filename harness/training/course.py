"""What a descent is to be: everything that decides it, in plain data that travels as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from gradparity.backends.backend import DTYPES
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers import catalogue, options
from gradparity.backends.optimizers.optimizer import Optimizer
from gradparity.harness.planning.lookup import find
from gradparity.harness.training import batches, schedules
from gradparity.harness.training.budget import Budget, check_budget
from gradparity.harness.training.stopping import target
from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown

VARIANTS = ("portable", "idiomatic")


@dataclass(frozen=True, slots=True)
class Course:
    """One optimiser on one problem with one backend, from one start; names as in the catalogues.

    file: the user's file that the problem stands in; None for the catalogue's.
    variant: the loss as it is written once, "portable", or as the library's users write it.
    options: of the optimiser, those that are named. rate: None for the optimiser's own.
    schedule: see `schedules`. batch: cases per step; None for all of them.
    seed: draws the instance, the start, the batches and the optimiser's own noise.
    measure_time: whether the history has the seconds. norms: whether it has the gradient's norm for
        each parameter, which costs a pass over the gradient in every step. landscape: whether its
        curvature is looked at where the descent ends, which may compile another operator.
    """

    problem: str
    size: str = "tiny"
    backend: str = "numpy"
    optimizer: str = "adam"
    file: str | None = None
    variant: str = "portable"
    options: Mapping[str, Any] = field(default_factory=dict)
    rate: float | None = None
    schedule: str = "constant"
    batch: int | None = None
    seed: int = 0
    dtype: str = "float64"
    budget: Budget = field(default_factory=Budget)
    measure_time: bool = False
    norms: bool = True
    landscape: bool = True

    def to_json(self) -> dict[str, Any]:
        """The course as JSON's dicts, numbers and strings."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Course:
        """The course that `to_json` made these of."""
        return cls(**{**given, "budget": Budget(**given["budget"])})


def problem_of(course: Course) -> Problem:
    """The problem, with the loss of the course's variant. Raises InputError for unknown names."""
    problem = find(course.problem, course.file)
    if course.size not in problem.sizes:
        known = ", ".join(problem.sizes)
        raise InputError(f"{problem.name} has no size {course.size!r}; it has: {known}")
    if course.variant == "portable":
        return problem
    if course.variant != "idiomatic":
        raise unknown("variant", course.variant, VARIANTS)
    if course.backend not in problem.idiomatic:
        has = ", ".join(problem.idiomatic) or "no backend"
        raise InputError(
            f"{problem.name} states no idiomatic loss for {course.backend}; it does for {has}"
        )
    return problem.idiomatic_for(course.backend)


def check(course: Course) -> None:
    """Raise InputError, one line, for whatever in the course is a mistake or cannot be done.

    An obstacle (see `obstacle`) is one as well: who wants it as a result asks for it first.
    """
    problem, optimizer = problem_of(course), catalogue.find(course.optimizer)
    if course.dtype not in DTYPES:
        raise unknown("dtype", course.dtype, DTYPES)
    options.check(optimizer, course.options)
    _check_rate(course, optimizer)
    check_budget(course.budget)
    schedules.factors(course.schedule, course.budget.steps)
    if course.batch is not None:
        _check_batch(course, course.batch, problem, optimizer)
    if course.budget.target_share is not None:
        target(
            course.budget, 1.0, known_minimum(problem.name, course.file, course.size, course.seed)
        )
    found = obstacle(course)
    if found is not None:
        raise InputError(found[1])


def obstacle(course: Course) -> tuple[str, str] | None:
    """Why this backend cannot: ("unavailable" or "unsupported", reason); None if it can.

    Raises InputError for a name that nobody has.
    """
    problem, optimizer = problem_of(course), catalogue.find(course.optimizer)
    backend = load(course.backend)
    reason = backend.unavailable()
    if reason is not None:
        return "unavailable", reason
    # The gradient is wanted in any case, to see where a descent without one has ended.
    for operator in dict.fromkeys((*optimizer.needs, "gradient")):
        reason = backend.unsupported(problem, operator)
        if reason is not None:
            return "unsupported", f"{optimizer.name} needs {operator}: {reason}"
    return None


@lru_cache(maxsize=256)
def known_minimum(name: str, file: str | None, size: str, seed: int) -> float | None:
    """The known minimum of a problem's instance; None where none is known.

    Kept, because that of a large regression takes seconds and every optimiser is held against it.
    """
    problem = find(name, file)
    if problem.minimum is None:
        return None
    return problem.minimum(problem.instance(size, seed).data).value


def _check_rate(course: Course, optimizer: Optimizer) -> None:
    rate = course.rate
    if optimizer.rate is None:
        if rate is not None:
            raise InputError(f"{optimizer.name} has no rate: it finds the length of a step itself")
    elif rate is not None and not (math.isfinite(rate) and rate > 0.0):
        raise InputError(f"rate {rate:g}: a rate is a positive number; {optimizer.rate:g} is usual")


def _check_batch(course: Course, batch: int, problem: Problem, optimizer: Optimizer) -> None:
    if optimizer.kind == "search":
        raise InputError(
            f"{optimizer.name} is a search, which compares losses: it takes all cases, no batch"
        )
    if not problem.cases:
        raise InputError(f"{problem.name} is no mean over cases: it has no batches")
    data = problem.instance(course.size, course.seed).data
    cases = batches.count(problem, data)
    if not 1 <= batch <= cases:
        raise InputError(
            f"batch {batch}: {problem.name} ({course.size}) has {cases} cases; "
            f"a batch has 1 ... {cases}"
        )

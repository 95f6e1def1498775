"""What a descent is to be: everything that decides it, in plain data that travels as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from gradparity.backends.catalogue import load
from gradparity.harness.planning.lookup import find
from gradparity.harness.training.descents.budget import Budget
from gradparity.harness.training.descents.stopping import Ending
from gradparity.problems import InputError, Problem
from gradparity.problems.errors import unknown
from gradparity.results.records.descent import Descent
from gradparity.results.records.record import label

VARIANTS = ("portable", "idiomatic")
NOT_BEGUN = Ending("interrupted", "interrupted at step 0")


@dataclass(frozen=True, slots=True)
class DescentSpec:
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

    @property
    def needs_norms(self) -> bool:
        """Whether the gradient's norms are wanted: in the history, or to end by."""
        return self.norms or self.budget.gradient_norm is not None

    def to_json(self) -> dict[str, Any]:
        """The spec as JSON's dicts, numbers and strings."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> DescentSpec:
        """The spec that `to_json` made these of."""
        return cls(**{**given, "budget": Budget(**given["budget"])})


def problem_of(spec: DescentSpec) -> Problem:
    """The problem, with the loss of the spec's variant. Raises InputError for unknown names."""
    problem = find(spec.problem, spec.file)
    if spec.size not in problem.sizes:
        known = ", ".join(problem.sizes)
        raise InputError(f"{problem.name} has no size {spec.size!r}; it has: {known}")
    if spec.variant == "portable":
        return problem
    if spec.variant != "idiomatic":
        raise unknown("variant", spec.variant, VARIANTS)
    if spec.backend not in problem.idiomatic:
        has = ", ".join(problem.idiomatic) or "no backend"
        raise InputError(
            f"{problem.name} states no idiomatic loss for {spec.backend}; it does for {has}"
        )
    return problem.idiomatic_for(spec.backend)


@lru_cache(maxsize=256)
def known_minimum(name: str, file: str | None, size: str, seed: int) -> float | None:
    """The known minimum of a problem's instance; None where none is known.

    Kept, because that of a large regression takes seconds and every optimiser is held against it.
    """
    problem = find(name, file)
    if problem.minimum is None:
        return None
    return problem.minimum(problem.instance(size, seed).data).value


def without_steps(spec: DescentSpec, ending: Ending = NOT_BEGUN) -> Descent:
    """The record of a descent of which there is no history: it never began, or its process died."""
    return Descent(
        problem=spec.problem,
        size=spec.size,
        parameters=0,
        backend=label(load(spec.backend).name, spec.variant),
        how="",
        optimizer=spec.optimizer,
        options=dict(spec.options),
        rate=spec.rate,
        schedule=spec.schedule,
        batch=spec.batch,
        seed=spec.seed,
        dtype=spec.dtype,
        status=ending.status,
        reason=ending.reason,
    )

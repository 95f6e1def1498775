"""What a descent is to be: everything that decides it, in plain data that travels as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from backends import Backend
from backends.backend import DTYPES
from backends.catalogue import load
from backends.optimizers import catalogue
from backends.optimizers.optimizer import Optimizer
from harness.lookup import find
from harness.training import schedules
from problems import Instance, Problem
from problems.errors import InputError, unknown

VARIANTS = ("portable", "idiomatic")


@dataclass(frozen=True, slots=True)
class Budget:
    """When a descent ends, whichever comes first; None where a rule is not asked for.

    steps: of the optimiser, at most. seconds: of wall time spent in steps.
    target: a loss. target_share: tau, in 0 ... 1: stop at f <= f* + tau (f0 - f*), where f0 is the
        loss at the start and f* the known minimum.
    gradient_norm: of the whole gradient, or less. plateau: so many steps without the loss falling
        by a millionth of itself.
    """

    steps: int = 1000
    seconds: float | None = None
    target: float | None = None
    target_share: float | None = None
    gradient_norm: float | None = None
    plateau: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One optimiser on one problem with one backend, from one start; names as in the catalogues.

    file: the user's file that the problem stands in; None for the catalogue's.
    variant: the loss as it is written once, "portable", or as the library's users write it.
    options: of the optimiser, those that are named. rate: None for the optimiser's own.
    schedule: see `schedules`. batch: cases per step; None for all of them.
    seed: draws the instance, the start, the batches and the optimiser's own noise.
    measure_time: whether the history has the seconds. norms: whether it has the gradient's norm for
        each parameter, which costs a pass over the gradient in every step.
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

    def to_json(self) -> dict[str, Any]:
        """The course as JSON's dicts, numbers and strings."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Course:
        """The course that `to_json` made these of."""
        return cls(**{**given, "budget": Budget(**given["budget"])})


def check(course: Course) -> None:
    """Raise InputError, one line, for whatever in the course is a mistake or cannot be done.

    An obstacle (see `obstacle`) is one as well: who wants it as a result asks for it first.
    """
    raise NotImplementedError


def obstacle(course: Course) -> tuple[str, str] | None:
    """Why this backend cannot: ("unavailable" or "unsupported", reason); None if it can.

    Raises InputError for a name that nobody has.
    """
    raise NotImplementedError

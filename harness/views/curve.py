"""A loss in one variable by one backend: its value, slope and bend at any number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.views.formula import loss_of
from gradparity.harness.views.paths import prepared_cache
from gradparity.problems import InputError, Instance, Problem
from gradparity.problems.catalogue import PROBLEMS


@dataclass(frozen=True, slots=True)
class Curve:
    """sign * loss, where sign is -1 for what is to be maximised (a profit is minus its loss)."""

    sign: int
    objective: CountedObjective

    def at(self, x: float) -> tuple[float, float]:
        """The value and the slope."""
        value, gradient = self.objective.gradient(np.array([x]))
        return self.sign * value, self.sign * float(gradient[0])

    def bend(self, x: float) -> float:
        """The second derivative."""
        return self.sign * float(self.objective.hvp(np.array([x]), np.ones(1))[0])

    def along(self, xs: Sequence[float]) -> tuple[list[float], list[float]]:
        """Values and slopes at each of `xs`."""
        pairs = [self.at(x) for x in xs]
        return [value for value, _ in pairs], [slope for _, slope in pairs]


def of_problem(name: str, backend: str, data: Mapping[str, float]) -> Curve:
    """The profit of a price problem of the catalogue, as a function of the price."""
    problem = PROBLEMS[name]
    given = {key: np.asarray(value, dtype=np.float64) for key, value in data.items()}
    return Curve(-1, _objective(problem, backend, "price", given))


def of_formula(text: str, backend: str) -> Curve:
    """The value of a formula in x. Raises InputError for what is none."""
    return Curve(1, _objective(_problem(text), backend, "x", {}))


@lru_cache(maxsize=64)
def _problem(text: str) -> Problem:
    return Problem("formula", loss_of(text, ["x"]), _undrawn, {"tiny": {}}, "the reader's own")


def _undrawn(rng: Any) -> Instance:
    raise InputError("a formula has no data to draw")


def _objective(
    problem: Problem, backend: str, variable: str, data: Mapping[str, Any]
) -> CountedObjective:
    one = {variable: np.asarray(1.0)}
    instance = Instance(one, dict(data), one)
    loss = PreparedLoss(load(backend), problem, instance, Setting(), prepared_cache())
    return CountedObjective(loss)

"""A backend of one library: what most backends are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradparity.backends.backend import (
    Count,
    Counters,
    Operator,
    Prepare,
    Role,
    Setting,
    Train,
    TrainingStep,
    without_residuals,
)
from gradparity.backends.optimizers.training import Training
from gradparity.backends.training_step import through_answers
from gradparity.problems import Instance, Problem
from gradparity.problems.extras import missing


def uncounted(
    problem: Problem, operator: Operator, instance: Instance, setting: Setting
) -> Counters:
    """Nothing, for a library that nothing is counted of."""
    return {}


@dataclass(frozen=True, slots=True)
class LibraryBackend:
    """A backend given by its `prepare`, for a library that is installed or not.

    counters: what it counts; nothing, unless it is given. train: how it makes a training step; with
    our optimisers and its gradient, unless it is given.
    needs: the module to look for, None if NumPy is all. low_dtypes: see `LowBackend`.
    devices: where it can compute, if the machine has them; probe: says why it has not, else every
    one is taken to be there.
    """

    name: str
    distribution: str
    prepare: Prepare
    role: Role = "contestant"
    compiled: bool = False
    needs: str | None = None
    low_dtypes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("cpu",)
    probe: Callable[[str], str | None] | None = None
    counters: Count = uncounted
    train: Train | None = None

    def unavailable(self) -> str | None:
        """The library is not installed."""
        return None if self.needs is None else missing(self.needs)

    def absent(self, device: str) -> str | None:
        """What `probe` says."""
        return None if self.probe is None else self.probe(device)

    def unsupported(self, problem: Problem, operator: Operator) -> str | None:
        """A Jacobian without residuals."""
        return without_residuals(problem, operator)

    def training_step(
        self, problem: Problem, training: Training, instance: Instance, setting: Setting
    ) -> TrainingStep:
        """The library's own way, or ours."""
        train = self.train or through_answers(self.prepare)
        return train(problem, training, instance, setting)

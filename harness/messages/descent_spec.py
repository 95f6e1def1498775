"""What a descent is to be: everything that decides it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Budget:
    """When a descent ends, whichever comes first; None where a rule is not asked for.

    steps: of the optimiser, at most. seconds: of wall time spent in steps.
    target: a loss. target_held_out, target_accuracy: the loss of the cases held out, at most, and
        the share of them answered rightly, at least.
    target_share: tau, in 0 ... 1: stop at f <= f* + tau (f0 - f*), where f0 is the loss at the
        start and f* the known minimum.
    gradient_norm: of the whole gradient, or less. plateau: so many steps without the loss falling
        by a millionth of itself.
    """

    steps: int = 1000
    seconds: float | None = None
    target: float | None = None
    target_held_out: float | None = None
    target_accuracy: float | None = None
    target_share: float | None = None
    gradient_norm: float | None = None
    plateau: int | None = None

    @property
    def ends_at_an_iterate(self) -> bool:
        """Whether a rule may end the descent at an iterate that a step has already left."""
        of_losses = (self.target, self.target_share, self.target_held_out, self.target_accuracy)
        return any(rule is not None for rule in (*of_losses, self.gradient_norm, self.plateau))


@dataclass(frozen=True, slots=True)
class DescentSpec:
    """One optimiser on one problem with one backend, from one start; names as in the catalogues.

    file: the user's file that the problem stands in; None for the catalogue's.
    variant: the loss as it is written once, "portable", or as the library's users write it.
    options: of the optimiser, those that are named. rate: None for the optimiser's own.
    schedule: as typed, see `harness/training/descents/schedules.py`.
    batch: cases per step; None for all of them.
    seed: draws the instance, the start, the batches and the optimiser's own noise.
    start: parameter -> its numbers, those that do not start as drawn. bounds: parameter -> [low,
        high], onto which every step of an update is projected.
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
    options: dict[str, Any] = field(default_factory=dict)
    rate: float | None = None
    schedule: str = "constant"
    batch: int | None = None
    seed: int = 0
    dtype: str = "float64"
    budget: Budget = field(default_factory=Budget)
    start: dict[str, list[float]] = field(default_factory=dict)
    bounds: dict[str, list[float]] = field(default_factory=dict)
    measure_time: bool = False
    norms: bool = True
    landscape: bool = True

    @property
    def needs_norms(self) -> bool:
        """Whether the gradient's norms are wanted: in the history, or to end by."""
        return self.norms or self.budget.gradient_norm is not None

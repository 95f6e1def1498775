"""What is prepared once and serves many descents: compiling takes longer than most of them.

A race makes hundreds of descents that differ in rate and seed alone. Prepared operators and
training steps work from shapes, never from values: the next descent can have those of the last one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from gradparity.backends import Backend, Operator, Prepared, Setting, Training, TrainingStep
from gradparity.backends.training_step import through_answers, training_step
from gradparity.problems import Instance, Problem

MOST = 64
"""How much is kept; what was used longest ago goes first."""

Made = TypeVar("Made")


class PreparedCache:
    """What was made, kept for whoever asks for the same again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def has(self, key: Hashable) -> bool:
        """Whether something was made for this key, and is still kept."""
        return key in self._kept

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` makes, or has made for this key."""
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class PreparedLoss:
    """The loss of an instance by one backend, and where what is prepared of it is kept."""

    backend: Backend
    problem: Problem
    instance: Instance
    setting: Setting
    cache: PreparedCache = field(default_factory=PreparedCache)

    def by(self, backend: Backend) -> PreparedLoss:
        """The same loss by another backend, with the same cache."""
        return replace(self, backend=backend)

    def operator(self, operator: Operator) -> Prepared:
        """The operator, prepared for the instance's shapes. Raises what `prepare` raises."""
        zeros = self.instance.zeros()
        return self.cache.once(
            (self._identity(), operator),
            lambda: self.backend.prepare(self.problem, operator, zeros, self.setting),
        )

    def training_step(self, training: Training, ours: bool = False) -> TrainingStep:
        """The training step, for the instance's shapes. Raises what `training_step` raises.

        ours: our optimiser on the backend's gradient, whatever the backend offers.
        """
        zeros = self.instance.zeros()

        def make() -> TrainingStep:
            if ours:
                train = through_answers(self.backend.prepare)
                return train(self.problem, training, zeros, self.setting)
            return training_step(self.backend, self.problem, training, zeros, self.setting)

        return self.cache.once((self._identity(), repr(training), ours), make)

    def _identity(self) -> Hashable:
        """What is prepared depends on: functions, shapes and dtypes, but no values."""
        problem = self.problem
        shapes = tuple(
            (name, np.shape(array), np.asarray(array).dtype.str)
            for arrays in (self.instance.params, self.instance.data)
            for name, array in arrays.items()
        )
        return (
            *(self.backend.name, problem.name, problem.loss, *problem.by_hand.values()),
            *(self.setting, shapes),
        )

"""What is prepared once and serves many descents: compiling takes longer than most of them.

A race makes hundreds of descents that differ in rate and seed alone. Prepared operators and
training steps work from shapes, never from values: the next descent can have those of the last one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np

from gradparity.backends import Backend, Operator, Prepared, Setting, Training, TrainingStep
from gradparity.backends.training_step import training_step
from gradparity.problems import Instance, Problem

MOST = 64
"""How much is kept; what was used longest ago goes first."""

Made = TypeVar("Made")


class Workshop:
    """Prepared operators and training steps, kept for whoever asks for the same again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def operator(
        self,
        backend: Backend,
        problem: Problem,
        operator: Operator,
        instance: Instance,
        setting: Setting,
    ) -> Prepared:
        """The operator, prepared for the instance's shapes. Raises what `prepare` raises."""
        key = (_identity(backend, problem, instance, setting), operator)
        zeros = instance.zeros()
        return self._once(key, lambda: backend.prepare(problem, operator, zeros, setting))

    def step(
        self,
        backend: Backend,
        problem: Problem,
        training: Training,
        instance: Instance,
        setting: Setting,
    ) -> TrainingStep:
        """The training step, for the instance's shapes. Raises what `training_step` raises."""
        key = (_identity(backend, problem, instance, setting), repr(training))
        zeros = instance.zeros()
        return self._once(key, lambda: training_step(backend, problem, training, zeros, setting))

    def _once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]  # type: ignore[no-any-return]


def _identity(backend: Backend, problem: Problem, instance: Instance, setting: Setting) -> Hashable:
    """What a prepared operator depends on: functions, shapes and dtypes, but no values."""
    shapes = tuple(
        (name, np.shape(array), np.asarray(array).dtype.str)
        for arrays in (instance.params, instance.data)
        for name, array in arrays.items()
    )
    return backend.name, problem.name, problem.loss, problem.gradient, setting, shapes

"""A training step with our own optimisers: any backend's gradient, and one flat vector that moves.

    θ = (w1, b1, w2, ...), one vector;   g ← ∂ loss/∂θ at θ, the backend's;   θ ← update(θ, g, rate)

The parameters that the backend reads are views of θ: they move when it does, and nothing is copied
but the gradient's arrays into g. A backend that leaves its gradient in one vector spares even that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.backend import (
    Backend,
    Prepare,
    Setting,
    Train,
    TrainingBackend,
    TrainingStep,
)
from gradparity.backends.numpy_native import cast
from gradparity.backends.optimizers.contract.optimizer import Update, Vector
from gradparity.backends.optimizers.training import Training, start_update
from gradparity.backends.optimizers.updates.conditioning import norm
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.layout import Layout

EvaluateGradient = Callable[[Any], tuple[Any, Arrays]]
"""evaluate(native data) -> (loss, gradient by parameter name), in what NumPy can copy from."""

Bind = Callable[[Arrays], EvaluateGradient]
"""bind(params) -> EvaluateGradient; the params are NumPy arrays that change between its calls."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """theta: the parameters, (P,). evaluate: the loss and its gradient there. update: moves it."""

    theta: Vector
    evaluate: EvaluateGradient
    update: Update


def our_step(
    bind: Bind,
    batch: Callable[[Arrays], Any],
    training: Training,
    instance: Instance,
    setting: Setting,
    gradient: Vector | None = None,
) -> TrainingStep:
    """A step of ours with the gradient of `bind`, whose data are made by `batch`.

    gradient: the vector (P,) of which all the gradients that `bind` evaluates are views, in the
    order of the instance's parameters; None if there is no such vector.
    """
    layout = Layout.of(instance.params)
    collected = np.empty(layout.size, setting.dtype) if gradient is None else gradient
    parts = layout.views(collected)
    targets = () if gradient is not None else tuple(parts.items())
    watched = {name: x.reshape(-1) for name, x in parts.items()} if training.norms else {}

    def start(params: Arrays) -> State:
        theta = layout.flatten(params, setting.dtype)
        return State(theta, bind(layout.views(theta)), start_update(training, theta, layout.shapes))

    def run(state: State, batch: Any, rate: float) -> tuple[State, Any]:
        value, slopes = state.evaluate(batch)
        for name, target in targets:
            np.copyto(target, slopes[name])
        norms = {name: norm(x) for name, x in watched.items()}
        state.update(state.theta, collected, rate)
        return state, (float(value), norms)

    def params(state: State) -> Arrays:
        return layout.views(state.theta.copy())

    return TrainingStep("ours", start, batch, run, params, lambda report: report)


def on_arrays(prepare: Prepare) -> Train:
    """How a backend trains whose native arguments are (params, data) in NumPy arrays."""

    def train(
        problem: Problem, training: Training, instance: Instance, setting: Setting
    ) -> TrainingStep:
        run = prepare(problem, "gradient", instance, setting).run
        return our_step(
            lambda params: lambda data: run((params, data)),
            lambda data: cast(data, setting.dtype),
            training,
            instance,
            setting,
        )

    return train


def through_answers(prepare: Prepare) -> Train:
    """How any backend trains: every step encodes its arguments and decodes its answer."""

    def train(
        problem: Problem, training: Training, instance: Instance, setting: Setting
    ) -> TrainingStep:
        prepared = prepare(problem, "gradient", instance, setting)

        def bind(params: Arrays) -> EvaluateGradient:
            def evaluate(data: Arrays) -> tuple[Any, Arrays]:
                answer = prepared(Instance(params, data))
                return answer.value, answer.derivative

            return evaluate

        def batch(data: Arrays) -> Arrays:
            return {name: np.array(array) for name, array in data.items()}

        return our_step(bind, batch, training, instance, setting)

    return train


def training_step(
    backend: Backend, problem: Problem, training: Training, instance: Instance, setting: Setting
) -> TrainingStep:
    """A step of the backend's own making, or of ours by its gradient where it makes none."""
    if isinstance(backend, TrainingBackend):
        return backend.training_step(problem, training, instance, setting)
    return through_answers(backend.prepare)(problem, training, instance, setting)

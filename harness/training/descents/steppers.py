"""The two ways to make a step: a backend's training step, or a search that asks for what it needs.

They tell of different iterates. A training step reports the loss where it began, for the gradient
is taken there; a search knows the loss where it has arrived.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from gradparity.backends import Training
from gradparity.backends.optimizers.catalogue import find, start_search
from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.training.descents.batches import Batches
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.problems.layout import Layout

NOISE = 3
"""Keeps the optimiser's own draws apart from those of instances, directions and batches."""


@dataclass(frozen=True, slots=True)
class Iterate:
    """What a step tells of the iterate number `at`.

    loss: there; of the batch for mini-batches. evaluations: made until it was known. norms: of the
    gradient there, by parameter; {} if unknown. before: norms of the iterate before, where they
    became known only now. seconds: that the step took. point: the parameters, (P,), if asked for.
    """

    at: int
    loss: float
    evaluations: int
    seconds: float
    norms: Mapping[str, float]
    before: Mapping[str, float] = field(default_factory=dict)
    point: Vector | None = None


class Stepper(Protocol):
    """What makes the steps of one descent. points: whether they report where their iterate is."""

    points: bool

    @property
    def how(self) -> str:
        """Who moves the parameters, as in `Descent`."""
        ...

    @property
    def evaluations(self) -> int:
        """Calls of value, gradient and hvp so far."""
        ...

    def step(self, number: int, rate: float) -> Iterate:
        """Make the step of this number, from 0. Raises Stalled where a search cannot go on."""
        ...

    def theta(self) -> Vector:
        """The parameters now, (P,), a copy."""
        ...


def norms_of(layout: Layout, gradient: Vector) -> dict[str, float]:
    """Parameter -> the norm of its gradient, in float64, where a square of 1e-30 is no 0 yet."""
    views = layout.views(gradient.astype(np.float64))
    return {name: float(np.linalg.norm(view)) for name, view in views.items()}


class TrainingStepper:
    """Steps by the backend's own training step. points: whether they report their iterate.

    limits: (low, high), (P,) each, onto which every step is projected; then ours is the step.
    """

    def __init__(
        self,
        spec: DescentSpec,
        loss: PreparedLoss,
        points: bool,
        batches: Batches | None,
        limits: tuple[Vector, Vector] | None = None,
    ) -> None:
        params, data = loss.instance.params, loss.instance.data
        first = data if batches is None else batches.batch(0)
        shaped = replace(loss, instance=replace(loss.instance, data=first))
        training = Training(spec.optimizer, spec.options, noise_seed(spec.seed), spec.needs_norms)
        self._step = shaped.training_step(training, ours=limits is not None)
        self._limits = limits
        self._layout = Layout.of(params)
        self._batches, self.points = batches, points
        self._whole = self._step.batch(data) if batches is None else None
        if spec.measure_time:  # a first call is slow; this one has a state of its own
            self._step.run(self._step.start(params), self._batch(0), 1e-3)
        self._state = self._step.start(params)
        self.evaluations = 0

    @property
    def how(self) -> str:
        """As the training step says."""
        return self._step.how

    def step(self, number: int, rate: float) -> Iterate:
        """One training step; it tells of the iterate where it began."""
        batch = self._batch(number)
        point = self.theta() if self.points else None
        start = time.perf_counter()
        self._state, report = self._step.run(self._state, batch, rate)
        if self._limits is not None:
            np.clip(self._state.theta, *self._limits, out=self._state.theta)
        seconds = time.perf_counter() - start
        self.evaluations += 1
        loss, norms = self._step.report(report)
        return Iterate(number, loss, self.evaluations, seconds, norms, point=point)

    def _batch(self, number: int) -> Any:
        """What the step of this number sees, in the backend's own arrays."""
        if self._batches is None:
            return self._whole
        return self._step.batch(self._batches.batch(number))

    def theta(self) -> Vector:
        """The parameters of the state."""
        return self._layout.flatten(self._step.params(self._state))


class SearchStepper:
    """Steps by a search of ours, on any backend's operators. points, limits: as above."""

    def __init__(
        self,
        spec: DescentSpec,
        loss: PreparedLoss,
        points: bool,
        limits: tuple[Vector, Vector] | None = None,
    ) -> None:
        self._objective = CountedObjective(loss)
        self._theta = self._objective.layout.flatten(loss.instance.params).astype(spec.dtype)
        self.points, self._norms = points, spec.needs_norms
        self._objective.ready(find(spec.optimizer).needs, self._theta)
        rng = np.random.default_rng(noise_seed(spec.seed))
        told = (self._objective, self._theta, rng, spec.options, limits)
        self._step = start_search(spec.optimizer, *told)
        self._looker = CountedObjective(loss)

    @property
    def how(self) -> str:
        """Ours, and who gives the derivatives that the backend has not."""
        others = (f"{operator} by {who}" for operator, who in self._objective.others.items())
        return ", ".join(("ours", *others))

    @property
    def evaluations(self) -> int:
        """What the search has asked for; looking at where it went is not its doing."""
        return self._objective.evaluations

    def step(self, number: int, rate: float) -> Iterate:
        """One step of the search; it tells of the iterate where it arrives."""
        before = self._theta.copy()
        if self._norms:
            self._objective.forget()
        start = time.perf_counter()
        loss = self._step(self._theta, rate)
        seconds = time.perf_counter() - start
        if loss is None:
            loss = self._looker.value(self._theta)
        point = self._theta.copy() if self.points else None
        return Iterate(
            number + 1,
            float(loss),
            self.evaluations,
            seconds,
            self._norms_at(self._theta),
            self._norms_at(before),
            point,
        )

    def theta(self) -> Vector:
        """Where the search is."""
        return self._theta.copy()

    def _norms_at(self, theta: Vector) -> Mapping[str, float]:
        gradient = self._objective.gradient_seen_at(theta) if self._norms else None
        return {} if gradient is None else norms_of(self._objective.layout, gradient)


def noise_seed(seed: int) -> int:
    """The seed of the optimiser's own generator."""
    return int(np.random.SeedSequence([seed, NOISE]).generate_state(1)[0])

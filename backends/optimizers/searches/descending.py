"""What the methods with a line search share: where they stand, and whether they still get anywhere.

A step by slopes alone may raise the value within its rounding. So that a search ends, `PATIENCE`
steps may pass without a value lower by more than rounding and without the gradient's length being
halved.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Differentiable, Stalled, Vector
from gradparity.backends.optimizers.searches.line_search import LinePoint, line_search
from gradparity.backends.optimizers.searches.rounding import MeasuredRounding

PATIENCE = 20


class Descending:
    """The point where a search stands. value, gradient: there. rounding: of the loss around it.

    restarts: whether the search can start again; restart: whether it has to, here, before it ends.
    """

    value: float
    gradient: Vector
    length: float
    rounding: MeasuredRounding

    def __init__(self, objective: Differentiable, restarts: bool = False) -> None:
        self.objective = objective
        self.restart = False
        self._restarts = self._may_restart = restarts
        self._here: tuple[float, Vector] | None = None
        self._lowest = self._shortest = math.inf
        self._idle = 0

    def begin(self, theta: Vector) -> None:
        """Look at theta, unless the last step has. Raises Stalled where only rounding is left."""
        first = self._here is None
        self._here = self._here or self.objective.gradient(theta)
        self.value, self.gradient = self._here
        self.length = float(np.linalg.norm(self.gradient))
        if first:
            self.rounding = MeasuredRounding(self.value, self.gradient)
        self.rounding.moved(self.value, self.gradient)
        self.restart = False
        if self.value < self._lowest - self.rounding.value:
            self._lowest, self._idle, self._may_restart = self.value, 0, self._restarts
        elif self.length < 0.5 * self._shortest:
            self._shortest, self._idle = self.length, 0
        else:
            self._idle += 1
        if self._idle > PATIENCE:
            if not self._may_restart:
                raise self.stalled(theta)
            self.restart, self._may_restart, self._idle = True, False, 0

    def along(
        self,
        theta: Vector,
        direction: Vector,
        first: float = 1.0,
        bent: Callable[[Vector], bool] | None = None,
    ) -> LinePoint | None:
        """Where a step along the direction leads, `first` the length tried first; None for none.

        bent: as in `line_search`.
        """
        value, gradient, rounding = self.value, self.gradient, self.rounding
        return line_search(self.objective, theta, value, gradient, direction, first, rounding, bent)

    def move(self, theta: Vector, point: LinePoint) -> float:
        """Move theta there, and return the loss."""
        return self.arrive(theta, point.theta, point.value, point.gradient)

    def ratio(self, step: Vector, value: float, gradient: Vector, predicted: float) -> float:
        """What the loss fell by where a step leads, over what a model foretold; -inf if not finite.

        Within rounding slopes say by how much: on a quadratic, by minus their mean along the step.
        """
        if not (math.isfinite(value) and np.all(np.isfinite(gradient))):
            return -math.inf
        fall = self.value - value
        if abs(fall) <= self.rounding.value and predicted <= 4.0 * self.rounding.value:
            fall = -0.5 * float(np.dot(self.gradient + gradient, step))
        return fall / predicted

    def arrive(self, theta: Vector, there: Vector, value: float, gradient: Vector) -> float:
        """Move theta there, where the loss and its gradient are these; return the loss."""
        theta[:] = there
        self._here = value, gradient
        return value

    def look(self, theta: Vector) -> float:
        """The loss at theta, wherever it has been moved to."""
        self._here = self.objective.gradient(theta)
        return self._here[0]

    def stalled(self, theta: Vector) -> Stalled:
        """What keeps the search from going on at theta: rounding, as it is measured there."""
        self.rounding.measured_at(self.objective, theta, self.value, self.gradient)
        return Stalled(self.rounding.said(self.value, self.gradient))

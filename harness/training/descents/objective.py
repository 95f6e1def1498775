"""A loss as a function of one vector, for searches; what they ask is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends import Prepared
from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.problems import Arrays
from gradparity.problems.layout import Layout


class CountedObjective:
    """A loss at vectors theta, (P,), in the instance's layout.

    calls: operator -> how often it was asked for. seen: the gradients asked for since `forget`, as
    (theta, gradient), the first and the last alone.
    Operators are prepared when they are first asked for, or `ready` is told of them: Unsupported
    and Unavailable come then.
    """

    def __init__(self, loss: PreparedLoss) -> None:
        self.layout = Layout.of(loss.instance.params)
        self.calls = {"value": 0, "gradient": 0, "hvp": 0, "hessian": 0}
        self.seen: list[tuple[Vector, Vector]] = []
        self._loss = loss
        self._prepared: dict[str, Prepared] = {}

    @property
    def evaluations(self) -> int:
        """Calls of value, gradient and hvp, and of a Hessian as many as it has columns."""
        of_hessians = self.calls["hessian"] * (self.layout.size - 1)
        return sum(self.calls.values()) + of_hessians

    def value(self, theta: Vector) -> float:
        """The loss."""
        return float(self._answer("value", theta).value)

    def gradient(self, theta: Vector) -> tuple[float, Vector]:
        """The loss and its gradient, (P,)."""
        answer = self._answer("gradient", theta)
        gradient = self.layout.flatten(answer.derivative)
        self.seen[1:] = [(theta.copy(), gradient.copy())]
        return float(answer.value), gradient

    def hvp(self, theta: Vector, direction: Vector) -> Vector:
        """The Hessian times a direction, (P,)."""
        answer = self._answer("hvp", theta, self.layout.views(direction))
        return self.layout.flatten(answer.derivative)

    def hessian(self, theta: Vector) -> np.ndarray[Any, Any]:
        """The Hessian, (P, P)."""
        return np.asarray(self._answer("hessian", theta).derivative["hessian"])

    def ready(self, operators: tuple[str, ...], theta: Vector) -> None:
        """Prepare these, and let each run once at theta, uncounted: first calls are slow."""
        calls = dict(self.calls)
        for operator in operators:
            along = self.layout.views(theta) if operator == "hvp" else None
            self._answer(operator, theta, along)
        self.calls = calls

    def forget(self) -> None:
        """Begin `seen` anew."""
        self.seen = []

    def gradient_seen_at(self, theta: Vector) -> Vector | None:
        """The gradient at theta, (P,), if it is among those seen."""
        for point, gradient in self.seen:
            if np.array_equal(point, theta):
                return gradient
        return None

    def _answer(self, operator: str, theta: Vector, direction: Arrays | None = None) -> Any:
        self.calls[operator] += 1
        if operator not in self._prepared:
            self._prepared[operator] = self._loss.operator(operator)
        at = replace(self._loss.instance, params=self.layout.views(theta))
        if direction is not None:
            at = replace(at, direction=direction)
        return self._prepared[operator](at)

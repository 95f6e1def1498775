"""A loss as a function of one vector, for searches; what they ask is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends import Operator, Prepared
from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.training.descents import stand_ins
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.problems import Arrays
from gradparity.problems.layout import Layout


class CountedObjective:
    """A loss at vectors theta, (P,), in the instance's layout.

    calls: operator -> how often it was asked for. seen: the gradients asked for since `forget`, as
    (theta, gradient), the first and the last alone. others: operator -> who stands in for the
    backend where it has none (`stand_ins.py`).
    Operators are prepared when they are first asked for, or `ready` is told of them: Unsupported
    and Unavailable come then.
    """

    def __init__(self, loss: PreparedLoss) -> None:
        self.layout = Layout.of(loss.instance.params)
        self.calls = {"value": 0, "gradient": 0, "hvp": 0, "hessian": 0, "jacobian": 0}
        self.seen: list[tuple[Vector, Vector]] = []
        self._loss = loss
        self.others: dict[str, str] = {}
        self._prepared: dict[str, Prepared | None] = {}

    @property
    def evaluations(self) -> int:
        """Calls; a Hessian or a Jacobian counts for as many as it has columns."""
        whole = self.calls["hessian"] + self.calls["jacobian"]
        return sum(self.calls.values()) + whole * (self.layout.size - 1)

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
        if self._made("hvp") is None:
            return stand_ins.hvp(self.gradient, theta, direction)
        answer = self._answer("hvp", theta, self.layout.views(direction))
        return self.layout.flatten(answer.derivative)

    def hessian(self, theta: Vector) -> np.ndarray[Any, Any]:
        """The Hessian, (P, P)."""
        if self._made("hessian") is None:
            return stand_ins.hessian(self.gradient, theta)
        return np.asarray(self._answer("hessian", theta).derivative["hessian"])

    def residuals(self, theta: Vector) -> Vector:
        """The residuals, (m,), by NumPy; counted as a value."""
        self.calls["value"] += 1
        problem, data = self._loss.problem, self._loss.instance.data
        return stand_ins.residuals(problem, self.layout.views(theta), data, theta.dtype)

    def jacobian(self, theta: Vector) -> np.ndarray[Any, Any]:
        """The Jacobian of the residuals, (m, P)."""
        return np.asarray(self._answer("jacobian", theta).derivative["jacobian"])

    def ready(self, operators: tuple[Operator, ...], theta: Vector) -> None:
        """Prepare these, and let each run once at theta, uncounted: first calls are slow."""
        calls = dict(self.calls)
        for operator in operators:
            if self._made(operator) is None:
                continue
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

    def _answer(self, operator: Operator, theta: Vector, direction: Arrays | None = None) -> Any:
        self.calls[operator] += 1
        prepared = self._made(operator)
        assert prepared is not None  # differences are asked for elsewhere
        at = replace(self._loss.instance, params=self.layout.views(theta))
        if direction is not None:
            at = replace(at, direction=direction)
        return prepared(at)

    def _made(self, operator: Operator) -> Prepared | None:
        """The operator, prepared; None where it is taken as a difference of gradients."""
        if operator not in self._prepared:
            made, who = stand_ins.prepared(self._loss, operator)
            self._prepared[operator] = made
            if who:
                self.others[operator] = who
        return self._prepared[operator]

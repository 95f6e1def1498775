"""Who gives a search the derivative that its backend has not: the tape, or differences.

A gradient written by hand has seldom a second derivative beside it. The tape takes that of the
loss, which is the same function; where it cannot follow the loss, gradients are subtracted:

    H v ≈ (g(θ + h v) - g(θ - h v))/2h,   h = ∛eps (1 + ‖θ‖)/‖v‖

right to about ∛eps², and two gradients each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends import Operator, Prepared
from gradparity.backends.backend import Unsupported
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.problems import Arrays, InputError, Problem
from gradparity.problems.namespace import NUMPY

STAND_IN = "tape"
DIFFERENCED = ("hvp", "hessian")

Gradient = Callable[[Vector], tuple[float, Vector]]
"""gradient(theta) -> the loss and its gradient."""


def stands_in(problem: Problem, operator: Operator) -> bool:
    """Whether the operator can be had although a backend has it not."""
    if operator in DIFFERENCED:
        return True
    return operator == "jacobian" and load(STAND_IN).unsupported(problem, operator) is None


def prepared(loss: PreparedLoss, operator: Operator) -> tuple[Prepared | None, str]:
    """The operator, and who gives it: "" for the backend itself.

    None and "differences of gradients" where nobody does. Raises what `prepare` raises, for other
    operators than those of second order.
    """
    if loss.backend.unsupported(loss.problem, operator) is None:
        return loss.operator(operator), ""
    if not stands_in(loss.problem, operator):
        return loss.operator(operator), ""
    try:
        return loss.by(load(STAND_IN)).operator(operator), STAND_IN
    except (InputError, Unsupported):
        if operator not in DIFFERENCED:
            raise
        return None, "differences of gradients"


def hvp(gradient: Gradient, theta: Vector, direction: Vector) -> Vector:
    """The Hessian times the direction, (P,), by a central difference of two gradients."""
    length = float(np.linalg.norm(direction))
    if length == 0.0:
        return np.zeros_like(theta)
    h = _cube(theta) * (1.0 + float(np.linalg.norm(theta))) / length
    found: Vector = _difference(gradient, theta, direction * theta.dtype.type(h)) / h
    return found.astype(theta.dtype)


def hessian(gradient: Gradient, theta: Vector) -> np.ndarray[Any, Any]:
    """The Hessian, (P, P), symmetric, a column at a time, each in its parameter's own size."""
    columns = []
    for k in range(theta.size):
        step = np.zeros_like(theta)
        step[k] = _cube(theta) * (abs(float(theta[k])) or 1.0)
        columns.append(_difference(gradient, theta, step) / step[k])
    whole = np.stack(columns, axis=1)
    symmetric: np.ndarray[Any, Any] = 0.5 * (whole + whole.T)
    return symmetric


def residuals(problem: Problem, params: Arrays, data: Arrays, dtype: Any) -> Vector:
    """The problem's residuals by NumPy, as one vector, (m,)."""
    assert problem.residuals is not None
    found: Vector = np.ravel(problem.residuals(NUMPY, params, data)).astype(dtype)
    return found


def _cube(theta: Vector) -> float:
    return float(np.cbrt(np.finfo(theta.dtype).eps))


def _difference(gradient: Gradient, theta: Vector, step: Vector) -> Vector:
    """(g(θ + s) - g(θ - s))/2."""
    difference: Vector = gradient(theta + step)[1] - gradient(theta - step)[1]
    return 0.5 * difference

"""Every operator as a function of (problem, instance), in balls of the current precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.arb_balls.numbers import Ball, BallTape
from gradparity.backends.arb_balls.operations import BALLS
from gradparity.problems import Arrays, InputError, Instance, Problem

Array = Any

MOST = 1_000_000
"""Operations on balls that an answer may take: about ten seconds."""


@dataclass(frozen=True, slots=True)
class Certified:
    """An answer in object arrays of `flint.arb`."""

    value: Array | None
    derivative: Arrays


def evaluated(
    loss: Any, instance: Instance, tape: BallTape, direction: Arrays | None = None
) -> tuple[Arrays, Any]:
    """The parameters as Balls, and the loss of them."""

    def balls(array: Any, make: Callable[..., Ball], *more: Any) -> Array:
        array = np.asarray(array)
        found = np.empty(array.shape, object)
        for index in np.ndindex(array.shape):
            found[index] = make(array[index], *(np.asarray(m)[index] for m in more))
        return found

    params = {
        name: balls(x, tape.variable, *([direction[name]] if direction is not None else []))
        for name, x in instance.params.items()
    }
    data = {
        name: balls(x, tape.constant) if np.asarray(x).dtype.kind == "f" else np.asarray(x)
        for name, x in instance.data.items()
    }
    # A parameter of no axes enters as a number: NumPy's functions answer one anyway.
    params = {name: x if x.ndim else x[()] for name, x in params.items()}
    data = {name: x if x.ndim or x.dtype != object else x[()] for name, x in data.items()}
    return params, loss(BALLS, params, data)


def _scalar(tape: BallTape, result: Any) -> Ball:
    found = np.asarray(result, object)
    if found.shape != ():
        raise InputError(f"the loss returned an array of shape {found.shape}, not a scalar")
    return found[()] if isinstance(found[()], Ball) else tape.constant(found[()])


def _coefficients(balls: Array, order: int) -> Array:
    """The coefficient of the adjoints of an array of Balls; 0 where nothing arrived."""
    found = np.empty(np.shape(balls), object)
    array: Array = np.asarray(balls, object)
    for index in np.ndindex(found.shape):
        ball = array[index]
        series = ball.adjoint if ball.adjoint is not None else ball.tape.series(0)
        found[index] = series[order]
    return found


def _walked(
    problem: Problem, instance: Instance, length: int, direction: Arrays | None = None
) -> tuple[Array, Arrays]:
    """The loss, and the last coefficient of its adjoints by parameter name."""
    tape = BallTape(length, 100 * MOST)
    params, result = evaluated(problem.loss, instance, tape, direction)
    root = _scalar(tape, result)
    tape.walk(root)
    found = {name: _coefficients(x, length - 1) for name, x in params.items()}
    return np.array(root.ball, object), found


def _value(problem: Problem, instance: Instance) -> Certified:
    tape = BallTape(1, 100 * MOST)
    return Certified(
        np.array(_scalar(tape, evaluated(problem.loss, instance, tape)[1]).ball, object), {}
    )


def _gradient(problem: Problem, instance: Instance) -> Certified:
    return Certified(*_walked(problem, instance, 1))


def _jvp(problem: Problem, instance: Instance) -> Certified:
    tape = BallTape(2, 100 * MOST)
    root = _scalar(tape, evaluated(problem.loss, instance, tape, instance.direction)[1])
    return Certified(np.array(root.ball, object), {"jvp": np.array(root.series[1], object)})


def _hvp(problem: Problem, instance: Instance) -> Certified:
    return Certified(None, _walked(problem, instance, 2, instance.direction)[1])


def _hessian(problem: Problem, instance: Instance) -> Certified:
    rows = []
    for name, x in instance.params.items():
        for i in range(np.size(x)):
            direction = {other: np.zeros(np.shape(y)) for other, y in instance.params.items()}
            direction[name].reshape(-1)[i] = 1
            rows.append(_joined(_walked(problem, instance, 2, direction)[1]))
    return Certified(None, {"hessian": np.stack(rows)})


def _jacobian(problem: Problem, instance: Instance) -> Certified:
    tape = BallTape(1, 100 * MOST)
    params, result = evaluated(problem.residuals, instance, tape)
    rows = []
    for residual in np.ravel(np.asarray(result, object)):
        for x in params.values():
            for ball in np.ravel(np.asarray(x, object)):
                ball.adjoint = None
        tape.walk(residual)
        rows.append(_joined({name: _coefficients(x, 0) for name, x in params.items()}))
    return Certified(None, {"jacobian": np.stack(rows)})


def _joined(arrays: Arrays) -> Array:
    return np.concatenate([np.ravel(x) for x in arrays.values()])


BALL_OPERATORS: dict[str, Callable[[Problem, Instance], Certified]] = {
    "value": _value,
    "gradient": _gradient,
    "jvp": _jvp,
    "hvp": _hvp,
    "hessian": _hessian,
    "jacobian": _jacobian,
}

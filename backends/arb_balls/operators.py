"""Every operator of a loss on balls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.arb_balls.numbers import Ball, BallTape
from gradparity.backends.arb_balls.operations import BALLS
from gradparity.backends.operators import differentiated
from gradparity.problems import Array, Arrays, InputError, Loss, Problem
from gradparity.problems.layout import Layout

MOST = 1_000_000
"""Operations on balls that an answer may take: about ten seconds."""


@dataclass(frozen=True, slots=True)
class Certified:
    """An answer in object arrays of `flint.arb`."""

    value: Array | None
    derivative: Arrays


def evaluated(
    loss: Loss, params: Arrays, data: Arrays, tape: BallTape, direction: Arrays | None = None
) -> tuple[Arrays, Any]:
    """The parameters as Balls, and the loss of them."""

    def balls(array: Any, make: Callable[..., Ball], *more: Any) -> Array:
        array = np.asarray(array)
        found = np.empty(array.shape, object)
        for index in np.ndindex(array.shape):
            found[index] = make(array[index], *(np.asarray(m)[index] for m in more))
        return found

    moving = {
        name: balls(x, tape.variable, *([direction[name]] if direction is not None else []))
        for name, x in params.items()
    }
    still = {
        name: balls(x, tape.constant) if np.asarray(x).dtype.kind == "f" else np.asarray(x)
        for name, x in data.items()
    }
    # A parameter of no axes enters as a number: NumPy's functions answer one anyway.
    moving = {name: x if x.ndim else x[()] for name, x in moving.items()}
    still = {name: x if x.ndim or x.dtype != object else x[()] for name, x in still.items()}
    return moving, loss(BALLS, moving, still)


def _scalar(tape: BallTape, result: Any) -> Ball:
    found = np.asarray(result, object)
    if found.shape != ():
        raise InputError(f"the loss returned an array of shape {found.shape}, not a scalar")
    return tape.ball(found[()])


def _coefficients(balls: Array, order: int) -> Array:
    """The coefficient of the adjoints of an array of Balls; 0 where nothing arrived."""
    found = np.empty(np.shape(balls), object)
    array: Array = np.asarray(balls, object)
    for index in np.ndindex(found.shape):
        ball = array[index]
        series = ball.adjoint if ball.adjoint is not None else ball.tape.series(0)
        found[index] = series[order]
    return found


@dataclass(frozen=True, slots=True)
class BallOperators:
    """Every operator in balls of the current precision; arguments in NumPy's arrays."""

    problem: Problem

    def value(self, params: Arrays, data: Arrays) -> Certified:
        """One evaluation."""
        tape = BallTape(1, 100 * MOST)
        root = _scalar(tape, evaluated(self.problem.loss, params, data, tape)[1])
        return Certified(np.array(root.ball, object), {})

    def gradient(self, params: Arrays, data: Arrays) -> Certified:
        """One walk backwards."""
        return Certified(*self._walked(1, params, data))

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Certified:
        """One evaluation on series along the direction."""
        tape = BallTape(2, 100 * MOST)
        root = _scalar(tape, evaluated(self.problem.loss, params, data, tape, direction)[1])
        return Certified(np.array(root.ball, object), {"jvp": np.array(root.series[1], object)})

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Certified:
        """One walk backwards on series along the direction."""
        return Certified(None, self._walked(2, params, data, direction)[1])

    def hessian(self, params: Arrays, data: Arrays) -> Certified:
        """An hvp for each unit direction."""
        layout = Layout.of(params)
        units = (layout.views(unit) for unit in np.eye(layout.size))
        rows = [layout.flatten(self._walked(2, params, data, unit)[1]) for unit in units]
        return Certified(None, {"hessian": np.stack(rows)})

    def jacobian(self, params: Arrays, data: Arrays) -> Certified:
        """One walk backwards for each residual."""
        tape, layout = BallTape(1, 100 * MOST), Layout.of(params)
        residuals = differentiated(self.problem, "jacobian")
        balls, result = evaluated(residuals, params, data, tape)
        rows = []
        for residual in np.ravel(np.asarray(result, object)):
            for ball in layout.flatten(balls):
                ball.adjoint = None
            tape.walk(residual)
            rows.append(layout.flatten({n: _coefficients(x, 0) for n, x in balls.items()}))
        return Certified(None, {"jacobian": np.stack(rows)})

    def _walked(
        self, length: int, params: Arrays, data: Arrays, direction: Arrays | None = None
    ) -> tuple[Array, Arrays]:
        """The loss, and the last coefficient of its adjoints by parameter name."""
        tape = BallTape(length, 100 * MOST)
        balls, result = evaluated(self.problem.loss, params, data, tape, direction)
        root = _scalar(tape, result)
        tape.walk(root)
        found = {name: _coefficients(x, length - 1) for name, x in balls.items()}
        return np.array(root.ball, object), found

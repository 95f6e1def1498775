"""The oracles of second derivatives and Jacobians: each is the oracle of another scalar loss.

A Hessian's product with v is the gradient of the slope v · ∇f (`backends/dual_numbers/slope.py`).
Row i of the Hessian is that for v = e_i, and a combination of rows, uᵀH, that for v = u. A
combination of a Jacobian's rows, uᵀJ, is the gradient of u · r. So a matrix is judged by the
gradients of combinations of its rows.

v and u stand among the data.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers.evaluation import measured
from gradparity.backends.dual_numbers.slope import direction_of, slope
from gradparity.harness.judging.oracle import Oracle
from gradparity.problems import Array, Arrays, InputError, Instance, Namespace, Problem
from gradparity.problems.layout import Layout

_WEIGHTS = "weights of the residuals"


def slope_oracle(problem: Problem, instance: Instance) -> Oracle:
    """Return the oracle of v · ∇f, v the direction of the instance: its gradient is H v."""
    directions = {direction_of(name): v for name, v in instance.direction.items()}
    directed = replace(instance, data={**instance.data, **directions})
    return Oracle(slope(problem.loss), directed)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a matrix with P columns, through their combinations.

    count: how many there are. combine: weights (count,) -> the oracle whose gradient is
    weights · matrix, by parameter.
    """

    count: int
    combine: Callable[[Array], Oracle]


def hessian_rows(problem: Problem, instance: Instance) -> Rows:
    """Return the rows of ∂²f/∂θ²."""

    def combine(weights: Array) -> Oracle:
        along = Layout.of(instance.params).views(weights)
        # A parameter without direction costs nothing.
        direction = {name: v for name, v in along.items() if np.any(v)}
        return slope_oracle(problem, replace(instance, direction=direction))

    return Rows(instance.parameters, combine)


def jacobian_rows(problem: Problem, instance: Instance) -> Rows:
    """Return the rows of ∂r/∂θ; InputError if the problem states no residuals."""
    if problem.residuals is None:
        raise InputError(f"{problem.name} states no residuals, so that it has no Jacobian")
    residuals = problem.residuals
    sizes = []

    def total(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        found = residuals(xp, params, data)
        sizes.append(math.prod(found.shape))
        return xp.sum(found)

    measured(total, instance.params, instance.data)

    def combine(weights: Array) -> Oracle:
        # The other rows are left out, not multiplied by 0: that would turn an infinity into NaN.
        picked = np.flatnonzero(weights)
        data = {**instance.data, _WEIGHTS: weights[picked]}

        def combined(xp: Namespace, params: Arrays, data: Arrays) -> Any:
            own = {name: x for name, x in data.items() if name != _WEIGHTS}
            flat = xp.reshape(residuals(xp, params, own), (-1,))
            return xp.sum(flat[picked] * data[_WEIGHTS])

        return Oracle(combined, replace(instance, data=data))

    return Rows(sizes[0], combine)

"""Second derivatives as differences of gradients, which the references have to many digits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradparity.backends.backend import Answer
from gradparity.backends.longdouble.differences import derivative_at_zero
from gradparity.backends.longdouble.point import ParameterPoint
from gradparity.problems import Array, Arrays

Slopes = Callable[[Arrays], Array]
"""slopes(params) -> the gradient, (P,), in longdouble."""


def hvp(slopes: Slopes, params: Arrays, direction: Arrays, dtype: str) -> Answer:
    """d/dt of the gradient at θ + t v, good enough for `dtype`."""
    point = ParameterPoint(params)
    v = point.layout.flatten(direction, np.longdouble)
    return Answer(None, point.layout.views(_along(slopes, point, v, dtype)))


def hessian(slopes: Slopes, params: Arrays, dtype: str) -> Answer:
    """The same along every unit direction, then the mean with its transpose."""
    point = ParameterPoint(params)
    rows = np.stack([_along(slopes, point, unit, dtype) for unit in point.units()])
    return Answer(None, {"hessian": (rows + rows.T) / 2})


def _along(slopes: Slopes, point: ParameterPoint, direction: Array, dtype: str) -> Array:
    return derivative_at_zero(
        lambda t: slopes(point.moved(t, direction)), 1, dtype, point.scale(direction)
    )

"""A point in the space of the parameters, in longdouble: what the references share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer
from gradparity.problems import Array, Arrays
from gradparity.problems.layout import Layout
from gradparity.problems.namespace import numpy_namespace

LONGDOUBLE = numpy_namespace("NumPy in longdouble")


class ParameterPoint:
    """Parameters θ of P numbers, and the straight lines through them.

    vector: θ, (P,), longdouble, in the order of `layout`.
    """

    def __init__(self, params: Arrays) -> None:
        self.layout = Layout.of(params)
        self.vector = self.layout.flatten(params, np.longdouble)

    def moved(self, t: Any, direction: Array) -> Arrays:
        """The parameters at θ + t v; v (P,)."""
        return self.layout.views(self.vector + t * direction)

    def scale(self, direction: Array) -> Any:
        """The largest t by which θ + t v moves no parameter by more than max(1, itself)."""
        moving = direction != 0
        if not np.any(moving):
            return np.longdouble(1)
        reach = np.maximum(1, np.abs(self.vector[moving]))
        return np.min(reach / np.abs(direction[moving]))

    def nearest(self, direction: Array) -> Any:
        """The largest t by which θ + t v moves no parameter by more than itself, if it is not 0."""
        moving = (direction != 0) & (self.vector != 0)
        if not np.any(moving):
            return np.longdouble(np.inf)
        return np.min(np.abs(self.vector[moving]) / np.abs(direction[moving]))

    def units(self) -> Iterator[Array]:
        """The P unit directions, (P,) each, one after the other."""
        for i in range(self.layout.size):
            yield np.eye(1, self.layout.size, i, np.longdouble)[0]


def decoder(dtype: str) -> Callable[[Answer], Answer]:
    """From an answer in longdouble to one in `dtype`, in arrays of its own."""

    def decode(native: Answer) -> Answer:
        with np.errstate(over="ignore"):
            return Answer(
                None if native.value is None else np.array(native.value, dtype),
                {name: np.array(array, dtype) for name, array in native.derivative.items()},
            )

    return decode

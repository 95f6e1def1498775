"""Parameters by name, and the same as one vector in longdouble: what the references share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.backend import Answer
from gradparity.problems import Arrays

Array = Any


class Flat:
    """Parameters at one point, and the vector of their P numbers: in their order, each in C order.

    count: P. vector: (P,), longdouble.
    """

    def __init__(self, params: Arrays) -> None:
        self.shapes = {name: np.shape(x) for name, x in params.items()}
        self.vector = self.joined(params)
        self.count = len(self.vector)

    def joined(self, arrays: Arrays) -> Array:
        """Arrays by parameter name -> (P,)."""
        parts = [np.ravel(np.asarray(arrays[name], np.longdouble)) for name in self.shapes]
        return np.concatenate(parts)

    def named(self, vector: Array) -> Arrays:
        """(..., P) -> arrays (..., *shape) by parameter name."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes.values()])
        parts = np.split(vector, ends[:-1], axis=-1)
        return {
            name: part.reshape((*part.shape[:-1], *shape))
            for part, (name, shape) in zip(parts, self.shapes.items(), strict=True)
        }

    def units(self, start: int, at_once: int) -> Arrays:
        """At most `at_once` unit directions from number `start` on: arrays (K, *shape) by name."""
        rows = min(at_once, self.count - start)
        directions = np.zeros((rows, self.count))
        directions[np.arange(rows), np.arange(start, start + rows)] = 1
        return self.named(directions)

    def moved(self, t: Any, direction: Array) -> Arrays:
        """The parameters at θ + t v, in longdouble; v (P,)."""
        return self.named(self.vector + t * direction)

    def scale(self, direction: Array) -> Any:
        """The largest t by which θ + t v moves no parameter by more than max(1, itself)."""
        moving = direction != 0
        if not np.any(moving):
            return np.longdouble(1)
        reach = np.maximum(1, np.abs(self.vector[moving]))
        return np.min(reach / np.abs(direction[moving]))


def answered(dtype: str) -> Callable[[Answer], Answer]:
    """From an answer in extended precision to one in `dtype`, in arrays of its own."""

    def decode(native: Answer) -> Answer:
        with np.errstate(over="ignore"):
            return Answer(
                None if native.value is None else np.array(native.value, dtype),
                {name: np.array(array, dtype) for name, array in native.derivative.items()},
            )

    return decode

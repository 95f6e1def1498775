"""Parameters by name and the same numbers as one vector: how the arrays lie in theta."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gradparity.backends.optimizers.optimizer import Vector
from gradparity.problems import Arrays


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each array lies in a vector of `size` numbers: in this order, each in C order."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    bounds: tuple[tuple[int, int], ...]
    size: int

    @classmethod
    def of(cls, arrays: Arrays) -> Layout:
        """The layout of these arrays, in the order of the dict."""
        shapes = tuple(np.shape(array) for array in arrays.values())
        ends = [0]
        for shape in shapes:
            ends.append(ends[-1] + math.prod(shape))
        return cls(tuple(arrays), shapes, tuple(pairwise(ends)), ends[-1])

    def flatten(self, arrays: Arrays, out: Vector | None = None) -> Vector:
        """theta, (size,): a copy of the arrays, by name; in `out` and its dtype, if it is given.

        Raises: KeyError for an array that is missing, ValueError where the numbers do not fit.
        """
        if out is None:
            parts = [np.reshape(arrays[name], -1) for name in self.names]
            out = np.empty(self.size, np.result_type(np.float32, *parts))
        for name, shape, (start, end) in zip(self.names, self.shapes, self.bounds, strict=True):
            array = arrays[name]
            if np.shape(array) != shape:
                raise ValueError(f"{name} has shape {np.shape(array)}; its place is for {shape}")
            out[start:end].reshape(shape)[...] = array
        return out

    def views(self, theta: Vector) -> Arrays:
        """Each name's array, of its shape: a view: what is written into theta shows in it."""
        return {
            name: theta[start:end].reshape(shape)
            for name, shape, (start, end) in zip(self.names, self.shapes, self.bounds, strict=True)
        }

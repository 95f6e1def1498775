"""Arrays by name and the same numbers as one vector: where each array lies in it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from gradparity.problems.problem import Array, Arrays


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each array lies in a vector of P = `size` numbers: in this order, each in C order.

    bounds: the first place of each, and the one behind its last.

    Laws: `views(flatten(arrays))` are the arrays, and `flatten(views(vector))` is the vector; of
    any dtype, and with the same axes in front of every array and of the vector.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    bounds: tuple[tuple[int, int], ...]
    size: int

    @classmethod
    def of(cls, arrays: Arrays) -> Layout:
        """The layout of these arrays, of any library, in the order of the dict."""
        shapes = tuple(tuple(np.shape(array)) for array in arrays.values())
        ends = [0]
        for shape in shapes:
            ends.append(ends[-1] + math.prod(shape))
        return cls(tuple(arrays), shapes, tuple(pairwise(ends)), ends[-1])

    def flatten(self, arrays: Arrays, dtype: Any = None) -> np.ndarray[Any, Any]:
        """The vector, (..., P): a copy of the arrays (..., *shape), by name.

        dtype: the vector's; by default a floating one that holds all the arrays.
        Raises: KeyError for an array that is missing, ValueError for one of another shape.
        """
        parts = [np.asarray(arrays[name]) for name in self.names]
        front = parts[0].shape[: parts[0].ndim - len(self.shapes[0])] if parts else ()
        out = np.empty((*front, self.size), dtype or np.result_type(np.float32, *parts))
        for name, part, shape, (start, end) in zip(
            self.names, parts, self.shapes, self.bounds, strict=True
        ):
            if part.shape != (*front, *shape):
                raise ValueError(f"{name} has shape {part.shape}; its place is for {shape}")
            out[..., start:end] = part.reshape((*front, end - start))
        return out

    def views(self, vector: Array) -> Arrays:
        """Each name's array: (..., P) -> (..., *shape).

        NumPy's are views: what is written into the vector shows in them.
        """
        return self.shaped(vector[..., start:end] for start, end in self.bounds)

    def shaped(self, parts: Iterable[Array]) -> Arrays:
        """Each name's array, from the parts of a vector: (..., n) -> (..., *shape)."""
        return {
            name: part.reshape((*part.shape[:-1], *shape))
            for name, part, shape in zip(self.names, parts, self.shapes, strict=True)
        }

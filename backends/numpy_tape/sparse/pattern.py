"""Which entries of an array depend on which parameters, as pairs (entry, column).

Column k is the k-th scalar parameter, all flattened, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradparity.problems import Array

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Dependencies of an array of `shape`.

    entry, column: (K,) integers; the pairs differ, in the order of entries. Entries are numbered as
    the array is flattened.
    """

    shape: Shape
    entry: Array
    column: Array

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape))

    @staticmethod
    def none(shape: Shape) -> Pattern:
        """An array that depends on nothing."""
        nothing = np.zeros(0, np.int64)
        return Pattern(shape, nothing, nothing)

    @staticmethod
    def own(shape: Shape, first: int) -> Pattern:
        """A parameter: each entry is a column of its own, from `first` on."""
        entry = numbered(shape).ravel()
        return Pattern(shape, entry, entry + first)

    def picked(self, source: Array) -> Pattern:
        """The array whose entries are those of the numbers in `source`; -1: a constant."""
        flat = source.ravel()
        first = np.searchsorted(self.entry, flat)
        count = np.searchsorted(self.entry, flat, side="right") - first
        count[flat < 0] = 0
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        column = self.column[np.repeat(first, count) + within]
        return Pattern(source.shape, np.repeat(numbered(flat.shape), count), column)

    def put(self, target: Array, shape: Shape) -> Pattern:
        """An array of `shape` into whose entry target[i] goes entry i, with others."""
        return union(shape, [(target.ravel()[self.entry], self.column)])

    def reduced(self, axes: Sequence[int], keepdims: bool = True) -> Pattern:
        """An array that combines all along axes."""
        kept = tuple(1 if a in axes else n for a, n in enumerate(self.shape))
        target = np.broadcast_to(numbered(kept), self.shape)
        whole = self.put(target, kept)
        if keepdims:
            return whole
        shape = tuple(n for a, n in enumerate(self.shape) if a not in axes)
        return Pattern(shape, whole.entry, whole.column)

    def spread(self, shape: Shape) -> Pattern:
        """The array, broadcast to `shape`."""
        return self.picked(np.broadcast_to(numbered(self.shape), shape))

    def everywhere(self, shape: Shape) -> Pattern:
        """An array of `shape` each of whose entries depends on all that this one depends on."""
        columns = np.unique(self.column)
        size = int(np.prod(shape))
        return Pattern(shape, np.repeat(np.arange(size), len(columns)), np.tile(columns, size))


def numbered(shape: Shape) -> Array:
    """The number of each entry, of an array of this shape."""
    return np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)


def union(shape: Shape, pairs: Sequence[tuple[Array, Array]]) -> Pattern:
    """The pattern of all these (entry, column), each pair once."""
    entry, column = (np.concatenate(x) for x in zip(*pairs, strict=True))
    width = int(column.max(initial=0)) + 1
    # Runs that are in order already are merged; np.unique would hash them, ten times as slowly.
    key = np.sort(entry * width + column, kind="stable")
    key = key[np.concatenate(([True], key[1:] != key[:-1]))] if key.size else key
    return Pattern(shape, key // width, key % width)

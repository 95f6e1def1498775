"""What NumPy lacks of the operations of a loss on whole arrays, or has with other arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def argsort(x: Array, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The indices that sort x along an axis; of equal entries the first comes first."""
    if not descending:
        return np.argsort(x, axis=axis, stable=True)
    backwards = np.argsort(np.flip(x, axis=axis), axis=axis, stable=True)
    return np.shape(x)[axis] - 1 - np.flip(backwards, axis=axis)


def segment_sum(x: Array, segment_ids: Array, num_segments: int) -> Array:
    """For each segment the sum of the x[i] that belong to it."""
    total = np.zeros((num_segments, *np.shape(x)[1:]), x.dtype)
    np.add.at(total, segment_ids, x)
    return total

"""The order of entries, and sums over groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.operations.arguments import array, axes_of, integers
from gradparity.backends.numpy_tape.operations.loss_operands import checked
from gradparity.backends.numpy_tape.primitives import order
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.problems import Array, InputError


def argsort(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The indices that sort x along an axis; of equal entries the first comes first."""
    if not array(x).ndim:
        raise InputError("xp.argsort of an array without axes")
    along = axes_of(axis, x.ndim)[0]
    if not descending:
        return checked(order.argsort, x, axis=along, stable=True)
    backwards = checked(order.argsort, p.flip(x, axis=(along,)), axis=along, stable=True)
    return x.shape[along] - 1 - p.flip(backwards, axis=(along,))


def segment_sum(x: Any, segment_ids: Any, num_segments: int) -> Array:
    """For each segment the sum of the x[i] that belong to it."""
    shape = (num_segments, *array(x).shape[1:])
    if integers(segment_ids).shape != x.shape[:1]:
        raise InputError(
            f"xp.segment_sum: {segment_ids.shape} segments of an array of shape {x.shape}"
        )
    return checked(p.take_add, x, segment_ids, axis=0, shape=shape)


OPERATIONS: dict[str, Callable[..., Array]] = {"argsort": argsort, "segment_sum": segment_sum}

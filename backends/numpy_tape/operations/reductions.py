"""Sums and their like, over axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.operations.arguments import Axis, array, axes_of, one_axis
from gradparity.backends.numpy_tape.operations.loss_operands import checked
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.problems import Array


def _reduction(primitive: Primitive) -> Callable[..., Array]:
    def operation(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
        over = axes_of(axis, array(x).ndim)
        if not over:
            return x
        return checked(primitive, x, axis=tuple(sorted(over)), keepdims=keepdims)

    return operation


sum, prod = _reduction(p.sum), _reduction(p.prod)
max, min = _reduction(p.max), _reduction(p.min)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean over axes."""
    count = math.prod(x.shape[a] for a in axes_of(axis, array(x).ndim))
    return sum(x, axis=axis, keepdims=keepdims) / count


def cumulative_sum(x: Any, axis: int | None = None, include_initial: bool = False) -> Array:
    """Running sums along an axis; with include_initial a zero comes first."""
    along = one_axis(axis, array(x).ndim, "cumulative_sum")
    summed = p.cumulative_sum(x, axis=along)
    if not include_initial:
        return summed
    shape = (*x.shape[:along], 1, *x.shape[along + 1 :])
    first = x.create(p.full, shape=shape, value=0, dtype=summed.dtype)
    return p.concat(first, summed, axis=along)


OPERATIONS: dict[str, Callable[..., Array]] = {
    "sum": sum,
    "mean": mean,
    "prod": prod,
    "max": max,
    "min": min,
    "cumulative_sum": cumulative_sum,
}

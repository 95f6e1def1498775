"""How long the sums are that a result went through: their rounding errors grow with that.

A value's length is that of the longest chain of additions on the way to it. An addition makes it
one longer than its longer operand, a sum of n terms n longer, a product of matrices their inner
length, a scatter as often as one entry is hit. So a long sum and an unrolled loop count alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.table import ELEMENTWISE, ON_ARRAYS, PICKING, RECORDS
from gradparity.problems import Array
from gradparity.problems.namespace import require


def accumulated(
    name: str, length: int, operands: list[Any], result: Array, static: dict[str, Any]
) -> int:
    """The length of a result of primitive `name`; length: the longest of its operands."""
    if name in ELEMENTWISE:
        return length + (name in ("add", "subtract"))
    return length if name in PICKING else length + SUMMED[name](operands, result, **static)


def _terms(xs: list[Any], z: Array, **static: Any) -> int:
    return int(xs[0].size // max(1, z.size))


def _hits(name: str) -> Callable[..., int]:
    """How often the entry is hit that is hit most often."""

    def hits(xs: list[Any], z: Array, **static: Any) -> int:
        ones = np.broadcast_to(np.ones(()), xs[0].shape)
        return int(np.max(ON_ARRAYS[name].numpy(ones, *xs[1:], **static), initial=0))

    return hits


def _contracted(operands: list[Any], z: Array, subscripts: str) -> int:
    inputs, _, output = subscripts.partition("->")
    lengths = {
        letter: n
        for letters, x in zip(inputs.split(","), operands, strict=True)
        for letter, n in zip(letters, np.shape(x), strict=True)
    }
    return math.prod(n for letter, n in lengths.items() if letter not in output)


SUMMED: dict[str, Callable[..., int]] = {
    **{name: record.terms for name, record in RECORDS.items()},
    "sum": _terms,
    "prod": _terms,
    "cumulative_sum": lambda xs, z, axis: int(xs[0].shape[axis]),
    "matmul": lambda xs, z: int(xs[0].shape[-1]),
    "einsum": _contracted,
    "scatter_slices": lambda xs, z, keys, shape: len(xs),
    **{name: _hits(name) for name in ("scatter_add", "take_add", "add_along_axis")},
}
"""(operands, result, statics) -> how many terms are added up for an entry of the result."""
require("SUMMED in backends/numpy_tape/engine/accumulation.py", PICKING | {*SUMMED}, ON_ARRAYS)

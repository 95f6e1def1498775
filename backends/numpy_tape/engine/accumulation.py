"""How long the sums are that a result went through: their rounding errors grow with that.

A value's length is that of the longest chain of additions on the way to it. An addition makes it
one longer than its longer operand, a sum of n terms n longer, a product of matrices their inner
length, a scatter as often as one entry is hit. So a long sum and an unrolled loop count alike.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.primitive import PRIMITIVES

Array = Any


def accumulated(
    name: str, length: int, operands: list[Any], result: Array, static: dict[str, Any]
) -> int:
    """The length of a result of primitive `name`; length: the longest of its operands."""
    return length + _added(name, operands, result, static)


def _added(name: str, operands: list[Any], result: Array, static: dict[str, Any]) -> int:
    if name in ("add", "subtract"):
        return 1
    if name in ("sum", "prod"):
        return int(operands[0].size // max(1, result.size))
    if name == "cumulative_sum":
        return int(operands[0].shape[static["axis"]])
    if name == "matmul":
        return int(operands[0].shape[-1])
    if name == "einsum":
        return _contracted(static["subscripts"], operands)
    if name == "scatter_slices":
        return len(operands)
    if name in ("scatter_add", "take_add", "add_along_axis"):
        ones = np.broadcast_to(np.ones(()), operands[0].shape)
        return int(np.max(PRIMITIVES[name].numpy(ones, *operands[1:], **static), initial=0))
    return 0


def _contracted(subscripts: str, operands: list[Any]) -> int:
    inputs, _, output = subscripts.partition("->")
    lengths = {
        letter: n
        for letters, x in zip(inputs.split(","), operands, strict=True)
        for letter, n in zip(letters, np.shape(x), strict=True)
    }
    return math.prod(n for letter, n in lengths.items() if letter not in output)

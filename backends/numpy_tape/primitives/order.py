"""The order of entries: integers, which have no derivative."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.array_record import ArrayRecord, Shape


def _operations(shapes: list[Shape], result: Shape, static: dict[str, Any]) -> int:
    (shape,), axis = shapes, static["axis"]
    rounds: int = max(shape[axis] - 1, 1).bit_length()
    return math.prod(shape) * rounds


# x; axis >= 0, stable
argsort = ArrayRecord(
    "argsort",
    np.argsort,
    written="np.argsort",
    shape=lambda shapes, static: shapes[0],
    reverse=(None,),
    dtype=lambda operands: np.dtype(np.int64),
    picks=True,
    operations=_operations,
)

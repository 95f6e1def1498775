"""The Fourier transform of real arrays that hold the parts of complex ones on their last axis.

F of n entries is a symmetric matrix of complex numbers, C - iS. On (re, im) that is
[[C, S], [-S, C]], whose transpose is [[C, -S], [S, C]]: C + iS, the inverse without its factor. So
each is the other's adjoint.
"""

# mypy: disable-error-code="has-type"

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.array_record import ArrayRecord, Shape
from gradparity.problems import Array
from gradparity.problems.matrices import functions


def _rounding(xs: list[Any], z: Array, axis: int, inverse: bool) -> Array:
    """Of a sum: each entry is one of all entries along the axis, times numbers of size 1."""
    squares = np.square(np.asarray(xs[0], np.longdouble))
    total = np.sum(squares, axis=(axis, -1), keepdims=True)
    return np.broadcast_to(np.sqrt(total).astype(np.float64), z.shape)


def _operations(shapes: list[Shape], result: Shape, static: dict[str, Any]) -> int:
    """5 n log₂ n of n complex numbers."""
    rounds: int = max(result[static["axis"]] - 1, 1).bit_length()
    return 5 * math.prod(result) // 2 * rounds


# x of (..., 2); axis < -1; inverse: with e^(2πi jk/n), and no factor
fourier: ArrayRecord = ArrayRecord(
    "fourier",
    functions.fourier,
    written="matrices.fourier",
    shape=lambda shapes, static: shapes[0],
    reverse=(lambda g, z, x, axis, inverse: fourier(g, axis=axis, inverse=not inverse),),
    stacked=True,
    terms=lambda xs, z, axis, inverse: int(z.shape[axis]),
    rounding=_rounding,
    operations=_operations,
)

"""Numbers that fit float32 by construction: they say nothing of where they were computed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from gradparity.problems import Array

# Fewer than any format has: bfloat16 has 8, float16 11, float32 24.
_BITS = 6


def by_construction(got: Array, given: Iterable[Array]) -> bool:
    """Whether each number is short (0, ½, 3), or ± a power of two times the entry of an input.

    given: arrays of the inputs, rounded to float32; those of got's shape, or of one number, count.
    A right gradient of float32 inputs is float32 itself then, whatever computed it: 2 p, ½ x.
    """
    got = np.asarray(got, np.float64)
    if bool(np.all(_short(got))):
        return True
    same = [np.asarray(x, np.float64) for x in given if np.shape(x) in (got.shape, ())]
    mantissa = np.abs(np.frexp(got)[0])
    return any(
        bool(np.all((mantissa == np.abs(np.frexp(x)[0])) | (got == 0))) for x in same if x.size
    )


def _short(x: Array) -> Array:
    mantissa = np.frexp(x)[0] * 2.0**_BITS
    return np.asarray(mantissa == np.rint(mantissa))

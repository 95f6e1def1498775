"""Numbers as bfloat16 and float16 have them, in float64 arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

LOW_DTYPES = ("bfloat16", "float16")
"""What some backends compute in, too: see `LowBackend`."""

Floats = np.ndarray[Any, Any]


def rounded(x: Floats, dtype: str) -> Floats:
    """Numbers rounded to a dtype, in float64: to nearest, ties to even, infinite beyond its range.

    bfloat16 rounds what float32 holds.
    """
    if dtype != "bfloat16":
        with np.errstate(over="ignore"):
            return np.asarray(x, dtype).astype(np.float64)
    bits = np.asarray(x, np.float32).view(np.uint32)
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    kept = (bits + np.uint32(0x7FFF) + odd) & np.uint32(0xFFFF0000)
    return kept.view(np.float32).astype(np.float64)

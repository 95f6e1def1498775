"""Integers among NumPy's arrays that keep the precision of what they meet.

NumPy makes float64 of int64 with float32, and of int64 with a Python float. A loss in float32 would
so go on in float64 from `xp.arange(n) * 2.0` on, on this backend alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems import Array


class Integers(np.ndarray[Any, Any]):
    """An array of integers; with floats it takes their dtype, with Python floats `floating`."""

    floating: np.dtype[Any]

    def __array_finalize__(self, source: Any) -> None:
        self.floating = getattr(source, "floating", np.dtype(np.float64))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if any(hasattr(x, "_value") for x in inputs):
            return NotImplemented  # a box of autograd: it takes itself apart first
        floats = [x.dtype for x in inputs if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
        wanted = max(floats, key=lambda dtype: dtype.itemsize) if floats else self.floating
        plain = [x.view(np.ndarray) if isinstance(x, Integers) else x for x in inputs]
        found = getattr(ufunc, method)(*plain, **options)
        kind = getattr(getattr(found, "dtype", None), "kind", "")
        if kind == "f":
            return found.astype(wanted, copy=False)
        return integers(found, self.floating) if kind in "iu" and np.ndim(found) else found


def integers(array: Array, floating: Any) -> Array:
    """The array as `Integers` if it holds integers; any other as it is."""
    if np.asarray(array).dtype.kind not in "iu":
        return array
    made = np.asarray(array).view(Integers)
    made.floating = np.dtype(floating)
    return made

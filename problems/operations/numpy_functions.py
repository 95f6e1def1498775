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


def complex_array(re: Array, im: Array) -> Array:
    """The complex array re + i im, in the precision of its parts."""
    re, im = np.broadcast_arrays(re, im)
    z = np.empty(re.shape, np.result_type(re, im, np.complex64))
    z.real, z.imag = re, im
    return z


TRANSFORMS = ("fft", "ifft", "rfft", "irfft", "fft2", "ifft2", "rfft2", "irfft2")
COMPLEX: dict[str, Any] = {
    "complex": complex_array,
    **{name: getattr(np, name) for name in ("real", "imag", "conj", "angle")},
    **{f"fft.{name}": getattr(np.fft, name) for name in TRANSFORMS},
}
"""What NumPy has of complex numbers."""

"""X[key] and x.T, taken apart into primitives."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Box
from gradparity.backends.numpy_tape.primitives.keys import canonical, is_integer, spelled_out
from gradparity.problems import Array, InputError


def matrix_transpose(x: Array) -> Array:
    """x with its last two axes exchanged; InputError if it has fewer than two."""
    n = len(x.shape)
    if n < 2:
        raise InputError("a matrix transpose (x.T, xp.matrix_transpose) needs two axes or more")
    return p.transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def index(x: Array, key: Any) -> Array:
    """x[key] for integers, slices, Ellipsis, None and integer arrays, with NumPy's meaning.

    Raises: InputError on a boolean mask, whose result has no shape that is known beforehand.
    """
    entries = spelled_out(key if isinstance(key, tuple) else (key,), len(x.shape))
    for entry in entries:
        _check(entry)
    arrays = [entry for entry in entries if isinstance(entry, Box)]
    if not arrays:
        return p.getitem(x, key=canonical(entries, x.shape))

    # First the slices and integers, with the axes that arrays index left whole; then the arrays.
    basic = tuple(slice(None) if isinstance(entry, Box) else entry for entry in entries)
    kept = p.getitem(x, key=canonical(basic, x.shape))
    left = [entry for entry in entries if not is_integer(entry)]
    axes = [axis for axis, entry in enumerate(left) if isinstance(entry, Box)]
    if _apart(entries):
        # NumPy then puts the axes of the index arrays in front.
        rest = [axis for axis in range(len(left)) if axis not in axes]
        kept = p.transpose(kept, axes=(*axes, *rest))
        axes = list(range(len(axes)))
    return p.gather(kept, *arrays, axis=axes[0])


def _check(entry: Any) -> None:
    """InputError unless a key may have this entry."""
    if isinstance(entry, Box):
        if entry.dtype.kind not in "iu":
            raise InputError(
                f"x[index] with an index of dtype {entry.dtype}; an index is an array of integers, "
                "and a mask is written xp.where(mask, x, 0.0)"
            )
    elif isinstance(entry, np.ndarray | list):
        raise InputError(
            "x[index] with a plain array of indices; pass it as data: the loss reads data[...]"
        )
    elif not (entry is None or isinstance(entry, slice) or is_integer(entry)):
        raise InputError(f"x[index] with an index {entry!r}; write integers and slices")


def _apart(entries: tuple[Any, ...]) -> bool:
    """Whether a slice or a new axis stands between the arrays and integers of a key."""
    places = [i for i, entry in enumerate(entries) if isinstance(entry, Box) or is_integer(entry)]
    return places[-1] - places[0] + 1 != len(places)

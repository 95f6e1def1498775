"""Keys of x[key], in one canonical and hashable form.

A canonical key is a tuple with one entry per axis of x, trailing whole axes left out, and an entry
None per new axis:

    3                        an integer, 0 <= 3 < length
    ("slice", a, b, c)       x[a:b:c], None where the bound is the default; ("slice", None, None,
                             None) is a whole axis
    None                     a new axis of length 1

Two ways to write the same part of an array of a given shape have the same canonical key.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.problems import InputError

Key = tuple[Any, ...]

WHOLE = ("slice", None, None, None)


def canonical(key: tuple[Any, ...], shape: tuple[int, ...]) -> Key:
    """The canonical form of a key of integers, slices, None and at most one Ellipsis.

    Raises: InputError if there are too many entries, or an integer is out of range.
    """
    entries = list(spelled_out(key, len(shape)))
    lengths = iter(shape)
    result = [None if entry is None else _entry(entry, next(lengths)) for entry in entries]
    while result and result[-1] == WHOLE:
        result.pop()
    return tuple(result)


def spelled_out(key: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """The key with one entry per axis: Ellipsis, and what is missing at the end, as slices."""
    ellipses = [place for place, entry in enumerate(key) if entry is Ellipsis]
    used = sum(entry is not None and entry is not Ellipsis for entry in key)
    if used > ndim or len(ellipses) > 1:
        raise InputError(f"x[...] has {used} indices for an array of {ndim} axes")
    place = ellipses[0] if ellipses else len(key)
    return (*key[:place], *(slice(None),) * (ndim - used), *key[place + 1 :])


def _entry(entry: Any, length: int) -> Any:
    if isinstance(entry, slice):
        start, stop, step = entry.indices(length)
        count = len(range(start, stop, step))
        if count == 0:
            return ("slice", 0, 0, None)
        if step > 0:
            first, last = start == 0, stop >= length
        else:
            first, last = start == length - 1, stop < 0
        bounds = (None if first else start, None if last else stop)
        return ("slice", *bounds, None if step == 1 else step)
    if not -length <= entry < length:
        raise InputError(f"index {entry} is out of range for an axis of length {length}")
    return int(entry) % length


def indexer(key: Key) -> tuple[Any, ...]:
    """The canonical key as NumPy wants it."""
    return tuple(slice(*entry[1:]) if isinstance(entry, tuple) else entry for entry in key)


def is_integer(entry: Any) -> bool:
    """Whether an entry of a key is a Python or NumPy integer; True and False are not."""
    return isinstance(entry, int | np.integer) and not isinstance(entry, bool)

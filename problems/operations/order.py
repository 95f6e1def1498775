"""Sorting, and where the largest are.

An index has no derivative: what is sorted has that of the entries that were picked, so of equal
ones the derivative of the first.

Sources: Python array API standard 2024.12, "Sorting functions" and "Searching functions"; `top_k`
as jax.lax has it.
"""

from __future__ import annotations

from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family, by_name


def along(xp: Any, x: Any, axis: int | None) -> tuple[Any, int]:
    """x and one of its axes, counted from the front; flattened first, if the axis is None."""
    if axis is None:
        return xp.reshape(x, (-1,)), 0
    if not isinstance(axis, int) or not -x.ndim <= axis < x.ndim:
        raise InputError(f"axis {axis} of an array of {x.ndim} axes; write one of them, or None")
    return x, axis % x.ndim


def sort(xp: Any, x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """x in ascending or descending order along an axis; NaN comes last, descending first."""
    order = xp.argsort(x, axis=axis, descending=descending, stable=stable)
    return xp.take_along_axis(x, order, axis=axis)


def top_k(xp: Any, x: Any, k: int, axis: int = -1) -> tuple[Any, Any]:
    """The k largest entries along an axis, the largest first, and their indices."""
    line, place = along(xp, x, axis)
    if not 0 <= k <= line.shape[place]:
        raise InputError(f"xp.top_k: {k} of an axis of length {line.shape[place]}")
    order = xp.argsort(line, axis=place, descending=True)[(*(slice(None),) * place, slice(k))]
    return xp.take_along_axis(line, order, axis=place), order


def argmax(xp: Any, x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the largest entry along an axis, the first of several; a NaN is larger."""
    line, place = along(xp, x, axis)
    n = line.shape[place]
    if not n:
        raise InputError("the index of the largest of no numbers")
    top = (line == xp.max(line, axis=place, keepdims=True)) | (line != line)
    count = xp.reshape(xp.arange(n), (n, *(1,) * (line.ndim - place - 1)))
    found = xp.min(xp.where(top, count, n), axis=place)
    if not keepdims:
        return found
    shape = [1 if axis is None or a == place else m for a, m in enumerate(x.shape)]
    return xp.reshape(found, tuple(shape))


def argmin(xp: Any, x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the smallest entry along an axis, the first of several."""
    return xp.argmax(-x, axis=axis, keepdims=keepdims)


def searchsorted(xp: Any, x1: Any, x2: Any, side: str = "left", sorter: Any = None) -> Any:
    """Where entries of x2 belong in the vector x1, sorted: integers of x2's shape.

    side: "left" is how many entries of x1 are smaller, "right" how many are not larger.
    sorter: indices that sort x1, if it is not sorted.
    """
    if side not in ("left", "right"):
        raise InputError(f"xp.searchsorted: side is 'left' or 'right', not {side!r}")
    known = x1 if sorter is None else xp.take(x1, sorter, axis=0)
    asked = xp.reshape(x2, (-1,))
    n, m = known.shape[0], asked.shape[0]
    # Merge them: before an entry of x2 lie those of x1 that are smaller, and smaller ones of x2.
    parts = [asked, known] if side == "left" else [known, asked]
    rank = xp.argsort(xp.argsort(xp.concat(parts, axis=0), axis=0), axis=0)
    merged = rank[:m] if side == "left" else rank[n:]
    own = xp.argsort(xp.argsort(asked, axis=0), axis=0)
    return xp.reshape(merged - own, tuple(x2.shape))


FAMILY = Family("order", ("argsort",), by_name(sort, top_k, argmax, argmin, searchsorted))

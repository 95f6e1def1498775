"""What the primitives do to plain arrays, where NumPy has no function of just that meaning."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.backends.longdouble import products as extended_product
from gradparity.backends.numpy_tape.primitives.keys import Key, indexer
from gradparity.problems import Array

Shape = tuple[int, ...]

BLOCK = 256
"""Rows that one product with ones adds up, in a sum over the leading axes."""


def astype(x: Array, dtype: Any) -> Array:
    """x in another dtype; x itself if it has that dtype."""
    return np.asarray(x).astype(dtype, copy=False)


def single(x: Array) -> Array:
    """x itself: the truth about a loss that rounds to float32 is in full precision."""
    return np.asarray(x)


def sum(x: Array, axis: Shape, keepdims: bool = False) -> Array:
    """The sum over axes.

    Over leading axes NumPy adds row after row, and so does a product with ones: at 10⁶ rows of
    float32 both are wrong by 100 eps and more. Sums of blocks, and sums of those, are right to a
    few eps, and faster.
    """
    x = np.asarray(x)
    lead = len(axis)
    if 0 < lead < x.ndim and axis == tuple(range(lead)) and x.dtype.char in "fd":
        rows = math.prod(x.shape[:lead])
        if rows > BLOCK:
            total = _column_sums(x.reshape(rows, math.prod(x.shape[lead:])))
            return total.reshape(((1,) * lead if keepdims else ()) + x.shape[lead:])
    return np.sum(x, axis=axis, keepdims=keepdims)


def _column_sums(x: Array) -> Array:
    ones = np.ones(BLOCK, x.dtype)
    while len(x) > BLOCK:
        whole, rest = divmod(len(x), BLOCK)
        blocks = x[: whole * BLOCK].reshape(whole, BLOCK, x.shape[1])
        x = np.concatenate([ones @ blocks, x[len(x) - rest :]])
    return ones[: len(x)] @ x


def matmul(x: Array, y: Array) -> Array:
    """x @ y; in longdouble, which BLAS does not know, at the speed of its float64 products."""
    if x.dtype == y.dtype == np.longdouble and x.ndim > 1 and y.ndim > 1:
        return extended_product.matmul(x, y)
    return np.matmul(x, y)


def einsum(*operands: Array, subscripts: str) -> Array:
    """Einsum, by matrix products where it is one."""
    if len(operands) == 2 and all(x.dtype == np.longdouble for x in operands):
        return extended_product.contract(subscripts, *operands)
    return np.einsum(subscripts, *operands, optimize=is_long(*operands))


def is_long(*operands: Array) -> bool:
    """Whether a contraction may be of so many numbers that an order is worth looking for."""
    return len(operands) > 1 and math.prod(x.size for x in operands) > 1 << 15


def concat(*arrays: Array, axis: int) -> Array:
    """The arrays one behind the other along an axis."""
    return np.concatenate(arrays, axis=axis)


def getitem(x: Array, key: Key) -> Array:
    """The part of x at a canonical key, a view."""
    return x[indexer(key)]


def scatter_slices(*pieces: Array, keys: tuple[Key, ...], shape: Shape) -> Array:
    """Zeros with each piece added at its key: the adjoint of several getitems of one array."""
    total = np.zeros(shape, np.result_type(*pieces))
    for piece, key in zip(pieces, keys, strict=True):
        total[indexer(key)] += piece
    return total


def gather(x: Array, *indices: Array, axis: int) -> Array:
    """x indexed by integer arrays on the axes axis, axis + 1, ..."""
    return x[(slice(None),) * axis + indices]


def scatter_add(g: Array, *indices: Array, axis: int, shape: Shape) -> Array:
    """Zeros with g added where `gather` takes from; repeated indices add up."""
    return _added(g, _numbers(shape)[(slice(None),) * axis + indices], shape)


def take_add(g: Array, i: Array, axis: int, shape: Shape) -> Array:
    """Zeros with g added where `take` takes from; repeated indices add up."""
    return scatter_add(g, np.asarray(i), axis=axis, shape=shape)


def add_along_axis(g: Array, i: Array, axis: int, shape: Shape) -> Array:
    """Zeros with g added where `take_along_axis` takes from; repeated indices add up."""
    total = np.zeros(shape, g.dtype)
    if i.shape[axis] == 1 and _spans(i.shape, shape, axis):
        # One index per line cannot repeat, and assigning is many times faster than adding.
        np.put_along_axis(total, i, g, axis)
        return total
    return _added(g, np.take_along_axis(_numbers(shape), i, axis), shape)


def _numbers(shape: Shape) -> Array:
    """The entries of an array, numbered in order."""
    return np.arange(math.prod(shape)).reshape(shape)


def _added(g: Array, places: Array, shape: Shape) -> Array:
    """Zeros with g added at the entries of these numbers: NumPy adds to a vector fastest."""
    total = np.zeros(math.prod(shape), g.dtype)
    np.add.at(total, places.reshape(-1), g.reshape(-1))
    return total.reshape(shape)


def _spans(shape: Shape, whole: Shape, axis: int) -> bool:
    """Whether an index of this shape has an entry of its own for every line along `axis`."""
    return all(n == m for a, (n, m) in enumerate(zip(shape, whole, strict=True)) if a != axis)


def full(shape: Shape, value: Any, dtype: Any) -> Array:
    """An array of one value."""
    return np.full(shape, value, dtype)


def arange(n: int, dtype: Any) -> Array:
    """0, 1, ..., n - 1."""
    return np.arange(n, dtype=dtype)

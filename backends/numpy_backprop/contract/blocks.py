"""Elementwise losses in blocks that fit the cache.

A chain of whole-array operations on a long vector moves every intermediate through memory. Cut into
blocks, the chain runs to its end on one block before it starts the next, and its intermediates, one
reused set of buffers, never leave the cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CACHE_LINE = 64
"""Bytes, and the width of an AVX-512 register: buffers that start on one are a quarter faster."""

BLOCK_BYTES = 256 * 1024
"""Bytes per buffer of a block. On a second-level cache of 2 MiB, 128 to 512 KiB measured alike;
smaller blocks pay for more calls, larger ones no longer fit with the five or six vectors in use."""


def aligned(length: int, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """An uninitialised vector of shape (length,) that starts on a cache line."""
    raw = np.empty(length + CACHE_LINE // dtype.itemsize, dtype)
    start = -raw.ctypes.data % CACHE_LINE // dtype.itemsize
    return raw[start : start + length]


ALONE = 10_000
"""Up to so many numbers OpenBLAS takes an inner product on one thread. Beyond, all threads that it
may use are woken for microseconds of work, and wait for each other in a spin."""


def inner_product(x: Any, y: Any) -> float:
    """Σ x y of two vectors in the cache, on the thread that calls."""
    if x.size <= ALONE:
        return float(np.dot(x, y))
    return sum(
        float(np.dot(x[start : start + ALONE], y[start : start + ALONE]))
        for start in range(0, x.size, ALONE)
    )


def blocks(
    length: int, dtype: np.dtype[Any], buffers: int, size: int | None = None
) -> list[tuple[Any, ...]]:
    """range(length) cut into blocks: a list of (slice, buffer, ..., buffer).

    All blocks share the same `buffers` buffers, of `size` elements each (by default as many as suit
    the cache); an entry holds views of them that are as long as its slice. No block is empty.
    """
    size = size or BLOCK_BYTES // dtype.itemsize
    shared = [aligned(min(length, size), dtype) for _ in range(buffers)]
    return [
        (slice(start, stop), *(buffer[: stop - start] for buffer in shared))
        for start in range(0, length, size)
        for stop in (min(start + size, length),)
    ]

"""Sums over groups, and arrays with some entries changed.

Sources: jax.ops.segment_sum, jax.ops.segment_max, `x.at[i].add` and `.set` of JAX.
"""

from __future__ import annotations

import math
from typing import Any

from gradparity.problems.errors import InputError
from gradparity.problems.operations.family import Family, by_name


def segment_sum(xp: Any, x: Any, segment_ids: Any, num_segments: int) -> Any:
    """For each of the segments 0, 1, ... the sum of the x[i] that belong to it; 0 of none.

    x: (n, ...). segment_ids: n integers, each below num_segments, in any order.
    """
    n, *rest = x.shape
    belongs = xp.astype(_belongs(xp, segment_ids, num_segments), x.dtype)
    total = xp.matmul(xp.matrix_transpose(belongs), xp.reshape(x, (n, math.prod(rest))))
    return xp.reshape(total, (num_segments, *rest))


def segment_max(xp: Any, x: Any, segment_ids: Any, num_segments: int) -> Any:
    """For each of the segments the largest of its x[i]; -inf of none, ties share."""
    n, *rest = x.shape
    belongs = _belongs(xp, segment_ids, num_segments)
    belongs = xp.reshape(belongs, (n, num_segments, *(1,) * len(rest)))
    spread = xp.broadcast_to(xp.expand_dims(x, axis=1), (n, num_segments, *rest))
    return xp.max(xp.where(belongs, spread, -math.inf), axis=0)


def _belongs(xp: Any, ids: Any, count: int) -> Any:
    """(n, count): whether entry i belongs to segment j."""
    return xp.expand_dims(ids, axis=1) == xp.arange(count)


def scatter(xp: Any, x: Any, indices: Any, updates: Any, axis: int = 0, mode: str = "set") -> Any:
    """x with `updates` put ("set") or added ("add") at integer indices along an axis.

    x is left as it is. indices: a vector; a negative one counts from the end. updates: what
    broadcasts to x's shape with that many entries along the axis. Where an index comes again, all
    are added, and the last is put.
    """
    if mode not in ("set", "add"):
        raise InputError(f"xp.scatter: mode is 'set' or 'add', not {mode!r}")
    place, n, m = axis % x.ndim, x.shape[axis], indices.shape[0]
    wide = xp.broadcast_to(updates, (*x.shape[:place], m, *x.shape[place + 1 :]))
    at = xp.where(indices < 0, indices + n, indices)
    if mode == "add":
        added = xp.segment_sum(xp.moveaxis(wide, place, 0), at, n)
        return x + xp.moveaxis(added, 0, place)
    kept, put = xp.arange(n), xp.expand_dims(n + xp.arange(m), axis=1)
    source = xp.max(xp.where(xp.expand_dims(at, axis=1) == kept, put, kept), axis=0)
    return xp.take(xp.concat([x, wide], axis=place), source, axis=place)


FAMILY = Family("scatters", composites=by_name(segment_sum, segment_max, scatter))

"""What people do wrongly on the way back through an index: rows that come twice, a stride lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.array_functions import gather
from gradparity.backends.numpy_tape.primitives.keys import indexer
from gradparity.harness.judging.diagnosis.chain.altered_chain import Alter
from gradparity.problems import Array

ADDED_ONCE = (
    "keeps the last adjoint alone: g[i] += d adds once per index, where np.add.at(g, i, d) adds "
    "them all"
)
"""What becomes of an entry that is read more than once, as it is mostly done wrongly."""


def scatters(
    name: str, operands: Any, static: dict[str, Any], shape: tuple[int, ...]
) -> Iterator[tuple[str, str, Alter]]:
    """Yield (key, what is done wrongly, how) for a step that reads some entries of an array.

    shape: of that array.
    """
    if name == "getitem":
        yield from _slices(indexer(static["key"]), shape)
        return
    where = places_read(name, operands, static, shape)
    if where is None or len(np.unique(where)) == where.size:
        return
    count = np.bincount(where.ravel(), minlength=int(np.prod(shape)))

    def kept(g: Array, first: bool) -> Array:
        order = slice(None, None, -1) if first else slice(None)
        found = np.zeros(count.size, g.dtype)
        found[where.ravel()[order]] = np.broadcast_to(g, where.shape).ravel()[order]
        return found.reshape(shape)

    yield (
        "repeated-index",
        f"an entry that is read more than once {ADDED_ONCE}",
        lambda g, part: kept(g, False),
    )
    text = "an entry that is read more than once keeps the first adjoint alone"
    yield "repeated-index", text, lambda g, part: kept(g, True)
    text = "the adjoints of an entry that is read more than once are averaged, not added"
    shares = np.maximum(count, 1).reshape(shape)
    yield "repeated-index", text, lambda g, part: part / shares


def places_read(
    name: str, operands: Any, static: dict[str, Any], shape: tuple[int, ...]
) -> Array | None:
    """Return the flat position in an array of this shape of every entry that a step reads."""
    flat = np.arange(int(np.prod(shape))).reshape(shape)
    if name == "getitem":
        return np.asarray(flat[indexer(static["key"])])
    if name == "take":
        return np.asarray(np.take(flat, np.asarray(operands[1], int), axis=static["axis"]))
    if name == "take_along_axis":
        index = np.asarray(operands[1], int)
        return np.asarray(np.take_along_axis(flat, index, axis=static["axis"]))
    return np.asarray(gather(flat, *operands[1:], **static))


def _slices(key: Any, shape: tuple[int, ...]) -> Iterator[tuple[str, str, Alter]]:
    """A slice with a step whose adjoint is written without it."""
    keys = key if isinstance(key, tuple) else (key,)
    if not any(isinstance(k, slice) and k.step not in (None, 1) for k in keys):
        return

    def dense(g: Array, part: Array) -> Array:
        found = np.zeros(shape, g.dtype)
        extents = np.empty(shape)[key].shape
        axes = iter(extents)
        whole = tuple(
            slice(k.start, (k.start or 0) + next(axes)) if isinstance(k, slice) else k for k in keys
        )
        found[whole] = g
        return found

    yield "off-by-one", "the stride of the slice is forgotten", dense

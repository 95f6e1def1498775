"""Moving entries about: any gather, slice, pad, view or scatter, by where each entry comes from.

Whatever a library's operation does to an array of numbers, it does to the array of their positions.
So the operation itself is run once on 0, 1, 2, ..., and the answer is the recipe: the entry at each
place of the result is the one at that flat position of the operand. −1 stands for a filled place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Operand, Slot
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace

MOST_PLACES = 20_000_000


def positions(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """0, 1, 2, ... in an array of this shape."""
    return np.arange(math.prod(shape), dtype=np.int64).reshape(shape)


def moved(recording: StepRecording, x: Operand, sources: Any, fill: Operand = 0.0) -> Slot:
    """The array with the entry at x's flat position sources[i] at place i, `fill` where it is −1.

    sources: integers, of the result's shape.
    """
    wanted = np.asarray(sources, dtype=np.int64)
    shape = wanted.shape
    flat = wanted.reshape(-1)
    inside = flat >= 0

    def taken(xp: Namespace, x: Array, at: Array) -> Array:
        return xp.reshape(xp.take(xp.reshape(x, (-1,)), at, axis=0), shape)

    def masked(xp: Namespace, x: Array, at: Array, inside: Array, fill: Any) -> Array:
        return xp.where(inside, taken(xp, x, at), fill)

    at = recording.datum(np.where(inside, flat, 0))
    if inside.all():
        return recording.step(taken, x, at)
    return recording.step(masked, x, at, recording.datum(inside.reshape(shape)), fill)


def replaced(
    recording: StepRecording, x: Operand, shape: tuple[int, ...], update: Operand, places: Any
) -> Slot:
    """The array x, of this shape, with the entries of `update` at flat positions `places`.

    places: integers, of update's shape; −1 drops the entry; the last of several wins.
    """
    total = math.prod(shape)
    sources = np.arange(total)
    where_to = np.asarray(places, dtype=np.int64).reshape(-1)
    kept = where_to >= 0
    sources[where_to[kept]] = total + np.flatnonzero(kept)

    def joined(xp: Namespace, x: Array, update: Array) -> Array:
        return xp.concat([xp.reshape(x, (-1,)), xp.reshape(update, (-1,))], axis=0)

    return moved(recording, recording.step(joined, x, update), sources.reshape(shape))


def added(
    recording: StepRecording, x: Operand, shape: tuple[int, ...], update: Operand, places: Any
) -> Slot:
    """The array x, of this shape, plus the entries of `update` at flat positions `places`.

    places: integers, of update's shape; −1 drops the entry; several at one place add up.
    """
    return combined(recording, x, shape, update, places, "add")


_JOINS: dict[str, tuple[float, str, Callable[[Namespace, Array, Array], Array]]] = {
    "add": (0.0, "sum", lambda xp, x, y: x + y),
    "mul": (1.0, "prod", lambda xp, x, y: x * y),
    "max": (-math.inf, "max", lambda xp, x, y: xp.maximum(x, y)),
    "min": (math.inf, "min", lambda xp, x, y: xp.minimum(x, y)),
}
"""How entries that meet become one: what changes nothing, the reduction, and the pair's."""


def combined(
    recording: StepRecording,
    x: Operand,
    shape: tuple[int, ...],
    update: Operand,
    places: Any,
    how: str,
) -> Slot:
    """The array x joined with the entries of `update` at flat positions `places`.

    places: see `added`. how: "add", "mul", "max" or "min".
    """
    nothing, reduction, join = _JOINS[how]
    total = math.prod(shape)
    where_to = np.asarray(places, dtype=np.int64).reshape(-1)
    entries = np.flatnonzero(where_to >= 0)
    entries = entries[np.argsort(where_to[entries], kind="stable")]
    owners = where_to[entries]
    counts = np.bincount(owners, minlength=total)
    most = int(counts.max(initial=0))
    if not most:
        return recording.step(lambda xp, x: x * 1.0, x)
    if total * most > MOST_PLACES:
        raise Untranslatable(f"a scatter that joins up to {most:,} entries at a place of {total:,}")
    # Row p lists the entries that land at place p, behind them −1, which changes nothing.
    listed = np.full((total, most), -1)
    first = np.cumsum(counts) - counts
    listed[owners, np.arange(len(owners)) - first[owners]] = entries
    spread = moved(recording, update, listed, nothing)

    def joined(xp: Namespace, x: Array, spread: Array) -> Array:
        return join(xp, x, xp.reshape(getattr(xp, reduction)(spread, axis=1), shape))

    return recording.step(joined, x, spread)

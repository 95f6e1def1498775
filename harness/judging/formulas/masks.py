"""A mask of scores that is another: one off, missing, or that of whole blocks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import numpy as np

from gradparity.harness.judging.biases.hypotheses import BLOCKS
from gradparity.harness.judging.diagnosis.chain.altered_chain import Chain
from gradparity.harness.judging.formulas.recomputed import ChangedStep, Changes, put
from gradparity.problems import Array

_HIDDEN = -1e4
"""What is added to a score, or stands in its place, where it is masked: this or less."""


def mistaken_masks(found: Chain) -> Iterator[tuple[str, str, Changes]]:
    """(key, words, changes) of every other mask, at each step that masks."""
    for k, node in enumerate(found.nodes):
        primitive, operands, _, _ = node.call
        moving = {place for place, _ in node.parents}
        for at, hidden, made in _hidden(primitive.name, operands, moving):
            for key, text, other in other_masks(hidden):
                change = ChangedStep(operands=partial(put, at, made(other)))
                yield key, text, {k: change}


def _hidden(
    name: str, operands: Any, moving: Collection[int]
) -> Iterator[tuple[int, Array, Callable[[Array], Array]]]:
    """(place of a mask, where it hides, what makes one of another) of a node that masks.

    moving: the places of operands that come from parameters.
    """
    if name == "where" and np.ndim(operands[0]) > 1:
        for place, made in ((1, _kept), (2, np.logical_not)):
            x, hidden = np.asarray(operands[place]), made(np.asarray(operands[0], bool))
            if place not in moving and hidden.any() and not hidden.all():
                whole = np.broadcast_shapes(x.shape, hidden.shape)
                low = np.broadcast_to(x, whole)[np.broadcast_to(hidden, whole)]
                if np.all(low <= _HIDDEN):
                    yield 0, hidden, made
    if name == "add":
        for place in {0, 1} - set(moving):
            x = np.asarray(operands[place])
            low = x <= _HIDDEN
            if x.ndim > 1 and low.any() and not low.all() and np.all((x == 0) | low):
                yield place, low, partial(_added, float(x[low].flat[0]))


def _kept(hidden: Array) -> Array:
    return hidden


def _added(low: float, hidden: Array) -> Array:
    return np.where(hidden, low, 0.0)


def other_masks(hidden: Array) -> Iterator[tuple[str, str, Array]]:
    """(key, words, mask) of wrong masks, (..., rows, columns), true where a score is hidden."""
    before = np.concatenate([hidden[..., :1], hidden[..., :-1]], -1)
    behind = np.concatenate([hidden[..., 1:], hidden[..., -1:]], -1)
    above = np.concatenate([np.ones_like(hidden[..., :1, :]), hidden[..., :-1, :]], -2)
    below = np.concatenate([hidden[..., 1:, :], hidden[..., -1:, :]], -2)
    made = [
        ("off-by-one", "the mask is one off: a row sees one column more", hidden & below),
        ("off-by-one", "the mask is one off: a row sees one column less", hidden | above),
        ("off-by-one", "the mask is one column behind", before),
        ("off-by-one", "the mask is one column ahead", behind),
        ("cases", "the mask is missing", np.zeros_like(hidden)),
    ]
    for b in BLOCKS:
        if b < max(hidden.shape[-2:]):
            whole = _tiles(hidden, b)
            made.append(("cases", f"the mask is that of whole blocks of {b}", whole))
    seen = {hidden.tobytes()}
    for key, text, other in made:
        if other.tobytes() not in seen:
            seen.add(other.tobytes())
            yield key, text, other


def _tiles(hidden: Array, b: int) -> Array:
    """Hidden where the whole tile of (b, b) is."""
    rows, columns = hidden.shape[-2:]
    found = np.zeros_like(hidden)
    for i in range(0, rows, b):
        for j in range(0, columns, b):
            tile = hidden[..., i : i + b, j : j + b]
            found[..., i : i + b, j : j + b] = tile.all((-2, -1), keepdims=True)
    return found

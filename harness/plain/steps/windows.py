"""Sliding windows over an array, as positions: what convolutions and pools read.

A convolution is then a gather of windows and a product with the filters, a pool a gather and a
reduction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.movement import moved, positions
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Operand, Slot
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


@dataclass(frozen=True, slots=True)
class Window:
    """A window that slides over the last axes of an array; every field has one entry per axis.

    lengths: of the window. strides: of its steps. padding: (before, after), negative ones crop.
    spread: how far apart the array's own entries are put, the gaps filled. dilation: how far apart
    the entries are that the window reads.
    """

    lengths: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    spread: tuple[int, ...]
    dilation: tuple[int, ...]


def windows(shape: Sequence[int], window: Window) -> np.ndarray[Any, Any]:
    """Flat positions in an array of this shape, (*leading axes, window's entries, *places).

    −1 where the window hangs over the edge, or lies on a gap.
    """
    found = positions(tuple(shape))
    lead = len(shape) - len(window.lengths)
    # One axis at a time becomes two: the places at which the window stands, and its entries.
    for i, length in enumerate(window.lengths):
        axis = lead + 2 * i
        here = _spaced(found.shape[axis], window.padding[i], window.spread[i])
        reach = (length - 1) * window.dilation[i] + 1
        places = max((len(here) - reach) // window.strides[i] + 1, 0)
        starts = np.arange(places)[:, None] * window.strides[i]
        at = here[starts + np.arange(length) * window.dilation[i]]
        # An axis may be all padding, and then has no position to take.
        found = np.insert(found, found.shape[axis], -1, axis=axis)
        found = np.take(found, at, axis=axis)
    count = len(window.lengths)
    order = (*range(lead), *(lead + 2 * i + 1 for i in range(count)))
    order = (*order, *(lead + 2 * i for i in range(count)))
    ordered = np.transpose(found, order)
    place_shape = ordered.shape[lead + count :]
    return ordered.reshape((*shape[:lead], math.prod(window.lengths), *place_shape))


def _spaced(length: int, padding: tuple[int, int], spread: int) -> np.ndarray[Any, Any]:
    """The index of each entry of an axis after spreading and padding; −1 between and beyond."""
    spaced = np.full(max((length - 1) * spread + 1, 0), -1)
    spaced[::spread] = np.arange(length)
    before, after = padding
    padded = np.pad(spaced, (max(before, 0), max(after, 0)), constant_values=-1)
    return padded[max(-before, 0) : len(padded) - max(-after, 0)]


def convolved(
    recording: StepRecording,
    x: Operand,
    x_shape: tuple[int, ...],
    filters: Operand,
    filter_shape: tuple[int, ...],
    window: Window,
    groups: int,
) -> Slot:
    """The convolution (cross-correlation) of x (N, C, *s) with filters (O, C/groups, *lengths)."""
    at = windows(x_shape, window)
    count, channels, entries, *places = at.shape
    gathered = moved(recording, x, at)
    out = filter_shape[0]

    def product(xp: Namespace, gathered: Array, filters: Array) -> Array:
        left = xp.reshape(gathered, (count, groups, channels // groups * entries, -1))
        right = xp.reshape(filters, (groups, out // groups, channels // groups * entries))
        return xp.reshape(xp.einsum("ngkp,gok->ngop", left, right), (count, out, *places))

    return recording.step(product, gathered, filters)


def pooled(recording: StepRecording, x: Operand, at: np.ndarray[Any, Any], largest: bool) -> Slot:
    """The largest entry of each window, or the sum; `at` from `windows`, window's entries last."""
    gathered = moved(recording, x, at, float("-inf") if largest else 0.0)
    if largest:
        return recording.step(lambda xp, x: xp.max(x, axis=-1), gathered)
    return recording.step(lambda xp, x: xp.sum(x, axis=-1), gathered)

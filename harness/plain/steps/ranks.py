"""Picking entries by rank, as sorts, medians and running maxima do.

The entry that is picked at a point is picked beside it as well, unless others are equal to it. Then
each of these may come in its place: a kink, whose slopes are those of the largest of them. So it is
written down as that, to be judged as any maximum is; but for a running one, no two places have the
same entry.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

from gradparity.harness.judging.branches import each_once
from gradparity.harness.plain.steps.movement import moved, positions
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Operand, Slot
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def ranked(
    recording: StepRecording, x: Operand, values: Array, at: Array, axis: int, ahead: bool = False
) -> Slot:
    """The entries of x at indices `at` along an axis, each one of those that are equal to it.

    values: x at the point. at: integers; its other axes as those of x. ahead: whether only entries
    up to the place of the result can be picked there, as by a running maximum.
    """
    picked = np.take_along_axis(positions(values.shape), at, axis=axis)
    equals = _equals(values, at, axis, ahead)
    if equals is None:
        return moved(recording, x, picked)
    lanes = np.expand_dims(np.moveaxis(positions(values.shape), axis, -1), axis)
    gathered = moved(recording, x, np.where(equals, lanes, -1), float("-inf"))

    def largest(xp: Namespace, x: Array) -> Array:
        with nullcontext() if ahead else each_once(axis):
            return xp.max(x, axis=-1)

    return recording.step(largest, gathered)


def tied(values: Array, at: Array, axis: int) -> bool:
    """Whether an entry at indices `at` along an axis has an equal one beside it."""
    return _equals(values, at, axis, ahead=False) is not None


def _equals(values: Array, at: Array, axis: int, ahead: bool) -> Any:
    """Where the entries along an axis, now the last, equal a picked one; None if none has two."""
    order = np.sort(values, axis=axis)
    if not np.any(np.diff(order, axis=axis) == 0):
        return None
    lanes = np.expand_dims(np.moveaxis(values, axis, -1), axis)
    found = lanes == np.expand_dims(np.take_along_axis(values, at, axis=axis), -1)
    if ahead:
        places = np.arange(at.shape[axis]).reshape(-1, *[1] * (at.ndim - axis))
        found = found & (np.arange(values.shape[axis]) <= places)
    return found if np.any(found.sum(axis=-1) > 1) else None

"""A row that a mask leaves empty is 0 or NaN, and nothing to the others.

Where all scores of a query are -∞ a softmax is 0/0, so NaN; torch's own attention makes it 0. Both
are lawful, for the row itself. All other rows have the gradients that they have where nobody uses
that row: so they are held against those of the same kernel with the row in sight and its cotangent
zero. Kernels whose NaN, or whose sums, leak into other rows are found without a truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradparity.harness.kernels.laws import Broken, KernelCall
from gradparity.harness.kernels.shapes import Shape
from gradparity.problems import Array, InputError

_LAW = "a row that the mask leaves empty "


def masked_inputs(masks: Sequence[int], shapes: Sequence[Shape]) -> tuple[int, ...]:
    """The inputs that are masks. Raises: InputError for what is none."""
    for i in masks:
        if not isinstance(i, int) or not 0 <= i < len(shapes) or len(shapes[i]) < 2:
            raise InputError(
                f"masks holds {i!r}, should hold numbers of inputs, from 0, of two axes or more"
            )
    return tuple(masks)


def broken_by_empty_rows(trial: KernelCall) -> Iterator[Broken]:
    """What does not hold where the first row of every mask is wholly -∞; nothing without masks."""
    for i in trial.kernel.masks:
        yield from _of_mask(trial, i)


def _of_mask(trial: KernelCall, i: int) -> Iterator[Broken]:
    point, rows = trial.point, trial.point.inputs[i].shape[-2]
    if rows < 2 or any(u.ndim < 2 or u.shape[-2] != rows for u in point.cotangents):
        return  # results have no such rows
    own = [u.copy() for u in point.cotangents]
    for u in own:
        u[..., 0, :] = 0.0
    full, empty = (_with_row(point.inputs, i, x) for x in (0.0, -np.inf))
    should = trial.kernel.answered(full, own)[1]
    outs, _ = trial.kernel.answered(empty, own)
    first = np.concatenate([y[..., 0, :].ravel() for y in outs])
    if np.any(first[~np.isnan(first)] != 0):
        worst = first[np.argmax(np.abs(np.nan_to_num(first)))]
        yield Broken(f"{_LAW}is 0 or NaN", f"{worst:g}")
        return
    us = own if np.isnan(first).any() else point.cotangents  # nobody goes on with NaN
    found = trial.kernel.answered(empty, us)[1]
    lost = [np.isnan(g) & ~np.isnan(x) for x, g in zip(should, found, strict=True)]
    for k, (x, at) in enumerate(zip(should, lost, strict=True)):
        alone = (x == 0) & (np.arange(x.shape[-2])[:, None] == 0) if x.ndim > 1 else False
        if np.any(at & ~alone):
            seen = f"NaN in {np.count_nonzero(at & ~alone):,} numbers of input {k}"
            yield Broken(f"{_LAW}is nothing to the others", seen)
            return
    kept = [np.where(at, x, g) for x, g, at in zip(should, found, lost, strict=True)]
    plain = replace(trial, scales=None)
    yield from plain.compared(f"{_LAW}is nothing to the others", should, kept, plain.sizes(should))


def _with_row(inputs: Sequence[Array], i: int, value: float) -> list[Array]:
    changed = inputs[i].copy()
    changed[..., 0, :] = value
    return [*inputs[:i], changed, *inputs[i + 1 :]]

"""Windows of data with another stride: those that a convolution reads, taken one after the other.

Where the windows that products with a filter meet lie on a line, or on an image, each s entries
behind the one before, the data are put together again, and cut with another stride. The windows are
the rows or columns of a matrix, or one is met at every round of a loop.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import numpy as np

from gradparity.harness.judging.diagnosis.chain.altered_chain import (
    Alter,
    Chain,
    Repeated,
    Step,
    at_steps,
    met_otherwise,
)
from gradparity.problems import Array

Met = tuple[Step, int, Array]
"""(a step back to a filter, the place of the windows among its operands, the windows)."""


def other_strides(found: Chain) -> Iterator[Repeated]:
    """Yield, for each parameter that meets windows of data, other strides."""
    for (operation, name), steps in _met(found).items():
        if len(steps) == 1 and steps[0][2].ndim > 1:
            where, cuts = f"{operation} with {name}", _in_a_matrix(found, *steps[0])
        else:
            where, cuts = f"every {operation} with {name}", _in_a_loop(found, steps)
        for (right, wrong), at in cuts:
            told = f"at {where}, the windows of data have the stride {wrong} instead of {right}"
            yield "off-by-one", told, at_steps(at), {}


def _met(found: Chain) -> dict[tuple[str, str], list[Met]]:
    """What the filters of a parameter meet, by (operation, parameter), in the order of the loss."""
    met: dict[tuple[str, str], list[Met]] = defaultdict(list)
    for k, j in reversed(found.steps):
        primitive, operands, _, _ = found.nodes[k].call
        place = found.nodes[k].parents[j][0]
        name = _filters_of(found, operands[place])
        if primitive.name not in ("matmul", "multiply", "einsum") or not name or len(operands) != 2:
            continue
        other = operands[1 - place]
        if not _filters_of(found, other) and np.ndim(other):
            met[primitive.name, name].append(((k, j), 1 - place, np.asarray(other)))
    return met


def _filters_of(found: Chain, x: Array) -> str:
    """The parameter that an array is, or is a part of; "" if none."""
    while not (name := found.owner(x)):
        k = found.made.get(id(x))
        if k is None or found.nodes[k].call[0].name not in ("getitem", "take", "reshape"):
            break
        x = found.nodes[k].call[1][0]
    return name


Cut = tuple[tuple[int, int], dict[Step, Alter]]
"""((the stride, another), the steps that meet the windows with that one)."""


def _in_a_matrix(found: Chain, step: Step, place: int, given: Array) -> Iterator[Cut]:
    for shape, axes in _matrices(given.shape):
        for strides, moved in _moved(np.moveaxis(given.reshape(shape), axes, (-1, -2))):
            other = np.moveaxis(moved, (-1, -2), axes).reshape(given.shape)
            yield strides, {step: partial(met_otherwise, found, step, place, other)}


def _matrices(shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[int, int]]]:
    """(a shape, its axes of places and of entries): the last two axes, or all in two groups."""
    yield shape, (-1, -2)
    yield shape, (-2, -1)
    for split in range(1, len(shape)) if len(shape) > 2 else ():
        two = math.prod(shape[:split]), math.prod(shape[split:])
        yield two, (0, 1)
        yield two, (1, 0)


def _in_a_loop(found: Chain, steps: list[Met]) -> Iterator[Cut]:
    if len({x.shape for _, _, x in steps}) > 1:
        return
    # Each filter meets the same windows, one filter after the other or all at every window.
    which: dict[bytes, int] = {}
    at = [which.setdefault(x.tobytes(), len(which)) for _, _, x in steps]
    windows = list({i: x for i, (_, _, x) in zip(at, steps, strict=True)}.values())
    shape = windows[0].shape
    for strides, moved in _moved(np.stack([x.ravel() for x in windows], axis=-1)):
        others = [np.ascontiguousarray(x).reshape(shape) for x in np.moveaxis(moved, -1, 0)]
        yield (
            strides,
            {
                step: partial(met_otherwise, found, step, place, others[i])
                for i, (step, place, _) in zip(at, steps, strict=True)
            },
        )


def _moved(windows: Array) -> Iterator[tuple[tuple[int, int], Array]]:
    """((the stride of these windows, another), windows with the other) for each that there is.

    windows: (..., entries, places), entries those of the channels, one after the other.
    """
    *_, entries, places = windows.shape
    if entries < 2 or places < 2:
        return
    for (high, wide), (down, across) in _layouts(entries, places):
        apart = windows.reshape(*windows.shape[:-2], -1, high, wide, down, across)
        for right in range(1, wide + 1):
            # Neighbours first: most matrices are no windows. Those side by side share nothing.
            first, second = apart[..., right:, 0, 0], apart[..., : wide - right, 0, 1]
            whole = _whole(apart, right) if np.array_equal(first, second) else None
            if whole is None:
                continue
            for wrong in range(1, right) if right < wide else (1,):
                yield (right, wrong), _cut(whole, apart.shape[-4:], wrong).reshape(windows.shape)
            break


def _layouts(entries: int, places: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """((height, width) of a window, (rows, columns) of places): windows of a line, square ones."""
    for wide in range(entries, 1, -1):
        if entries % wide == 0:
            yield (1, wide), (1, places)
    for side in range(int(entries**0.5), 1, -1):
        for down in range(2, places // 2 + 1):
            if entries % side**2 == 0 and places % down == 0:
                yield (side, side), (down, places // down)


def _starts(shape: tuple[int, ...], stride: int) -> tuple[Array, Array]:
    """The row and the column of the whole that each entry of each window is."""
    i, j, y, x = np.indices(shape)
    return y * stride + i, x * stride + j


def _whole(apart: Array, stride: int) -> Array | None:
    """What windows (..., channels, height, width, rows, columns) were cut from; None if nothing."""
    row, column = _starts(apart.shape[-4:], stride)
    whole = np.zeros((*apart.shape[:-4], row.max() + 1, column.max() + 1), apart.dtype)
    whole[..., row, column] = apart
    return whole if np.array_equal(whole[..., row, column], apart) else None


def _cut(whole: Array, shape: tuple[int, ...], stride: int) -> Array:
    row, column = _starts(shape, stride)
    found: Array = whole[..., row, column]
    return found

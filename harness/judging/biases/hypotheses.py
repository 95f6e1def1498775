"""What a mistake would add to the errors: a direction, over some of the numbers.

An error along a direction d has the size a = Σ w d e / Σ w d², w as in `errors.py`. Directions are
the true gradient itself (a factor), the gradient shifted along an axis less itself (another's
place), and, row by row, a constant (a mean that was not subtracted) or the parameter's own row (a
term x · Σ that is wrong), and what another formula would make (`judging/formulas/`), of all
numbers, or of one place along the first axes, as of one head. Along an axis of n places, subsets
are single places, all but the first, and what blocks of 16, 32, 64 and 128 single out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gradparity.harness.judging.biases.errors import SignedErrors
from gradparity.problems import Array

BLOCKS = (16, 32, 64, 128)
_PLACES = 128
"""Places along an axis up to which each is a hypothesis of its own."""
_SEEN = 0.75
"""How much of a number another formula has to change, in eps, to be told from rounding."""
_APART = 0.1
"""By how much of themselves numbers have to differ from another's to be told from them."""


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """A direction over some of the numbers, and how large the errors along it are.

    parameter, kind: "factor", "shifted", "constant row", "own row" or "formula". where: which
    numbers, in words, "" for all. size: a, of the errors, in eps; rowwise its root mean square; of
    "formula" the share of the difference. sizes: the same of each run of rounding. explained: how
    much of `SignedErrors.total` it explains. free: how many sizes it has. count: of its numbers.
    shift: of "shifted", in places. key, text: of "formula", see `OtherFormula`.
    """

    parameter: str
    kind: str
    where: str
    size: float
    sizes: Array
    explained: float
    free: int
    count: int
    shift: int = 0
    key: str = ""
    text: str = ""


def hypotheses(e: SignedErrors) -> Iterator[Hypothesis]:
    """Every hypothesis about one array."""
    yield from _along_axes(e, "factor", e.true)
    for axis, length in enumerate(e.true.shape):
        for shift in (1, -1, *(b for b in BLOCKS if b < length)):
            if length >= 2 and abs(shift) < length:
                yield from _shifted(e, axis, shift)
    if e.true.ndim > 1 and e.true.shape[-1] > 2 and np.prod(e.true.shape[:-1]) > 1:
        size = np.sqrt(np.mean(np.square(e.true), axis=-1, keepdims=True))
        yield from _rowwise(e, "constant row", np.broadcast_to(size, e.true.shape))
        if e.value.shape == e.true.shape:
            value = np.where(np.isfinite(e.value), e.value, 0.0)  # a mask has entries of -∞
            root = np.sqrt(np.mean(np.square(value), -1, keepdims=True))
            yield from _rowwise(e, "own row", value * size / np.maximum(root, 1e-30))
    for other in e.others:
        made = _of_formula(e, other.difference)
        yield from (replace(x, key=other.key, text=other.text) for x in made)


def _of_formula(e: SignedErrors, difference: Array) -> Iterator[Hypothesis]:
    """A formula's difference, everywhere, or at one place along all axes but the last two."""
    top, bottom = e.rows * (e.weights * difference), e.weights * np.square(difference)
    if bottom.sum() < _SEEN**2 * np.sum(e.weights * np.square(e.true)):
        return
    rank = difference.ndim
    yield from _made(
        e, "formula", "", top.sum(tuple(range(1, rank + 1))), bottom.sum(), e.true.size
    )
    lead = difference.shape[: max(rank - 2, 0)]
    if not lead:
        return
    tops, bottoms = top.sum((-1, -2)), bottom.sum((-1, -2))
    for axis, length in enumerate(lead):
        for i in range(length if 1 < length <= _PLACES else 0):
            own = np.take(tops, i, axis + 1).sum(tuple(range(1, len(lead))))
            size = float(np.take(bottoms, i, axis).sum())
            where = f"index {i} of {_axis(axis, rank)}"
            yield from _made(e, "formula", where, own, size, difference.size // length)
    if len(lead) == 2 and min(lead) > 1 and lead[0] * lead[1] <= _PLACES:
        for i, j in np.ndindex(*lead):
            where = f"place [{i}, {j}] of the first two axes"
            count = difference.size // (lead[0] * lead[1])
            yield from _made(e, "formula", where, tops[:, i, j], float(bottoms[i, j]), count)


def _along_axes(e: SignedErrors, kind: str, direction: Array) -> Iterator[Hypothesis]:
    top, bottom = e.rows * (e.weights * direction), e.weights * np.square(direction)
    axes = tuple(range(direction.ndim))
    yield from _made(e, kind, "", top.sum(tuple(i + 1 for i in axes)), bottom.sum(), e.true.size)
    for axis, length in enumerate(direction.shape):
        if length < 2:
            continue
        others = tuple(i for i in axes if i != axis)
        tops, bottoms = top.sum(tuple(i + 1 for i in others)), bottom.sum(others)
        for where, some in subsets(length, axis, direction.ndim):
            count = int(np.count_nonzero(some)) * direction.size // length
            yield from _made(e, kind, where, tops[:, some].sum(1), bottoms[some].sum(), count)
    if direction.ndim >= 3 and direction.shape[0] * direction.shape[1] <= _PLACES:
        others = axes[2:]
        tops, bottoms = top.sum(tuple(i + 1 for i in others)), bottom.sum(others)
        for i, j in np.ndindex(*direction.shape[:2]):
            where = f"place [{i}, {j}] of the first two axes"
            count = direction.size // (direction.shape[0] * direction.shape[1])
            if min(direction.shape[:2]) > 1:
                yield from _made(e, kind, where, tops[:, i, j], bottoms[i, j], count)


def _shifted(e: SignedErrors, axis: int, shift: int) -> Iterator[Hypothesis]:
    direction = np.roll(e.true, shift, axis) - e.true
    others = tuple(i for i in range(direction.ndim) if i != axis)
    top = (e.rows * (e.weights * direction)).sum(tuple(i + 1 for i in others))
    bottom = (e.weights * np.square(direction)).sum(others)
    own = (e.weights * np.square(e.true)).sum(others)
    length = direction.shape[axis]
    parts = [("", np.ones(length, bool))]
    parts += [
        (
            f"block {k} of {abs(shift)} along {_axis(axis, direction.ndim)}",
            _range(length, k * abs(shift), (k + 1) * abs(shift)),
        )
        for k in range(length // abs(shift))
        if abs(shift) > 1
    ]
    for where, some in parts:
        if bottom[some].sum() < _APART**2 * own[some].sum():
            continue
        count = int(np.count_nonzero(some)) * direction.size // length
        where = where or f"along {_axis(axis, direction.ndim)}"
        found = _made(e, "shifted", where, top[:, some].sum(1), bottom[some].sum(), count)
        yield from (replace(x, shift=shift) for x in found)


def _rowwise(e: SignedErrors, kind: str, direction: Array) -> Iterator[Hypothesis]:
    top = (e.rows * (e.weights * direction)).sum(-1)
    bottom = (e.weights * np.square(direction)).sum(-1)
    known = bottom > 0
    if not known.any():
        return
    share = bottom[known] / bottom[known].sum()
    sizes = top[:, known] / bottom[known]
    root = np.sqrt((np.square(sizes) * share).sum(-1))
    explained = float((np.square(sizes[0]) * bottom[known]).sum())
    count = int(known.sum())
    yield Hypothesis(e.parameter, kind, "", float(root[0]), root[1:], explained, count, e.true.size)


def subsets(length: int, axis: int, rank: int) -> Iterator[tuple[str, Array]]:
    """Which places along an axis a mistake may single out, in words and as a mask; each once."""
    known: set[bytes] = {np.ones(length, bool).tobytes()}
    for where, some in _subsets(length, axis, rank):
        if some.tobytes() not in known:
            known.add(some.tobytes())
            yield where, some


def _subsets(length: int, axis: int, rank: int) -> Iterator[tuple[str, Array]]:
    at, of = np.arange(length), _axis(axis, rank)
    if length <= _PLACES:
        yield from ((f"index {i} of {of}", at == i) for i in range(length))
    else:
        yield from (
            (f"the {name} of {of}", at == i) for name, i in (("first", 0), ("last", length - 1))
        )
    if length > 2:
        yield f"all but the first of {of}", at > 0
        yield f"all but the last of {of}", at < length - 1
    for b in reversed(BLOCKS):
        if length <= b:
            continue
        blocks = length // b
        if blocks > 1 or length % b:
            yield f"the last of each block of {b} along {of}", at % b == b - 1
            yield f"the first of each block of {b} along {of}", at % b == 0
            yield f"all from {b} on along {of}", at >= b
        yield from (
            (f"block {k} of {b} along {of}", _range(length, k * b, (k + 1) * b))
            for k in range(min(blocks, 16))
        )
        if length % b:
            yield f"the incomplete block of {b} at the end of {of}", at >= blocks * b


def _axis(axis: int, rank: int) -> str:
    return "the axis" if rank == 1 else f"axis {axis}"


def _range(length: int, first: int, end: int) -> Array:
    at = np.arange(length)
    return (at >= first) & (at < end)


def _made(
    e: SignedErrors, kind: str, where: str, top: Array, bottom: float, count: int
) -> Iterator[Hypothesis]:
    if bottom > 0:
        a = top / bottom
        explained = float(a[0] ** 2 * bottom)
        yield Hypothesis(e.parameter, kind, where, float(a[0]), a[1:], explained, 1, count)

"""A product that is only summed is one step: the matrix between the two is never made.

`(x * w).sum(1)` makes a matrix of its parameters, of which the judge would keep several copies in
extended precision; as a contraction it takes the memory of `x @ w`. Which rule multiplies and which
one sums is seen by showing it symbols. Where every step's result is moved, to see what rounding
does, the matrix is made in pieces.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.step import Operand, Rule, Slot, Step, unchanged
from gradparity.problems import Array, Namespace

LEAST = 1 << 20
"""Entries of a product from which it is contracted: of smaller ones each step is judged itself."""

LETTERS = "abcdefghijklmnop"


class _Symbol:
    """An operand of which nothing is known; a product of two is their pair."""

    def __mul__(self, other: Any) -> Any:
        return (self, other) if isinstance(other, _Symbol) else NotImplemented


@dataclass(frozen=True, slots=True)
class _Sum:
    """What `_Watched` was asked for; a mean is a sum that is divided by the number of its terms."""

    x: Any
    axis: Any
    keepdims: bool
    mean: bool = False


class _Watched:
    """A namespace of sums and means; whatever else a rule asks of it is an AttributeError."""

    @staticmethod
    def sum(x: Any, *, axis: Any = None, keepdims: bool = False, **_: Any) -> _Sum:
        return _Sum(x, axis, bool(keepdims))

    @staticmethod
    def mean(x: Any, *, axis: Any = None, keepdims: bool = False, **_: Any) -> _Sum:
        return _Sum(x, axis, bool(keepdims), mean=True)


@dataclass(frozen=True, eq=False)
class Contraction:
    """A rule: the sum of x * y over axes, or its mean, in one step.

    subscripts: of einsum. squeezed: the operands' shapes without axes of length 1 that are spread.
    shape: of x * y. axes: those that are summed. terms: how many the mean is of; None for a sum.
    """

    subscripts: str
    squeezed: tuple[tuple[int, ...], ...]
    shape: tuple[int, ...]
    axes: tuple[int, ...]
    terms: int | None

    def __call__(self, xp: Namespace, x: Array, y: Array) -> Array:
        """The sum."""
        both = (
            a if tuple(a.shape) == shape else xp.reshape(a, shape)
            for a, shape in zip((x, y), self.squeezed, strict=True)
        )
        found = xp.einsum(self.subscripts, *both)
        return found if self.terms is None else found / self.terms

    def replayed(
        self, xp: Namespace, operands: Sequence[Array], after: Callable[[Array], Array]
    ) -> Array:
        """The sum of NumPy arrays; `after` acts on x * y, a slice of the longest axis at a time."""
        if after is unchanged:
            return self(xp, *operands)
        whole = [np.broadcast_to(x, self.shape) for x in operands]
        axis = int(np.argmax(self.shape))
        length = max(1, LEAST // (math.prod(self.shape) // self.shape[axis]))
        total = np.zeros([n for i, n in enumerate(self.shape) if i not in self.axes])
        for start in range(0, self.shape[axis], length):
            at = (slice(None),) * axis + (slice(start, start + length),)
            part = np.sum(after(whole[0][at] * whole[1][at]), axis=self.axes)
            if axis in self.axes:
                total += part
            else:
                behind = axis - sum(a < axis for a in self.axes)
                total[(slice(None),) * behind + at[axis:]] = part
        return after(total if self.terms is None else total / self.terms)


def contracted(
    steps: Sequence[Step], shapes: Mapping[Operand, tuple[int, ...]]
) -> tuple[Step, ...]:
    """The steps, with every large product that is only summed, right after, as one contraction.

    shapes: of what the steps read and make, where it is floating.
    """
    if max(map(math.prod, shapes.values()), default=0) < LEAST:
        return tuple(steps)
    found: list[Step] = []
    for step in steps:
        last = found[-1] if found else None
        fused = None if last is None else _fused(last, step, shapes)
        if fused is not None:
            found.pop()
        found.append(fused or step)
    return tuple(found)


def _fused(first: Step, second: Step, shapes: Mapping[Operand, tuple[int, ...]]) -> Step | None:
    """The one step that two are, or None."""
    between = Slot(first.result)
    if second.operands.count(between) != 1 or first.result not in second.ended:
        return None
    if len(first.operands) != 2 or any(x not in shapes for x in first.operands):
        return None
    shape = shapes[between]
    if math.prod(shape) < LEAST or not _multiplies(first.rule):
        return None
    asked = _summed(second, between)
    if asked is None or asked.keepdims:
        return None
    summed = range(len(shape)) if asked.axis is None else asked.axis
    axes = {a % len(shape) for a in ((summed,) if isinstance(summed, int) else summed)}
    given = [shapes[x] for x in first.operands]
    kept = [[i for i in range(len(s)) if s[i] == shape[i - len(s)]] for s in given]
    letters = [
        "".join(LETTERS[i - len(s) + len(shape)] for i in k)
        for s, k in zip(given, kept, strict=True)
    ]
    terms = math.prod(shape[a] for a in axes)
    out = "".join(LETTERS[i] for i in range(len(shape)) if i not in axes)
    if not set(out) <= set("".join(letters)) or any(len(s) > len(shape) for s in given):
        return None
    subscripts = f"{letters[0]},{letters[1]}->{out}"
    squeezed = tuple(tuple(s[i] for i in k) for s, k in zip(given, kept, strict=True))
    rule = Contraction(subscripts, squeezed, shape, tuple(axes), terms if asked.mean else None)
    ended = tuple(sorted((set(first.ended) | set(second.ended)) - {first.result}))
    return Step(rule, first.operands, second.result, ended)


def _multiplies(rule: Rule) -> bool:
    x, y = _Symbol(), _Symbol()
    try:
        found = rule(_Watched(), x, y)
    except Exception:  # it asks for something else
        return False
    return found in ((x, y), (y, x))


def _summed(step: Step, operand: Slot) -> _Sum | None:
    x = _Symbol()
    try:
        found = step.rule(_Watched(), *(x if one == operand else one for one in step.operands))
    except Exception:  # it asks for something else
        return None
    return found if isinstance(found, _Sum) and found.x is x else None

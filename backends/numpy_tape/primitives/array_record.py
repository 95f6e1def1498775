"""The record of a primitive on whole arrays: everything that the tables of rules ask of it.

A record stands in one place, with its rules, and every table takes its line from there. What a
record leaves out has a default that is right for any primitive, if not fast.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.backends.numpy_tape.primitives.record import Rule
from gradparity.problems import Array

Shape = tuple[int, ...]


class ArrayRecord(Primitive):
    """A primitive on whole arrays that brings its rules along.

    numpy: what it does to plain arrays; `special`, or the attribute of numpy that `written` names.
    shape: (shapes of the operands, statics) -> that of the result.
    reverse: for each operand (g, z, *operands, **statics) -> its adjoint; None for one without a
        derivative, as an index.
    forward: for each operand (t, z, *operands, **statics) -> what its tangent adds to that of z;
        () if z is linear in the first operand and the others have no derivative.
    dtype: (operands) -> that of the result; that of the first operand, unless it is given.
    stacked: whether leading axes are a stack, as in NumPy's linear algebra: then many directions
        are one more leading axis. Else they are done one after the other.
    picks: whether it only moves or picks entries: it then rounds nothing and adds up nothing.
    terms: (operands, z, **statics) -> how many terms are added up for an entry of the result.
    rounding: (operands, z, **statics) -> the deviation of the result's own rounding error; z itself
        unless it is given. See `engine/rounding_sources.py`.
    backward: (operands) -> for each operand the deviations of an error in it that stands for those
        made within, or None: what is solved is then right for operands so much off.
    operations: (shapes of the operands, shape of the result, statics) -> arithmetic operations.
    written: how emitted source calls it, as "np.linalg.solve" or "special.expm"; statics are
        keywords there.
    """

    __slots__ = (
        *(
            "backward",
            "dtype",
            "forward",
            "operations",
            "picks",
            "reverse",
            "rounding",
            "shape",
            "stacked",
        ),
        *("terms", "written"),
    )

    def __init__(
        self,
        name: str,
        numpy: Callable[..., Any],
        *,
        written: str,
        shape: Callable[[list[Shape], dict[str, Any]], Shape],
        reverse: tuple[Rule | None, ...],
        forward: tuple[Rule | None, ...] = (),
        dtype: Callable[[tuple[Any, ...]], np.dtype[Any]] | None = None,
        stacked: bool = False,
        picks: bool = False,
        terms: Callable[..., int] | None = None,
        rounding: Callable[..., Array] | None = None,
        backward: Callable[[list[Any]], tuple[Array | None, ...]] | None = None,
        operations: Callable[[list[Shape], Shape, dict[str, Any]], int] | None = None,
    ) -> None:
        super().__init__(name, numpy)
        self.written, self.shape, self.reverse, self.forward = written, shape, reverse, forward
        self.dtype = dtype or _first
        self.stacked, self.picks = stacked, picks
        self.terms = terms or _all_terms
        self.rounding = rounding or _result
        self.backward = backward
        self.operations = operations or _one_each


def _first(inputs: tuple[Any, ...]) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(inputs[0].dtype)
    return dtype


def _all_terms(xs: list[Any], z: Array, **static: Any) -> int:
    return max(int(np.size(x)) for x in xs)


def _result(xs: list[Any], z: Array, **static: Any) -> Array:
    return z


def _one_each(shapes: list[Shape], result: Shape, static: dict[str, Any]) -> int:
    return max(map(math.prod, [*shapes, result]))

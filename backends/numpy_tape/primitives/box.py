"""Primitives, the operations that a loss is made of, and boxes, which give them a meaning.

`multiply(x, y)` is `apply(multiply, x, y)`. If x and y are NumPy arrays, NumPy multiplies them. If
one of them is a `Box`, the box decides what multiplying means: a symbol writes a line of a program,
a forward box carries a derivative along, a reverse box remembers what was multiplied. What is
inside a box may be a box again, so that interpreters stack:

    numpy arrays < symbols < batches < forward boxes < reverse boxes

and the operand of the highest level processes a call. The gradient's program is a reverse box
around symbols; a Hessian times a vector is a reverse box around forward boxes.

Operands are arrays, boxes or Python numbers (which never change a dtype); everything else about a
call is static: a hashable keyword. Losses reach primitives through `operations.py` and through the
operators of `loss_array.py`; rules call them directly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradparity.problems import Array

"""A NumPy array, or a box."""


class Primitive:
    """An operation without parts.

    name: its own, in all tables. numpy: what it does to plain arrays.
    """

    __slots__ = ("name", "numpy")

    def __init__(self, name: str, numpy: Callable[..., Any]) -> None:
        self.name = name
        self.numpy = numpy

    def __call__(self, *operands: Any, **static: Any) -> Any:
        """`apply` to operands."""
        return apply(self, *operands, **static)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


class Box:
    """An array under an interpreter.

    level: height in the stack of interpreters; 0 is a plain array.
    shape, dtype: as of a NumPy array.

    An interpreter is a subclass that says what `process` does.
    """

    __slots__ = ()
    level: int
    shape: tuple[int, ...]
    dtype: Any

    def process(
        self, primitive: Primitive, operands: tuple[Any, ...], static: dict[str, Any]
    ) -> Any:
        """The result of `primitive` on operands of which none has a higher level than self."""
        raise NotImplementedError

    def create(self, primitive: Primitive, **static: Any) -> Any:
        """The result of a primitive that has no operands (full, arange), under this interpreter."""
        return self.process(primitive, (), static)

    def anew(self) -> Any:
        """The same, as if it had been computed once more with rounding errors of its own."""
        return self

    def taken_back(self, g: Any) -> Any:
        """g, the adjoint of this result, with the errors of slopes that are taken from it."""
        return g

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)


def apply(primitive: Primitive, *operands: Any, **static: Any) -> Any:
    """The primitive's result: the operand of the highest level decides what the primitive means."""
    top = None
    for operand in operands:
        if isinstance(operand, Box) and (top is None or operand.level > top.level):
            top = operand
    if top is None:
        return primitive.numpy(*operands, **static)
    return top.process(primitive, operands, static)


def create(like: Array, primitive: Primitive, **static: Any) -> Array:
    """The result of a primitive without operands, under the interpreter of `like`."""
    if isinstance(like, Box):
        return like.create(primitive, **static)
    return primitive.numpy(**static)


def anew(x: Array) -> Array:
    """x, as if it had been computed once more, with other rounding errors; else x itself."""
    return x.anew() if isinstance(x, Box) else x


def level_of(x: Any) -> int:
    """The level of a box; 0 for a plain array."""
    return x.level if isinstance(x, Box) else 0

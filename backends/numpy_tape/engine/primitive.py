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

Statics, where they are not obvious: axis of a reduction, of `flip` and of `roll` (with `shift`):
a tuple of integers >= 0; axis elsewhere: one integer >= 0; key, keys: see `keys.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine import array_functions

Array = Any
"""A NumPy array, or a box."""


class Primitive:
    """An operation without parts.

    name: as in the tables of rules. numpy: what it does to plain arrays.
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


def level_of(x: Any) -> int:
    """The level of a box; 0 for a plain array."""
    return x.level if isinstance(x, Box) else 0


negative = Primitive("negative", np.negative)
abs = Primitive("abs", np.absolute)
sign = Primitive("sign", np.sign)
square = Primitive("square", np.square)
sqrt = Primitive("sqrt", np.sqrt)
exp = Primitive("exp", np.exp)
expm1 = Primitive("expm1", np.expm1)
log = Primitive("log", np.log)
log1p = Primitive("log1p", np.log1p)
sin = Primitive("sin", np.sin)
cos = Primitive("cos", np.cos)
tan = Primitive("tan", np.tan)
tanh = Primitive("tanh", np.tanh)
atan = Primitive("atan", np.arctan)

add = Primitive("add", np.add)
subtract = Primitive("subtract", np.subtract)
multiply = Primitive("multiply", np.multiply)
divide = Primitive("divide", np.true_divide)
power = Primitive("power", np.power)
maximum = Primitive("maximum", np.maximum)
minimum = Primitive("minimum", np.minimum)
logaddexp = Primitive("logaddexp", np.logaddexp)
atan2 = Primitive("atan2", np.arctan2)
hypot = Primitive("hypot", np.hypot)

greater = Primitive("greater", np.greater)
greater_equal = Primitive("greater_equal", np.greater_equal)
less = Primitive("less", np.less)
less_equal = Primitive("less_equal", np.less_equal)
equal = Primitive("equal", np.equal)
not_equal = Primitive("not_equal", np.not_equal)
logical_and = Primitive("logical_and", np.logical_and)
logical_or = Primitive("logical_or", np.logical_or)
logical_not = Primitive("logical_not", np.logical_not)

where = Primitive("where", np.where)  # condition, x, y
astype = Primitive("astype", array_functions.astype)  # x; dtype

sum = Primitive("sum", array_functions.sum)  # x; axis, keepdims
prod = Primitive("prod", np.prod)  # x; axis, keepdims
max = Primitive("max", np.max)  # x; axis, keepdims
min = Primitive("min", np.min)  # x; axis, keepdims
cumulative_sum = Primitive("cumulative_sum", np.cumulative_sum)  # x; axis

matmul = Primitive("matmul", array_functions.matmul)
einsum = Primitive("einsum", array_functions.einsum)  # *x; subscripts: explicit, letters only

reshape = Primitive("reshape", np.reshape)  # x; shape
broadcast_to = Primitive("broadcast_to", np.broadcast_to)  # x; shape
transpose = Primitive("transpose", np.transpose)  # x; axes
concat = Primitive("concat", array_functions.concat)  # *x; axis
flip = Primitive("flip", np.flip)  # x; axis
roll = Primitive("roll", np.roll)  # x; shift, axis

# getitem and scatter_slices, and then each two in a row, are adjoint to each other. gather indexes
# the axes axis, axis + 1, ... by integer arrays, which are broadcast: x[:, i, j] has axis 1.
getitem = Primitive("getitem", array_functions.getitem)  # x; key
scatter_slices = Primitive("scatter_slices", array_functions.scatter_slices)  # *g; keys, shape
gather = Primitive("gather", array_functions.gather)  # x, *indices; axis
scatter_add = Primitive("scatter_add", array_functions.scatter_add)  # g, *indices; axis, shape
take = Primitive("take", np.take)  # x, i; axis
take_add = Primitive("take_add", array_functions.take_add)  # g, i; axis, shape
take_along_axis = Primitive("take_along_axis", np.take_along_axis)  # x, i; axis
add_along_axis = Primitive("add_along_axis", array_functions.add_along_axis)  # g, i; axis, shape

full = Primitive("full", array_functions.full)  # shape, value, dtype
arange = Primitive("arange", array_functions.arange)  # n, dtype

PRIMITIVES: dict[str, Primitive] = {
    value.name: value for value in list(globals().values()) if isinstance(value, Primitive)
}
"""Every primitive by name."""

COMPARISONS = {
    *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
    *("logical_and", "logical_or", "logical_not"),
}
"""The primitives that answer with truth values."""

ELEMENTWISE = {
    *COMPARISONS,
    *("negative", "abs", "sign", "square", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos"),
    *("tan", "tanh", "atan", "add", "subtract", "multiply", "divide", "power", "maximum"),
    *("minimum", "logaddexp", "atan2", "hypot", "where", "astype"),
}
"""The primitives whose operands broadcast and whose result is computed entry by entry."""

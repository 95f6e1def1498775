"""An array that carries its derivative along K directions, and how a rule acts on it.

Integer and bool arrays stay NumPy arrays (labels, indices, masks); every floating array of a loss
is a `Dual`, so that a loss which calls a method or a NumPy function on it is told so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers import linear as dual_linear
from gradparity.backends.dual_numbers.rules import BINARY, LONGDOUBLE, REDUCTION, UNARY
from gradparity.problems import Array, InputError
from gradparity.problems.operations.values.complex_array import yielding
from gradparity.problems.refusals import Refusals


@dataclass
class Work:
    """What evaluating a loss takes, in array elements: the largest array, and all together."""

    largest: int = 0
    total: int = 0


WORK: ContextVar[Work | None] = ContextVar("WORK", default=None)
"""Where every new `Dual` is counted, while somebody asks."""


def _operator(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return yielding(lambda x, y: binary(name, x, y)), lambda x, y: binary(name, y, x)


def _comparison(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: function(primal(x), primal(y))


class Dual(Refusals):
    """An array with its derivative along K directions.

    stored: of shape s; float64 as long as nothing has been computed of it, so that a large matrix
    of data is neither copied nor widened. primal: the same in longdouble. tangent: longdouble, of
    shape (K, *s), or None for zero.
    """

    __slots__ = ("stored", "tangent")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Array, tangent: Array | None = None) -> None:
        array = np.asarray(value)
        self.stored = array if array.dtype == np.float64 else floating(array)
        self.tangent = tangent
        work = WORK.get()
        if work is not None:
            work.total += self.stored.size
            work.largest = max(work.largest, self.stored.size)

    @property
    def primal(self) -> Array:
        """The value in longdouble."""
        return floating(self.stored)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as of a NumPy array."""
        return self.stored.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.stored.ndim

    @property
    def dtype(self) -> Any:
        """Always longdouble."""
        return np.dtype(np.longdouble)

    @property
    def T(self) -> Any:
        """The array with its last two axes exchanged."""
        return mapped(dual_linear.LINEAR["matrix_transpose"], self)

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, key: Any) -> Any:
        return mapped(dual_linear.index, self, key)

    __add__, __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("subtract")
    __mul__, __rmul__ = _operator("multiply")
    __truediv__, __rtruediv__ = _operator("divide")
    __pow__, __rpow__ = _operator("pow")
    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __eq__, __ne__ = _comparison(np.equal), _comparison(np.not_equal)
    __matmul__, __rmatmul__ = yielding(lambda x, y: matmul(x, y)), (lambda x, y: matmul(y, x))
    __neg__, __abs__ = (lambda x: unary("negative", x)), (lambda x: unary("abs", x))

    def __pos__(self) -> Any:
        return self


def primal(x: Any) -> Array:
    """Return the value of an operand: floats and Python numbers in longdouble, integers kept."""
    if isinstance(x, Dual):
        return x.primal
    array = np.asarray(x)
    return array if isinstance(x, np.ndarray) and array.dtype.kind in "biu" else floating(array)


def _stored(x: Any) -> Array:
    """Return the value of an operand as it is kept, for what rounds nothing, or widens itself."""
    return x.stored if isinstance(x, Dual) else primal(x)


def floating(array: Array) -> Array:
    """Return the array in longdouble; InputError if it is not real."""
    if array.dtype.kind not in "fbiu":
        raise InputError(
            f"a loss may not compute with an array of dtype {array.dtype}; write real numbers"
        )
    return array.astype(np.longdouble, copy=False)


def made(value: Array, tangent: Array | None = None) -> Any:
    """Return a result: a `Dual` if it is floating, a NumPy array if it holds integers or bools."""
    return Dual(value, tangent) if np.asarray(value).dtype.kind == "f" else np.asarray(value)


def whole(*operands: Any) -> bool:
    """Whether all operands are integers or bools: then the result is, and has no derivative."""
    return all(not isinstance(x, Dual) and np.asarray(x).dtype.kind in "biu" for x in operands)


def _times(tangent: Array | None, factor: Array) -> Array | None:
    """tangent (K, *s) by factor, of a shape that broadcasts with s; 0 times infinity is 0."""
    if tangent is None or (np.ndim(factor) == 0 and factor == 0):
        return None
    if np.ndim(factor) == 0 and factor == 1:
        return tangent
    product = dual_linear.lifted(tangent, max(np.ndim(factor), tangent.ndim - 1)) * factor
    if not np.isfinite(factor).all():
        product = np.where(dual_linear.lifted(tangent, product.ndim - 1) == 0, 0, product)
    return product


def added(tangents: list[Array | None], shape: tuple[int, ...]) -> Array | None:
    """Return the sum of tangents, broadcast to (K, *shape); None if none of them moves."""
    moving = [dual_linear.lifted(t, len(shape)) for t in tangents if t is not None]
    if not moving:
        return None
    total = moving[0]
    for tangent in moving[1:]:
        total = total + tangent
    return np.broadcast_to(total, (total.shape[0], *shape))


def tangent_of(x: Any) -> Array | None:
    """Return the tangent of an operand; None if it does not move."""
    return x.tangent if isinstance(x, Dual) else None


def unary(name: str, x: Any) -> Any:
    """Return the elementwise function `name` of x."""
    return applied(*UNARY[name], x)


def applied(function: Callable[..., Any], derivative: Callable[..., Any], x: Any) -> Any:
    """Return the function of x with that derivative; see `UNARY`."""
    if whole(x) and function(np.asarray(x)).dtype.kind in "biu":
        return function(np.asarray(x))
    value = floating(primal(x))
    result = np.asarray(function(value))
    tangent = tangent_of(x)
    return Dual(
        result, None if tangent is None else _times(tangent, derivative(LONGDOUBLE, value, result))
    )


def binary(name: str, x: Any, y: Any) -> Any:
    """Return the elementwise function `name` of x and y, which broadcast."""
    function, by_first, by_second = BINARY[name]
    if whole(x, y):
        integers = function(np.asarray(x), np.asarray(y))
        if integers.dtype.kind in "biu":
            return integers
    a, b = floating(primal(x)), floating(primal(y))
    result = np.asarray(function(a, b))
    tangents = [
        None if t is None else _times(t, by(LONGDOUBLE, a, b, result))
        for t, by in ((tangent_of(x), by_first), (tangent_of(y), by_second))
    ]
    return Dual(result, added(tangents, result.shape))


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, else y; the derivative is that of the branch taken."""
    if whole(x, y):
        return np.where(condition, x, y)
    result: Array = np.where(condition, floating(primal(x)), floating(primal(y)))
    tangents = []
    for chosen, operand in ((condition, x), (np.logical_not(condition), y)):
        tangent = tangent_of(operand)
        if tangent is not None:
            tangent = np.where(chosen, dual_linear.lifted(tangent, result.ndim), np.longdouble(0))
        tangents.append(tangent)
    return Dual(result, added(tangents, result.shape))


def mapped(function: Callable[..., Any], x: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a linear function of one array, on primal and tangent; see `dual_linear.LINEAR`."""
    tangent = tangent_of(x)
    of = primal if function in dual_linear.SUMS else _stored
    value = function(of(x), 0, *args, **kwargs)
    return made(value, None if tangent is None else function(tangent, 1, *args, **kwargs))


def reduced(name: str, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return max, min or prod of x over `axis` (an integer, a tuple, or None for all)."""
    function, weights = REDUCTION[name]
    value = primal(x)
    axes = dual_linear.axes_of(axis, value.ndim, 0)
    kept = function(value, axis=axes, keepdims=True)
    tangent = (
        _times(tangent_of(x), weights(value, kept, axes)) if tangent_of(x) is not None else None
    )
    if tangent is not None:
        behind = tuple(a + 1 for a in axes)
        tangent = np.sum(tangent, axis=behind, keepdims=keepdims)
    return made(kept if keepdims else np.squeeze(kept, axis=axes), tangent)


def multilinear(product: Callable[..., Any], *operands: Any) -> Any:
    """Return product(arrays, i), linear in each array; array i has a leading axis of directions."""
    if whole(*operands):
        return np.asarray(product([np.asarray(x) for x in operands], None))
    values = [_stored(x) for x in operands]
    result = np.asarray(product(values, None), np.longdouble)
    tangents = []
    for i, operand in enumerate(operands):
        tangent = tangent_of(operand)
        if tangent is not None:
            tangents.append(product([*values[:i], tangent, *values[i + 1 :]], i))
    return Dual(result, added(tangents, result.shape))


def matmul(x: Any, y: Any) -> Any:
    """x @ y, with the shapes of the array API."""
    return multilinear(dual_linear.matmul, x, y)

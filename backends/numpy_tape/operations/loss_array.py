"""The arrays that a loss sees: boxes with Python's operators, strict about what they meet.

Operators, comparison, `@` and indexing become primitives. What would silently leave the
interpreter, or work on one backend only, is refused with what to write instead.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.operations import indexing
from gradparity.backends.numpy_tape.operations.loss_operands import admit, admitting, checked
from gradparity.backends.numpy_tape.primitives import elementwise as e
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Box, Primitive, create
from gradparity.problems import InputError
from gradparity.problems.operations.values.complex_array import yielding
from gradparity.problems.refusals import Refusals, written_instead

_SYMBOL: dict[Any, str] = {
    **{np.add: "+", np.subtract: "-", np.multiply: "*", np.true_divide: "/", np.power: "**"},
    **{np.matmul: "@", np.less: "<", np.less_equal: "<=", np.greater: ">"},
    **{np.greater_equal: ">=", np.equal: "==", np.not_equal: "!=", np.negative: "-"},
}

_OPERATOR: dict[str, Callable[[Any, Any], Any]] = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv},
    **{"**": operator.pow, "<": operator.lt, "<=": operator.le, ">": operator.gt},
    **{">=": operator.ge, "==": operator.eq, "!=": operator.ne},
}


def _swapped(primitive: Primitive) -> Any:
    return lambda x, y: checked(primitive, y, x)


class LossArray(Refusals, Box):
    """A box with the operators of Python. Arrays are values: nothing changes one in place.

    value: the array below, one interpreter further down.
    floating: the dtype of the first parameter, which floats that are made of integers take.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]
    value: Any
    floating: Any

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The shape, as of a NumPy array."""
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype, as of a NumPy array."""
        return self.value.dtype

    @property
    def T(self) -> Any:
        """The array with its last two axes exchanged."""
        return indexing.matrix_transpose(self)

    def constant(self, value: Any) -> Any:
        """`value`, from below, as a box of this interpreter that has no derivative."""
        raise NotImplementedError

    def create(self, primitive: Primitive, **static: Any) -> Any:
        """See `Box.create`."""
        return self.constant(create(self.value, primitive, **static))

    __add__, __radd__ = yielding(admitting(e.add)), _swapped(e.add)
    __sub__, __rsub__ = yielding(admitting(e.subtract)), _swapped(e.subtract)
    __mul__, __rmul__ = yielding(admitting(e.multiply)), _swapped(e.multiply)
    __truediv__, __rtruediv__ = yielding(admitting(e.divide)), _swapped(e.divide)
    __matmul__, __rmatmul__ = yielding(admitting(p.matmul)), _swapped(p.matmul)
    __neg__, __abs__ = admitting(e.negative), admitting(e.abs)
    __lt__, __le__ = admitting(e.less), admitting(e.less_equal)
    __gt__, __ge__ = admitting(e.greater), admitting(e.greater_equal)
    __eq__, __ne__ = admitting(e.equal), admitting(e.not_equal)
    __and__, __or__ = admitting(e.logical_and), admitting(e.logical_or)
    __rand__, __ror__ = __and__, __or__
    __invert__ = admitting(e.logical_not)

    def __pos__(self) -> Any:
        return self

    def __pow__(self, exponent: Any) -> Any:
        return _power(self, exponent)

    def __rpow__(self, base: Any) -> Any:
        return raised(base, self)

    def __getitem__(self, key: Any) -> Any:
        return indexing.index(self, key)

    def __len__(self) -> int:
        if not self.shape:
            raise InputError("an array without axes has no length")
        return self.shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.size != 1:
            raise InputError(
                f"an array of shape {self.shape} is neither true nor false; write xp.where(x, a, b)"
            )
        return bool(self.value)

    def __index__(self) -> int:
        if self.dtype.kind not in "biu":
            raise InputError("an array of floats is no integer; leave it an array")
        return int(self.value)

    __int__ = __index__

    def __float__(self) -> float:
        raise InputError(
            "float(x) and math functions lose the derivative; leave x an array, write xp.exp(x)"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        symbol = _SYMBOL.get(ufunc)
        if symbol in _OPERATOR and any(isinstance(x, np.generic | np.ndarray) for x in inputs):
            # The left operand was NumPy's: a scalar is a number, an array must be data.
            return _OPERATOR[symbol](*(admit(x) for x in inputs))
        for x in inputs:
            if symbol is not None and isinstance(x, np.ndarray):
                admit(x)
        name = ufunc.__name__
        instead = f"write x {symbol} y" if symbol else written_instead([name])
        raise InputError(f"a loss may not call np.{name} on an array; {instead}")


def raised(x: Any, exponent: Any) -> Any:
    """Return x ** exponent; small fixed powers by products, faster than pow and as exact."""
    exponent = admit(exponent)
    power = _POWERS.get(exponent) if isinstance(exponent, int | float) else None
    if power is None or not isinstance(x, Box) or x.dtype.kind != "f":
        return checked(e.power, x, exponent)
    return power(x)


_power = yielding(raised)

_POWERS: dict[float, Callable[[Any], Any]] = {
    -1: lambda x: 1 / x,
    1: lambda x: checked(e.multiply, x, 1),
    2: lambda x: checked(e.square, x),
    3: lambda x: checked(e.square, x) * x,
    4: lambda x: checked(e.square, checked(e.square, x)),
}

"""A jet: an array's value and its velocity, both dual numbers, and how a rule acts on it.

As in `Dual`, a velocity of None stands still and costs nothing, and a zero velocity stays zero
whatever it meets. Integer and bool arrays stay NumPy arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers.array import Dual
from gradparity.backends.dual_numbers.evaluation import DUAL, RULES
from gradparity.backends.dual_numbers.linear import lifted
from gradparity.backends.dual_numbers.rules import BINARY, UNARY
from gradparity.problems.operations.values.complex_array import yielding
from gradparity.problems.refusals import Refusals


def _operator(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return yielding(lambda x, y: binary(name, x, y)), lambda x, y: binary(name, y, x)


def _comparison(name: str) -> Callable[..., Any]:
    return lambda x, y: getattr(x.value, name)(value_of(y))


class Jet(Refusals):
    """An array x and how fast it moves: x + ẋ t, to first order in t.

    value: a `Dual`. velocity: one of its shape, or None if it stands still.
    """

    __slots__ = ("value", "velocity")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Dual, velocity: Dual | None = None) -> None:
        self.value = value
        if velocity is not None and velocity.shape != value.shape:
            velocity = DUAL.broadcast_to(velocity, value.shape)
        self.velocity = velocity

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as of a NumPy array."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim

    @property
    def dtype(self) -> Any:
        """Always longdouble."""
        return self.value.dtype

    @property
    def T(self) -> Any:
        """The array with its last two axes exchanged."""
        return linear("matrix_transpose", self)

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, key: Any) -> Any:
        return Jet(self.value[key], None if self.velocity is None else self.velocity[key])

    __add__, __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("subtract")
    __mul__, __rmul__ = _operator("multiply")
    __truediv__, __rtruediv__ = _operator("divide")
    __pow__, __rpow__ = _operator("pow")
    __lt__, __le__ = _comparison("__lt__"), _comparison("__le__")
    __gt__, __ge__ = _comparison("__gt__"), _comparison("__ge__")
    __eq__, __ne__ = _comparison("__eq__"), _comparison("__ne__")
    __matmul__, __rmatmul__ = yielding(lambda x, y: matmul(x, y)), (lambda x, y: matmul(y, x))
    __neg__, __abs__ = (lambda x: unary("negative", x)), (lambda x: unary("abs", x))

    def __pos__(self) -> Any:
        return self


def value_of(x: Any) -> Any:
    """Return the value of an operand; integers and Python numbers are their own."""
    return x.value if isinstance(x, Jet) else x


def velocity_of(x: Any) -> Dual | None:
    """Return the velocity of an operand; None if it stands still."""
    return x.velocity if isinstance(x, Jet) else None


def still(value: Any) -> Any:
    """Return a result that stands still; integers and bools stay NumPy arrays."""
    return Jet(value) if isinstance(value, Dual) else value


def times(velocity: Dual, factor: Any) -> Dual:
    """velocity by factor; where the velocity is zero, and stays zero, so does the product."""
    product: Dual = velocity * factor
    tangent = product.tangent
    if np.isfinite(product.primal).all() and (tangent is None or np.isfinite(tangent).all()):
        return product
    resting = velocity.primal == 0
    if tangent is not None:
        moves = np.asarray(0) if velocity.tangent is None else velocity.tangent != 0
        if moves.ndim:
            moves = lifted(moves, product.ndim)
        tangent = np.where(resting & ~moves.astype(bool), np.longdouble(0), tangent)
    return Dual(np.where(resting, np.longdouble(0), product.primal), tangent)


def _sum(velocities: list[Dual]) -> Dual | None:
    total = velocities[0] if velocities else None
    for velocity in velocities[1:]:
        total = total + velocity
    return total


def unary(name: str, x: Any) -> Any:
    """Return the elementwise function `name` of x."""
    return applied(RULES[name], UNARY[name][1], x)


def applied(function: Callable[..., Any], derivative: Callable[..., Any], x: Any) -> Any:
    """Return the function of x, of dual numbers, with that derivative; see `UNARY`."""
    y, velocity = function(value_of(x)), velocity_of(x)
    if velocity is None:
        return still(y)
    return Jet(y, times(velocity, derivative(DUAL, x.value, y)))


def binary(name: str, x: Any, y: Any) -> Any:
    """Return the elementwise function `name` of x and y, which broadcast."""
    a, b = value_of(x), value_of(y)
    z = RULES[name](a, b)
    velocities = [
        times(velocity, by(DUAL, a, b, z))
        for velocity, by in zip(map(velocity_of, (x, y)), BINARY[name][1:], strict=True)
        if velocity is not None
    ]
    return Jet(z, _sum(velocities)) if velocities else still(z)


def linear(name: str, x: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the linear operation `name` of one array, on value and velocity."""
    y, velocity = RULES[name](value_of(x), *args, **kwargs), velocity_of(x)
    return still(y) if velocity is None else Jet(y, RULES[name](velocity, *args, **kwargs))


def multilinear(product: Callable[..., Any], *operands: Any) -> Any:
    """Return product(*operands), linear in each operand."""
    values = [value_of(x) for x in operands]
    velocities = [
        product(*values[:i], velocity, *values[i + 1 :])
        for i, velocity in enumerate(map(velocity_of, operands))
        if velocity is not None
    ]
    return still(product(*values)) if not velocities else Jet(product(*values), _sum(velocities))


def matmul(x: Any, y: Any) -> Any:
    """x @ y."""
    return multilinear(DUAL.matmul, x, y)

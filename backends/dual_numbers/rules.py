"""The derivatives of the elementwise operations and of the nonlinear reductions, as tables.

`backends/dual_numbers/linear.py` has the linear ones and the products. All take longdouble arrays.

Conventions at kinks. maximum, minimum, max, min: a tie shares evenly (so clip has ½ at its bounds).
abs and hypot at 0: 0, the centre of their subgradients. sign: 0. x**0: 0. The choices of
`problems/functions.py` follow, relu(0) among them, since `where` passes one branch only.

Sources: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), ch. 3; the array API standard
2024.12 for the operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
Function = Callable[..., Any]

HALF = np.longdouble(0.5)


def power(x: Array, y: Array) -> Array:
    """Return x**y, by products where y is a small integer: powl takes 20 times as long."""
    if np.ndim(y) == 0 and y in (1, 2, 3, 4):
        square = x * x
        return {1: +x, 2: square, 3: square * x, 4: square * square}[int(y)]
    return np.power(x, y)


def _power_base(x: Array, y: Array, z: Array) -> Array:
    # At y = 0 the factor 0 must win over x**-1 = inf at x = 0.
    return np.where(y == 0, np.longdouble(0), y * power(x, y - 1))


def _power_exponent(x: Array, y: Array, z: Array) -> Array:
    # x**y ln x tends to 0 with x for y > 0, where the factors are 0 and -inf.
    return np.where((x == 0) & (y > 0), np.longdouble(0), z * np.log(x))


def _hypot_part(part: Array, z: Array) -> Array:
    return np.where(z == 0, np.longdouble(0), part / z)


def _sech_squared(x: Array) -> Array:
    # Not 1 - tanh(x)²: that cancels where tanh saturates.
    return np.square(1 / np.cosh(x))


def _larger(x: Array, y: Array) -> Array:
    """1 where x > y, ½ at a tie, else 0."""
    return (x > y) + HALF * (x == y)


# y = f(x) elementwise: f and f'(x, y).
UNARY: dict[str, tuple[Function, Function]] = {
    "negative": (np.negative, lambda x, y: np.longdouble(-1)),
    "abs": (np.abs, lambda x, y: np.sign(x)),
    "sign": (np.sign, lambda x, y: np.longdouble(0)),
    "square": (np.square, lambda x, y: 2 * x),
    "sqrt": (np.sqrt, lambda x, y: HALF / y),
    "exp": (np.exp, lambda x, y: y),
    "expm1": (np.expm1, lambda x, y: np.exp(x)),
    "log": (np.log, lambda x, y: 1 / x),
    "log1p": (np.log1p, lambda x, y: 1 / (1 + x)),
    "sin": (np.sin, lambda x, y: np.cos(x)),
    "cos": (np.cos, lambda x, y: -np.sin(x)),
    "tanh": (np.tanh, lambda x, y: _sech_squared(x)),
    "atan": (np.arctan, lambda x, y: 1 / (1 + x * x)),
}

# z = f(x, y) elementwise: f, ∂f/∂x and ∂f/∂y of (x, y, z).
BINARY: dict[str, tuple[Function, Function, Function]] = {
    "add": (np.add, lambda x, y, z: np.longdouble(1), lambda x, y, z: np.longdouble(1)),
    "subtract": (np.subtract, lambda x, y, z: np.longdouble(1), lambda x, y, z: np.longdouble(-1)),
    "multiply": (np.multiply, lambda x, y, z: y, lambda x, y, z: x),
    "divide": (np.divide, lambda x, y, z: 1 / y, lambda x, y, z: -z / y),
    "pow": (power, _power_base, _power_exponent),
    "logaddexp": (np.logaddexp, lambda x, y, z: np.exp(x - z), lambda x, y, z: np.exp(y - z)),
    "atan2": (
        np.arctan2,
        lambda x, y, z: y / (x * x + y * y),
        lambda x, y, z: -x / (x * x + y * y),
    ),
    "hypot": (np.hypot, lambda x, y, z: _hypot_part(x, z), lambda x, y, z: _hypot_part(y, z)),
    "maximum": (np.maximum, lambda x, y, z: _larger(x, y), lambda x, y, z: _larger(y, x)),
    "minimum": (np.minimum, lambda x, y, z: _larger(y, x), lambda x, y, z: _larger(x, y)),
}


def _tie_share(x: Array, top: Array, axes: tuple[int, ...]) -> Array:
    ties = x == top
    return ties / np.longdouble(1) / np.sum(ties, axis=axes, keepdims=True)


def _others_product(x: Array, top: Array, axes: tuple[int, ...]) -> Array:
    """For each entry the product of the others: no division, so zeros do no harm."""
    last = tuple(range(x.ndim - len(axes), x.ndim))
    moved = np.moveaxis(x, axes, last)
    flat = np.reshape(moved, (*moved.shape[: x.ndim - len(axes)], -1))
    before, after = np.ones_like(flat), np.ones_like(flat)
    np.cumprod(flat[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(flat[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return np.moveaxis(np.reshape(before * after, moved.shape), last, axes)


# y = f(x) over axes: f, and the weights w(x, y, axes) of x's shape with dy = Σ w dx.
REDUCTION: dict[str, tuple[Function, Function]] = {
    "max": (np.max, _tie_share),
    "min": (np.min, _tie_share),
    "prod": (np.prod, _others_product),
}

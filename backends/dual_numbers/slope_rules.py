"""The derivatives of the elementwise operations, written in the operations of dual numbers.

`backends/dual_numbers/rules.py` has them for NumPy arrays; here they are differentiated once more,
so each is composed of pieces that are smooth where it is. The conventions at kinks are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers.evaluation import DUAL as XP

Array = Any
Function = Callable[..., Any]


def _power_base(x: Array, y: Array, z: Array) -> Array:
    # At y = 0 the factor 0 must win over x**-1 = inf at x = 0.
    return XP.where(y == 0, 0.0, y * XP.pow(x, y - 1))


def _power_exponent(x: Array, y: Array, z: Array) -> Array:
    # x**y ln x tends to 0 with x for y > 0, where the factors are 0 and -inf.
    return XP.where((x == 0) & (y > 0), 0.0, z * XP.log(x))


def _hypot_part(part: Array, z: Array) -> Array:
    zero = z == 0
    return XP.where(zero, 0.0, part / XP.where(zero, 1.0, z))


def _sech_squared(x: Array) -> Array:
    # 4 e^2x / (1 + e^2x)²: 1 - tanh(x)² would cancel where tanh saturates.
    return 4.0 * XP.exp(2.0 * x - 2.0 * XP.logaddexp(2.0 * x, 0.0))


def _larger(x: Array, y: Array) -> Array:
    """1 where x > y, ½ at a tie, else 0."""
    return XP.astype(x > y, np.longdouble) + 0.5 * XP.astype(x == y, np.longdouble)


# y = f(x) elementwise: f'(x, y).
UNARY: dict[str, Function] = {
    "negative": lambda x, y: -1.0,
    "abs": lambda x, y: XP.sign(x),
    "sign": lambda x, y: 0.0,
    "square": lambda x, y: 2.0 * x,
    "sqrt": lambda x, y: 0.5 / y,
    "exp": lambda x, y: y,
    "expm1": lambda x, y: XP.exp(x),
    "log": lambda x, y: 1.0 / x,
    "log1p": lambda x, y: 1.0 / (1.0 + x),
    "sin": lambda x, y: XP.cos(x),
    "cos": lambda x, y: -XP.sin(x),
    "tanh": lambda x, y: _sech_squared(x),
    "atan": lambda x, y: 1.0 / (1.0 + x * x),
}

# z = f(x, y) elementwise: ∂f/∂x and ∂f/∂y of (x, y, z).
BINARY: dict[str, tuple[Function, Function]] = {
    "add": (lambda x, y, z: 1.0, lambda x, y, z: 1.0),
    "subtract": (lambda x, y, z: 1.0, lambda x, y, z: -1.0),
    "multiply": (lambda x, y, z: y, lambda x, y, z: x),
    "divide": (lambda x, y, z: 1.0 / y, lambda x, y, z: -z / y),
    "pow": (_power_base, _power_exponent),
    "logaddexp": (lambda x, y, z: XP.exp(x - z), lambda x, y, z: XP.exp(y - z)),
    "atan2": (lambda x, y, z: y / (x * x + y * y), lambda x, y, z: -x / (x * x + y * y)),
    "hypot": (lambda x, y, z: _hypot_part(x, z), lambda x, y, z: _hypot_part(y, z)),
    "maximum": (lambda x, y, z: _larger(x, y), lambda x, y, z: _larger(y, x)),
    "minimum": (lambda x, y, z: _larger(y, x), lambda x, y, z: _larger(x, y)),
}

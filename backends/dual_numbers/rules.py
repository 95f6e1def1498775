"""The derivatives of the elementwise operations and of the nonlinear reductions, as tables.

They cross-check those of the tape, so they are written anew here, where possible by other formulas.
Elementwise ones are written in operations of `xp`: for numbers in NumPy's, and in those of dual
numbers where they are differentiated once more (`jet.py`); each is composed of pieces that are
smooth where it is. `linear.py` has the linear operations and the products.

Conventions at kinks. maximum, minimum, max, min: a tie shares evenly (so clip has ½ at its bounds).
abs and hypot at 0: 0, the centre of their subgradients. sign: 0. x**0: 0. The choices of
`problems/functions.py` follow, relu(0) among them, since `where` passes one branch only.

Sources: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), ch. 3; the array API standard
2024.12 for the operations.
"""

# ruff: noqa: E501  (a derivative is one line)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.dual_numbers import special_rules
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace, numpy_namespace, require
from gradparity.problems.operations import comparisons, families

Function = Callable[..., Any]


def power(x: Array, y: Array) -> Array:
    """Return x**y, by products where y is a small integer: powl takes 20 times as long."""
    if np.ndim(y) == 0 and y in (1, 2, 3, 4):
        square = x * x
        return {1: +x, 2: square, 3: square * x, 4: square * square}[int(y)]
    return np.power(x, y)


LONGDOUBLE = numpy_namespace("NumPy in longdouble", pow=power)
"""What a derivative is written in where it is a number; `DUAL` where it is differentiated again."""


def _power_base(xp: Namespace, x: Array, y: Array) -> Array:
    # At y = 0 the factor 0 must win over x**-1 = inf at x = 0.
    return xp.where(y == 0, 0.0, y * xp.pow(x, y - 1))


def _power_exponent(xp: Namespace, x: Array, y: Array, z: Array) -> Array:
    # x**y ln x tends to 0 with x for y > 0, where the factors are 0 and -inf.
    return xp.where((x == 0) & (y > 0), 0.0, z * xp.log(x))


def _hypot_part(xp: Namespace, part: Array, z: Array) -> Array:
    zero = z == 0
    return xp.where(zero, 0.0, part / xp.where(zero, 1.0, z))


def _sech_squared(xp: Namespace, x: Array) -> Array:
    # 4 e / (1 + e)² with e = exp(-2 |x|): 1 - tanh(x)² would cancel where tanh saturates.
    e = xp.exp(-2.0 * xp.abs(x))
    return 4.0 * e / xp.square(1.0 + e)


def _larger(xp: Namespace, x: Array, y: Array) -> Array:
    """1 where x > y, ½ at a tie, else 0."""
    return xp.where(x > y, 1.0, xp.where(x == y, 0.5, 0.0))


LN2, LN10 = np.log(np.longdouble(2)), np.log(np.longdouble(10))
STEPS: dict[str, Function] = {
    **{"floor": np.floor, "ceil": np.ceil, "round": np.rint, "trunc": np.trunc}
}

# fmt: off
# y = f(x) elementwise: f of a longdouble array, and f'(xp, x, y).
UNARY: dict[str, tuple[Function, Function]] = {
    "negative": (np.negative, lambda xp, x, y: -1.0),
    "abs":      (np.abs, lambda xp, x, y: xp.sign(x)),
    "sign":     (np.sign, lambda xp, x, y: 0.0),
    "square":   (np.square, lambda xp, x, y: 2.0 * x),
    "sqrt":     (np.sqrt, lambda xp, x, y: 0.5 / y),
    "exp":      (np.exp, lambda xp, x, y: y),
    "expm1":    (np.expm1, lambda xp, x, y: xp.exp(x)),
    "log":      (np.log, lambda xp, x, y: 1.0 / x),
    "log1p":    (np.log1p, lambda xp, x, y: 1.0 / (1.0 + x)),
    "reciprocal": (np.reciprocal, lambda xp, x, y: -1.0 / (x * x)),
    "exp2":     (np.exp2, lambda xp, x, y: y * LN2),
    "log2":     (np.log2, lambda xp, x, y: 1.0 / (x * LN2)),
    "log10":    (np.log10, lambda xp, x, y: 1.0 / (x * LN10)),
    "sin":      (np.sin, lambda xp, x, y: xp.cos(x)),
    "tan":      (np.tan, lambda xp, x, y: 1.0 / xp.square(xp.cos(x))),
    "asin":     (np.arcsin, lambda xp, x, y: 1.0 / xp.cos(y)),
    "acos":     (np.arccos, lambda xp, x, y: -1.0 / xp.sin(y)),
    "sinh":     (np.sinh, lambda xp, x, y: 0.5 * (xp.exp(x) + xp.exp(-x))),
    "cosh":     (np.cosh, lambda xp, x, y: 0.5 * (xp.expm1(x) - xp.expm1(-x))),
    "asinh":    (np.arcsinh, lambda xp, x, y: 1.0 / xp.sqrt(1.0 + x * x)),
    "acosh":    (np.arccosh, lambda xp, x, y: 1.0 / (xp.sqrt(x - 1.0) * xp.sqrt(x + 1.0))),
    "atanh":    (np.arctanh, lambda xp, x, y: 1.0 / ((1.0 - x) * (1.0 + x))),
    **{name: (function, lambda xp, x, y: 0.0 * x) for name, function in STEPS.items()},
    "cos":      (np.cos, lambda xp, x, y: -xp.sin(x)),
    "tanh":     (np.tanh, lambda xp, x, y: _sech_squared(xp, x)),
    "atan":     (np.arctan, lambda xp, x, y: 1.0 / (1.0 + x * x)),
}

# z = f(x, y) elementwise: f, ∂f/∂x and ∂f/∂y of (xp, x, y, z).
BINARY: dict[str, tuple[Function, Function, Function]] = {
    "add":       (np.add, lambda xp, x, y, z: 1.0, lambda xp, x, y, z: 1.0),
    "subtract":  (np.subtract, lambda xp, x, y, z: 1.0, lambda xp, x, y, z: -1.0),
    "multiply":  (np.multiply, lambda xp, x, y, z: y, lambda xp, x, y, z: x),
    "divide":    (np.divide, lambda xp, x, y, z: 1.0 / y, lambda xp, x, y, z: -z / y),
    "pow":       (power, lambda xp, x, y, z: _power_base(xp, x, y), _power_exponent),
    "remainder": (np.remainder, lambda xp, x, y, z: 1.0 + 0.0 * x, lambda xp, x, y, z: -xp.floor(x / y)),
    "logaddexp": (np.logaddexp, lambda xp, x, y, z: xp.exp(x - z), lambda xp, x, y, z: xp.exp(y - z)),
    "atan2":     (np.arctan2, lambda xp, x, y, z: y / (x * x + y * y), lambda xp, x, y, z: -x / (x * x + y * y)),
    "hypot":     (np.hypot, lambda xp, x, y, z: _hypot_part(xp, x, z), lambda xp, x, y, z: _hypot_part(xp, y, z)),
    "maximum":   (np.maximum, lambda xp, x, y, z: _larger(xp, x, y), lambda xp, x, y, z: _larger(xp, y, x)),
    "minimum":   (np.minimum, lambda xp, x, y, z: _larger(xp, y, x), lambda xp, x, y, z: _larger(xp, x, y)),
}
# fmt: on
UNARY |= special_rules.UNARY
BINARY |= special_rules.BINARY
FLAT: dict[str, Function] = {**{name: getattr(np, name) for name in comparisons.FAMILY.primitives}}
"""Comparisons and the like: truth values, of the values alone."""
require(
    "UNARY, BINARY or FLAT in backends/dual_numbers/rules.py",
    {*UNARY, *BINARY, *FLAT, "polygamma"},
    families.ELEMENTWISE,
)


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

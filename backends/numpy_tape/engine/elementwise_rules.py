"""The derivatives of the elementwise primitives, one line each.

The Jacobian of z = f(x, y), entry by entry, is diagonal, and a diagonal matrix is its own
transpose: multiplying by ∂f/∂x carries a tangent forward and an adjoint backward. So each line
serves both modes. It says, for each operand, what t becomes:

    name: (t, z, x, y) -> t ∂f/∂x,  (t, z, x, y) -> t ∂f/∂y

z is used where it is at hand already (exp, tanh, sqrt, divide). Numbers multiply t first, since t
is often a single number, spread out.

Conventions at kinks: maximum and minimum share a tie evenly; abs and hypot have 0 at 0; x**0 has 0
at 0. `FLAT` primitives have the derivative 0 wherever they have one.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), ch. 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradparity.backends.numpy_tape.engine.primitive import (
    COMPARISONS,
    add,
    astype,
    cos,
    divide,
    equal,
    exp,
    greater,
    greater_equal,
    less,
    log,
    logical_and,
    multiply,
    negative,
    power,
    sign,
    sin,
    square,
    subtract,
    where,
)

Array = Any
Rule = Callable[..., Any]

FLAT = COMPARISONS | {"sign"}


def _half_at_tie(t: Array, wins: Array, ties: Array) -> Array:
    """t where the operand wins, half of it where it ties, else 0."""
    return where(wins, t, where(ties, multiply(0.5, t), 0.0))


def _power_base(t: Array, x: Array, y: Array) -> Array:
    """t y x**(y-1); at y = 0 the factor 0 wins, also over 0**-1."""
    if isinstance(y, int | float):
        return multiply(0.0, t) if y == 0 else multiply(multiply(float(y), t), power(x, y - 1))
    return where(equal(y, 0), 0.0, multiply(t, multiply(y, power(x, subtract(y, 1)))))


def _power_exponent(t: Array, z: Array, x: Array, y: Array) -> Array:
    """t x**y ln x, which tends to 0 with x if y > 0; 0 at 0**0 as well, where it has no limit."""
    if isinstance(x, int | float):
        logarithm = math.log(x) if x > 0 else 0.0 if x == 0 else math.nan
        return multiply(multiply(logarithm, t), z)
    vanishes = logical_and(equal(x, 0), greater_equal(y, 0))
    return where(vanishes, 0.0, multiply(t, multiply(z, log(where(vanishes, 1.0, x)))))


def _hypot_part(t: Array, part: Array, z: Array) -> Array:
    """t part / z, 0 at the origin."""
    return where(equal(z, 0), 0.0, divide(multiply(t, part), where(equal(z, 0), 1.0, z)))


# fmt: off
ELEMENTWISE_RULES: dict[str, tuple[Rule | None, ...]] = {
    "negative":   (lambda t, z, x: negative(t),),
    "abs":        (lambda t, z, x: multiply(t, sign(x)),),
    "square":     (lambda t, z, x: multiply(multiply(2.0, t), x),),
    "sqrt":       (lambda t, z, x: divide(multiply(0.5, t), z),),
    "exp":        (lambda t, z, x: multiply(t, z),),
    "expm1":      (lambda t, z, x: multiply(t, exp(x)),),
    "log":        (lambda t, z, x: divide(t, x),),
    "log1p":      (lambda t, z, x: divide(t, add(x, 1.0)),),
    "sin":        (lambda t, z, x: multiply(t, cos(x)),),
    "cos":        (lambda t, z, x: multiply(negative(t), sin(x)),),
    "tan":        (lambda t, z, x: multiply(t, add(square(z), 1.0)),),
    "tanh":       (lambda t, z, x: multiply(t, subtract(1.0, square(z))),),
    "atan":       (lambda t, z, x: divide(t, add(square(x), 1.0)),),

    "add":        (lambda t, z, x, y: t,
                   lambda t, z, x, y: t),
    "subtract":   (lambda t, z, x, y: t,
                   lambda t, z, x, y: negative(t)),
    "multiply":   (lambda t, z, x, y: multiply(t, y),
                   lambda t, z, x, y: multiply(t, x)),
    "divide":     (lambda t, z, x, y: divide(t, y),
                   lambda t, z, x, y: negative(multiply(divide(t, y), z))),
    "power":      (lambda t, z, x, y: _power_base(t, x, y),
                   lambda t, z, x, y: _power_exponent(t, z, x, y)),
    "maximum":    (lambda t, z, x, y: _half_at_tie(t, greater(x, y), equal(x, y)),
                   lambda t, z, x, y: _half_at_tie(t, less(x, y), equal(x, y))),
    "minimum":    (lambda t, z, x, y: _half_at_tie(t, less(x, y), equal(x, y)),
                   lambda t, z, x, y: _half_at_tie(t, greater(x, y), equal(x, y))),
    "logaddexp":  (lambda t, z, x, y: multiply(t, exp(subtract(x, z))),
                   lambda t, z, x, y: multiply(t, exp(subtract(y, z)))),
    "atan2":      (lambda t, z, x, y: divide(multiply(t, y), add(square(x), square(y))),
                   lambda t, z, x, y: negative(divide(multiply(t, x), add(square(x), square(y))))),
    "hypot":      (lambda t, z, x, y: _hypot_part(t, x, z),
                   lambda t, z, x, y: _hypot_part(t, y, z)),
    "where":      (None,
                   lambda t, z, c, x, y: where(c, t, 0.0),
                   lambda t, z, c, x, y: where(c, 0.0, t)),
    "astype":     (lambda t, z, x, dtype: astype(t, dtype=dtype),),
}
# fmt: on

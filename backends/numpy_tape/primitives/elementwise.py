"""The elementary operations, a record each (`record.py`): tanh is its line below.

Conventions at kinks: maximum and minimum share a tie evenly; abs and hypot have 0 at 0; x**0 has 0
at 0. Operations made by `flat` have the derivative 0 wherever they have one.
"""

# ruff: noqa: E501  (a record is one line)
# mypy: disable-error-code="has-type"

from __future__ import annotations

import math

import numpy as np

from gradparity.backends.numpy_tape.primitives import array_functions, primitive
from gradparity.backends.numpy_tape.primitives import scalar_form as form
from gradparity.backends.numpy_tape.primitives.box import create
from gradparity.backends.numpy_tape.primitives.record import (
    ARITHMETIC,
    DIVISION,
    FREE,
    FUNCTION,
    Elementwise,
    flat,
)
from gradparity.problems import Array


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


def number(like: Array, value: float) -> Array:
    """A number with all digits of the dtype of `like`: a function of it is a constant as exact."""
    return create(like, primitive.full, shape=(), value=value, dtype=like.dtype)


def _leg(x: Array) -> Array:
    """√(1 - x²), to the last digits also near 1."""
    return sqrt(multiply(subtract(1.0, x), add(x, 1.0)))


def _hypot_part(t: Array, part: Array, z: Array) -> Array:
    """t part / z, 0 at the origin."""
    return where(equal(z, 0), 0.0, divide(multiply(t, part), where(equal(z, 0), 1.0, z)))


# fmt: off
# e^x as a slope that may as well be had from the result, 1 less the others: `rounding_sources.py`.
share     = Elementwise("exp", np.exp, math.exp, FUNCTION, lambda t, z, x: multiply(t, z))
negative  = Elementwise("negative", np.negative, form.NEGATED, ARITHMETIC, lambda t, z, x: negative(t), rounds=False)
abs       = Elementwise("abs", np.absolute, form.ABSOLUTE, ARITHMETIC, lambda t, z, x: multiply(t, sign(x)), rounds=False)
sign      = flat("sign", np.sign, None)
square    = Elementwise("square", np.square, form.SQUARED, ARITHMETIC, lambda t, z, x: multiply(multiply(2.0, t), x))
sqrt      = Elementwise("sqrt", np.sqrt, math.sqrt, FUNCTION, lambda t, z, x: divide(multiply(0.5, t), z))
exp       = Elementwise("exp", np.exp, math.exp, FUNCTION, lambda t, z, x: multiply(t, z))
expm1     = Elementwise("expm1", np.expm1, math.expm1, FUNCTION, lambda t, z, x: multiply(t, share(x)))
log       = Elementwise("log", np.log, math.log, FUNCTION, lambda t, z, x: divide(t, x))
log1p     = Elementwise("log1p", np.log1p, math.log1p, FUNCTION, lambda t, z, x: divide(t, add(x, 1.0)))
sin       = Elementwise("sin", np.sin, math.sin, FUNCTION, lambda t, z, x: multiply(t, cos(x)))
cos       = Elementwise("cos", np.cos, math.cos, FUNCTION, lambda t, z, x: multiply(negative(t), sin(x)))
tan       = Elementwise("tan", np.tan, math.tan, FUNCTION, lambda t, z, x: multiply(t, add(square(z), 1.0)))
tanh      = Elementwise("tanh", np.tanh, math.tanh, FUNCTION, lambda t, z, x: multiply(t, subtract(1.0, square(z))))
atan      = Elementwise("atan", np.arctan, math.atan, FUNCTION, lambda t, z, x: divide(t, add(square(x), 1.0)))
asin      = Elementwise("asin", np.arcsin, math.asin, FUNCTION, lambda t, z, x: divide(t, _leg(x)))
acos      = Elementwise("acos", np.arccos, math.acos, FUNCTION, lambda t, z, x: divide(negative(t), _leg(x)))
sinh      = Elementwise("sinh", np.sinh, math.sinh, FUNCTION, lambda t, z, x: multiply(t, cosh(x)))
cosh      = Elementwise("cosh", np.cosh, math.cosh, FUNCTION, lambda t, z, x: multiply(t, sinh(x)))
asinh     = Elementwise("asinh", np.arcsinh, math.asinh, FUNCTION, lambda t, z, x: divide(t, hypot(x, 1.0)))
acosh     = Elementwise("acosh", np.arccosh, math.acosh, FUNCTION, lambda t, z, x: divide(t, multiply(sqrt(subtract(x, 1.0)), sqrt(add(x, 1.0)))))
atanh     = Elementwise("atanh", np.arctanh, math.atanh, FUNCTION, lambda t, z, x: divide(t, multiply(subtract(1.0, x), add(x, 1.0))))
exp2      = Elementwise("exp2", np.exp2, math.exp2, FUNCTION, lambda t, z, x: multiply(multiply(t, z), log(number(x, 2.0))))
log2      = Elementwise("log2", np.log2, math.log2, FUNCTION, lambda t, z, x: divide(divide(t, x), log(number(x, 2.0))))
log10     = Elementwise("log10", np.log10, math.log10, FUNCTION, lambda t, z, x: divide(divide(t, x), log(number(x, 10.0))))
reciprocal = Elementwise("reciprocal", np.reciprocal, None, DIVISION, lambda t, z, x: negative(multiply(t, square(z))))
floor     = flat("floor", np.floor, None)
ceil      = flat("ceil", np.ceil, None)
round     = flat("round", np.rint, None)
trunc     = flat("trunc", np.trunc, None)

add       = Elementwise("add", np.add, form.infix("+", form.SUM), ARITHMETIC,
                        lambda t, z, x, y: t,
                        lambda t, z, x, y: t)
subtract  = Elementwise("subtract", np.subtract, form.infix("-", form.SUM), ARITHMETIC,
                        lambda t, z, x, y: t,
                        lambda t, z, x, y: negative(t))
multiply  = Elementwise("multiply", np.multiply, form.infix("*", form.PRODUCT), ARITHMETIC,
                        lambda t, z, x, y: multiply(t, y),
                        lambda t, z, x, y: multiply(t, x))
divide    = Elementwise("divide", np.true_divide, form.infix("/", form.PRODUCT), DIVISION,
                        lambda t, z, x, y: divide(t, y),
                        lambda t, z, x, y: negative(multiply(divide(t, y), z)))
power     = Elementwise("power", np.power, math.pow, FUNCTION,
                        lambda t, z, x, y: _power_base(t, x, y),
                        lambda t, z, x, y: _power_exponent(t, z, x, y))
maximum   = Elementwise("maximum", np.maximum, form.LARGER, ARITHMETIC,
                        lambda t, z, x, y: _half_at_tie(t, greater(x, y), equal(x, y)),
                        lambda t, z, x, y: _half_at_tie(t, less(x, y), equal(x, y)), rounds=False)
minimum   = Elementwise("minimum", np.minimum, form.SMALLER, ARITHMETIC,
                        lambda t, z, x, y: _half_at_tie(t, less(x, y), equal(x, y)),
                        lambda t, z, x, y: _half_at_tie(t, greater(x, y), equal(x, y)), rounds=False)
logaddexp = Elementwise("logaddexp", np.logaddexp, None, FUNCTION,
                        lambda t, z, x, y: multiply(t, share(subtract(x, z))),
                        lambda t, z, x, y: multiply(t, share(subtract(y, z))))
atan2     = Elementwise("atan2", np.arctan2, math.atan2, FUNCTION,
                        lambda t, z, x, y: divide(multiply(t, y), add(square(x), square(y))),
                        lambda t, z, x, y: negative(divide(multiply(t, x), add(square(x), square(y)))))
hypot     = Elementwise("hypot", np.hypot, math.hypot, FUNCTION,
                        lambda t, z, x, y: _hypot_part(t, x, z),
                        lambda t, z, x, y: _hypot_part(t, y, z))

remainder = Elementwise("remainder", np.remainder, None, DIVISION,
                        lambda t, z, x, y: t,
                        lambda t, z, x, y: multiply(t, round(divide(subtract(z, x), y))))

greater       = flat("greater", np.greater, form.infix(">", form.COMPARE))
greater_equal = flat("greater_equal", np.greater_equal, form.infix(">=", form.COMPARE))
less          = flat("less", np.less, form.infix("<", form.COMPARE))
less_equal    = flat("less_equal", np.less_equal, form.infix("<=", form.COMPARE))
equal         = flat("equal", np.equal, form.infix("==", form.COMPARE))
not_equal     = flat("not_equal", np.not_equal, form.infix("!=", form.COMPARE))
logical_and   = flat("logical_and", np.logical_and, form.BOTH)
logical_or    = flat("logical_or", np.logical_or, form.EITHER)
logical_not   = flat("logical_not", np.logical_not, form.NOT)
logical_xor   = flat("logical_xor", np.logical_xor, None)
isnan         = flat("isnan", np.isnan, None)
isinf         = flat("isinf", np.isinf, None)
isfinite      = flat("isfinite", np.isfinite, None)

where     = Elementwise("where", np.where, form.CHOSEN, FREE, None,  # condition, x, y
                        lambda t, z, c, x, y: where(c, t, 0.0),
                        lambda t, z, c, x, y: where(c, 0.0, t), rounds=False)
astype    = Elementwise("astype", array_functions.astype, None, FREE, lambda t, z, x, dtype: astype(t, dtype=dtype), rounds=False)
# As of a result that a float64 computation rounds to float32; it is rounded by `perturbed.py` alone.
single    = Elementwise("single", array_functions.single, None, FREE, lambda t, z, x: single(t))
# fmt: on

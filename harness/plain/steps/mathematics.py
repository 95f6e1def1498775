"""Elementwise functions of JAX and torch that a loss has no operation for, made of those it has.

Each keeps its digits wherever the library's own does. A function that is odd is computed on |x|,
written as a branch and not as xp.abs: then its derivative at 0 is that of the branch, not 0.

Source: Abramowitz and Stegun (1964), 4.4 to 4.6.
"""

from __future__ import annotations

from collections.abc import Callable

from gradparity.problems import Array
from gradparity.problems.functions import sigmoid, softplus
from gradparity.problems.namespace import Namespace


def tan(xp: Namespace, x: Array) -> Array:
    """The tangent, elementwise."""
    return xp.sin(x) / xp.cos(x)


def asin(xp: Namespace, x: Array) -> Array:
    """The inverse sine, elementwise: the angle whose legs are x and √(1 − x²)."""
    return xp.atan2(x, xp.sqrt((1 - x) * (1 + x)))


def acos(xp: Namespace, x: Array) -> Array:
    """The inverse cosine, elementwise."""
    return xp.atan2(xp.sqrt((1 - x) * (1 + x)), x)


def sinh(xp: Namespace, x: Array) -> Array:
    """The hyperbolic sine, elementwise, without cancellation near 0."""
    return 0.5 * (xp.expm1(x) - xp.expm1(-x))


def cosh(xp: Namespace, x: Array) -> Array:
    """The hyperbolic cosine, elementwise."""
    return 0.5 * (xp.exp(x) + xp.exp(-x))


def asinh(xp: Namespace, x: Array) -> Array:
    """The inverse hyperbolic sine, elementwise: log1p(|x| + x² / (1 + √(1 + x²))), odd."""

    def positive(y: Array) -> Array:
        return xp.log1p(y + y * (y / (1 + xp.hypot(y, xp.ones_like(y)))))

    return odd(xp, x, positive)


def acosh(xp: Namespace, x: Array) -> Array:
    """The inverse hyperbolic cosine, elementwise; with t = x − 1 exact near 1."""
    t = x - 1
    return xp.log1p(t + xp.sqrt(t * (t + 2)))


def atanh(xp: Namespace, x: Array) -> Array:
    """The inverse hyperbolic tangent, elementwise."""
    return 0.5 * (xp.log1p(x) - xp.log1p(-x))


def cbrt(xp: Namespace, x: Array) -> Array:
    """The cube root, elementwise; the exponent is divided where x is, in its precision."""
    return odd(xp, x, lambda y: xp.pow(y, xp.ones_like(y) / 3))


def rsqrt(xp: Namespace, x: Array) -> Array:
    """1 / √x, elementwise."""
    return 1 / xp.sqrt(x)


def log2(xp: Namespace, x: Array) -> Array:
    """The logarithm to base 2, elementwise."""
    return xp.log(x) / xp.log(2 * xp.ones_like(x))


def log10(xp: Namespace, x: Array) -> Array:
    """The logarithm to base 10, elementwise."""
    return xp.log(x) / xp.log(10 * xp.ones_like(x))


def exp2(xp: Namespace, x: Array) -> Array:
    """2 to the x, elementwise."""
    return xp.pow(2 * xp.ones_like(x), x)


def logsigmoid(xp: Namespace, x: Array) -> Array:
    """ln of the sigmoid, elementwise."""
    return -softplus(xp, -x)


def odd(xp: Namespace, x: Array, positive: Callable[[Array], Array]) -> Array:
    """positive(x) where x ≥ 0, else −positive(−x)."""
    above = x >= 0
    magnitude = positive(xp.where(above, x, -x))
    return xp.where(above, magnitude, -magnitude)


def number(xp: Namespace, mask: Array) -> Array:
    """1.0 where a mask is true, else 0.0."""
    return xp.where(mask, 1.0, 0.0)


def differ(xp: Namespace, x: Array, y: Array) -> Array:
    """Whether exactly one of two masks is true."""
    return x != y


UNARY: dict[str, Callable[[Namespace, Array], Array]] = {
    "abs": lambda xp, x: xp.abs(x),
    "acos": acos,
    "acosh": acosh,
    "asin": asin,
    "asinh": asinh,
    "atan": lambda xp, x: xp.atan(x),
    "atanh": atanh,
    "cbrt": cbrt,
    "cos": lambda xp, x: xp.cos(x),
    "cosh": cosh,
    "exp": lambda xp, x: xp.exp(x),
    "exp2": exp2,
    "expm1": lambda xp, x: xp.expm1(x),
    "log": lambda xp, x: xp.log(x),
    "log10": log10,
    "log1p": lambda xp, x: xp.log1p(x),
    "log2": log2,
    "neg": lambda xp, x: -x,
    "reciprocal": lambda xp, x: 1 / x,
    "rsqrt": rsqrt,
    "sigmoid": sigmoid,
    "sign": lambda xp, x: xp.sign(x),
    "sin": lambda xp, x: xp.sin(x),
    "sinh": sinh,
    "sqrt": lambda xp, x: xp.sqrt(x),
    "square": lambda xp, x: xp.square(x),
    "tan": tan,
    "tanh": lambda xp, x: xp.tanh(x),
}
"""Elementwise functions under the names that torch gives them, and JAX most of them."""


def running_product(xp: Namespace, x: Array, axis: int, reverse: bool = False) -> Array:
    """Products of the first 1, 2, ... entries along an axis."""
    ahead = xp.flip(x, axis=axis) if reverse else x
    products = xp.cumulative_prod(ahead, axis=axis)
    return xp.flip(products, axis=axis) if reverse else products

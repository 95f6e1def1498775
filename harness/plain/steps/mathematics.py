"""Elementwise functions under the names that torch gives them, and JAX and SciPy most of them.

Most are operations of a loss. Those that are not are made of such, and keep their digits wherever
the library's own do.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gradparity.problems import Array
from gradparity.problems.functions import sigmoid, softplus
from gradparity.problems.namespace import Namespace


def cbrt(xp: Namespace, x: Array) -> Array:
    """The cube root, elementwise; the exponent is divided where x is, in its precision."""
    return odd(xp, x, lambda y: xp.pow(y, xp.ones_like(y) / 3))


def rsqrt(xp: Namespace, x: Array) -> Array:
    """1 / √x, elementwise."""
    return 1 / xp.sqrt(x)


def logsigmoid(xp: Namespace, x: Array) -> Array:
    """ln of the sigmoid, elementwise."""
    return -softplus(xp, -x)


def sinc(xp: Namespace, x: Array) -> Array:
    """sin πx / πx, elementwise; 1 at 0, where nothing is divided by 0."""
    turn = math.pi * xp.where(x == 0, 1.0, x)
    return xp.where(x == 0, 1.0, xp.sin(turn) / turn)


def odd(xp: Namespace, x: Array, positive: Callable[[Array], Array]) -> Array:
    """positive(x) where x ≥ 0, else −positive(−x).

    It is a branch and not xp.abs: then its derivative at 0 is that of the branch, not 0.
    """
    above = x >= 0
    magnitude = positive(xp.where(above, x, -x))
    return xp.where(above, magnitude, -magnitude)


def number(xp: Namespace, mask: Array) -> Array:
    """1.0 where a mask is true, else 0.0."""
    return xp.where(mask, 1.0, 0.0)


def differ(xp: Namespace, x: Array, y: Array) -> Array:
    """Whether exactly one of two masks is true."""
    return x != y


def _operation(name: str) -> Callable[[Namespace, Array], Array]:
    return lambda xp, x: getattr(xp, name)(x)


UNARY: dict[str, Callable[[Namespace, Array], Array]] = {
    **{
        name: _operation(name)
        for name in (
            *("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp"),
            *("exp2", "expm1", "log", "log10", "log1p", "log2", "reciprocal", "sign", "sin"),
            *("sinh", "sqrt", "square", "tan", "tanh"),
            *("erf", "erfc", "erfinv", "lgamma", "digamma"),
        )
    },
    "cbrt": cbrt,
    "neg": lambda xp, x: -x,
    "rsqrt": rsqrt,
    "sigmoid": sigmoid,
    "sinc": sinc,
}
"""The functions by torch's names."""


def running_product(xp: Namespace, x: Array, axis: int, reverse: bool = False) -> Array:
    """Products of the first 1, 2, ... entries along an axis."""
    ahead = xp.flip(x, axis=axis) if reverse else x
    products = xp.cumulative_prod(ahead, axis=axis)
    return xp.flip(products, axis=axis) if reverse else products

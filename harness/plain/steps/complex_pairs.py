"""Complex arrays as pairs of real ones: their arithmetic, in the operations of a loss.

The judge knows real numbers alone, and a loss is one. So where a library's array is complex, its
real and its imaginary part are recorded each, and everything between two Fourier transforms is
written out in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems import Array

Apply = Callable[..., Any]
"""apply(rule, *arrays) -> what rule(xp, *arrays) makes of them, recorded."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A complex array: its parts, recorded or constant, and its value at the point."""

    re: Any
    im: Any
    value: Array


def product(apply: Apply, multiplied: Callable[..., Array], x: Any, y: Any) -> tuple[Any, Any]:
    """The parts of a product; multiplied(xp, a, b): the same of real arrays."""

    def difference(xp: Any, a: Array, b: Array, c: Array, d: Array) -> Array:
        return multiplied(xp, a, c) - multiplied(xp, b, d)

    def total(xp: Any, a: Array, b: Array, c: Array, d: Array) -> Array:
        return multiplied(xp, a, d) + multiplied(xp, b, c)

    parts = x.re, x.im, y.re, y.im
    if _is_zero(y.im):
        return apply(multiplied, x.re, y.re), apply(multiplied, x.im, y.re)
    if _is_zero(x.im):
        return apply(multiplied, x.re, y.re), apply(multiplied, x.re, y.im)
    return apply(difference, *parts), apply(total, *parts)


def quotient(apply: Apply, x: Any, y: Any) -> tuple[Any, Any]:
    """The parts of x / y."""
    if _is_zero(y.im):
        divided = lambda xp, a, c: a / c  # noqa: E731
        return apply(divided, x.re, y.re), apply(divided, x.im, y.re)
    parts = x.re, x.im, y.re, y.im
    return (
        apply(lambda xp, a, b, c, d: (a * c + b * d) / (c * c + d * d), *parts),
        apply(lambda xp, a, b, c, d: (b * c - a * d) / (c * c + d * d), *parts),
    )


def power(apply: Apply, x: Any, n: int) -> tuple[Any, Any]:
    """The parts of x^n, n an integer."""
    found = x
    for _ in range(abs(n) - 1):
        found = Pair(*product(apply, times, found, x), x.value)
    if n > 0:
        return found.re, found.im
    one = np.ones_like(x.value.real)
    return (one, 0 * one) if n == 0 else quotient(apply, Pair(one, 0 * one, x.value), found)


def magnitude(apply: Apply, x: Any) -> Any:
    """|x|."""
    return apply(lambda xp, a, b: xp.hypot(a, b), x.re, x.im)


def angle(apply: Apply, x: Any) -> Any:
    """The angle of x, between -π and π."""
    return apply(lambda xp, a, b: xp.atan2(b, a), x.re, x.im)


def exponential(apply: Apply, x: Any) -> tuple[Any, Any]:
    """The parts of e^x."""
    return (
        apply(lambda xp, a, b: xp.exp(a) * xp.cos(b), x.re, x.im),
        apply(lambda xp, a, b: xp.exp(a) * xp.sin(b), x.re, x.im),
    )


def logarithm(apply: Apply, x: Any) -> tuple[Any, Any]:
    """The parts of ln x."""
    return apply(lambda xp, a, b: xp.log(xp.hypot(a, b)), x.re, x.im), angle(apply, x)


FUNCTIONS = ("sqrt", "sin", "cos", "sinh", "cosh")
"""What is done to complex numbers by the operation of that name."""


def function(name: str, *more: Any) -> Callable[[Apply, Any], tuple[Any, Any]]:
    """The parts of xp.NAME(x, *more) for complex x."""

    def rule(xp: Any, a: Array, b: Array) -> Array:
        return joined(xp, getattr(xp, name)(xp.complex(a, b), *more))

    return lambda apply, x: halves(apply, apply(rule, x.re, x.im))


def joined(xp: Any, z: Any) -> Array:
    """The parts of a complex array in one, on a last axis."""
    both: Array = xp.stack([xp.real(z), xp.imag(z)], axis=-1)
    return both


def halves(apply: Apply, whole: Any) -> tuple[Any, Any]:
    """The parts that lie in one array; see `joined`."""
    re, im = (apply(lambda xp, z, i=i: z[..., i], whole) for i in (0, 1))
    return re, im


def sign(apply: Apply, x: Any) -> tuple[Any, Any]:
    """The parts of x / |x|."""
    return (
        apply(lambda xp, a, b: a / xp.hypot(a, b), x.re, x.im),
        apply(lambda xp, a, b: b / xp.hypot(a, b), x.re, x.im),
    )


def times(xp: Any, x: Array, y: Array) -> Array:
    """The product of real arrays, elementwise."""
    return x * y


def _is_zero(part: Any) -> bool:
    """Whether a part is constant, and 0."""
    return isinstance(part, np.ndarray | np.generic | int | float) and not np.any(part)

"""How large a rounding error each primitive makes of its own: the deviation s of `perturbed.py`.

For an elementwise one it is the result z, but for two that round within. A sum, or a product of
matrices, rounds its terms: s = √(Σt²). What only rearranges, picks or compares makes none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.elementwise import ELEMENTWISE
from gradparity.backends.numpy_tape.engine.primitive import ON_ARRAYS, PICKING
from gradparity.problems import Array
from gradparity.problems.namespace import require

EXACT = PICKING | {name for name, f in ELEMENTWISE.items() if not f.rounds}
"""The primitives that round nothing."""


def _sum(xs: list[Any], z: Array, axis: Any, keepdims: bool = False) -> Array:
    return _root(np.sum(_squared(xs[0]), axis=axis, keepdims=keepdims))


def _cumulative_sum(xs: list[Any], z: Array, axis: int) -> Array:
    return _root(np.cumulative_sum(_squared(xs[0]), axis=axis))


def _prod(xs: list[Any], z: Array, axis: Any, keepdims: bool = False) -> Array:
    return z * math.sqrt(xs[0].size / max(1, z.size))


def _matmul(xs: list[Any], z: Array) -> Array:
    return np.sqrt(np.matmul(np.square(xs[0]), np.square(xs[1])))


def _einsum(xs: list[Any], z: Array, subscripts: str) -> Array:
    return np.sqrt(np.einsum(subscripts, *(np.square(x) for x in xs), optimize=len(xs) > 1))


def _logaddexp(xs: list[Any], z: Array) -> Array:
    """The larger operand plus log1p(exp(-d)), d the difference of the two, each of them rounded."""
    larger = np.maximum(*xs)
    difference = np.abs(np.subtract(*xs))
    inner = np.where(np.isfinite(difference), difference * np.exp(-difference), 0.0)
    return np.sqrt(z**2 + np.where(np.isfinite(larger), (z - larger) ** 2, 0.0) + inner**2)


def _power(xs: list[Any], z: Array) -> Array:
    """exp(y ln x), the logarithm rounded."""
    base = np.abs(np.asarray(xs[0], np.float64))
    logarithm = np.log(np.where(base > 0, base, 1.0))
    return z * np.hypot(1.0, np.asarray(xs[1], np.float64) * logarithm)


def _scattered(name: str) -> Callable[..., Array]:
    def source(xs: list[Any], z: Array, **static: Any) -> Array:
        squares = [_squared(x) if x.dtype.kind == "f" else x for x in xs]
        return _root(ON_ARRAYS[name].numpy(*squares, **static))

    return source


def _squared(x: Array) -> Array:
    """Squares in longdouble, where those of small numbers do not vanish."""
    return np.square(np.asarray(x, np.longdouble))


def _root(x: Array) -> Array:
    return np.sqrt(x).astype(np.float64)


SOURCES: dict[str, Callable[..., Array]] = {
    "sum": _sum,
    "cumulative_sum": _cumulative_sum,
    "prod": _prod,
    "matmul": _matmul,
    "einsum": _einsum,
    "logaddexp": _logaddexp,
    "power": _power,
    **{
        name: _scattered(name)
        for name in ("scatter_add", "take_add", "add_along_axis", "scatter_slices")
    },
}
"""(operands, result, statics) -> the deviation s of a result whose terms are rounded."""
require(
    "EXACT or SOURCES in backends/numpy_tape/engine/rounding_sources.py",
    EXACT | {*SOURCES},
    ON_ARRAYS,
)

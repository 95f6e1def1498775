"""NumPy's functions that take more than one operation of a loss, with NumPy's arguments.

Each is rule(xp, the function's arguments), the arrays among them those of xp.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace

Rule = Callable[..., Any]


def total(xp: Namespace, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """np.sum."""
    return xp.sum(x, axis=axis, keepdims=keepdims)


def count_of(x: Array, axis: Any) -> int:
    """How many entries one sum over `axis` adds."""
    axes = range(len(x.shape)) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    return math.prod(x.shape[a] for a in axes)


def var(
    xp: Namespace, x: Array, axis: Any = None, *, ddof: float = 0, keepdims: bool = False
) -> Array:
    """np.var, by deviations from the mean."""
    deviation = x - xp.mean(x, axis=axis, keepdims=True)
    total = xp.sum(xp.square(deviation), axis=axis, keepdims=keepdims)
    return total / (count_of(x, axis) - ddof)


def std(
    xp: Namespace, x: Array, axis: Any = None, *, ddof: float = 0, keepdims: bool = False
) -> Array:
    """np.std."""
    return xp.sqrt(var(xp, x, axis, ddof=ddof, keepdims=keepdims))


def average(
    xp: Namespace, x: Array, axis: Any = None, weights: Any = None, keepdims: bool = False
) -> Array:
    """np.average."""
    if weights is None:
        return xp.mean(x, axis=axis, keepdims=keepdims)
    if len(weights.shape) != len(x.shape):
        lengths = [1] * len(x.shape)
        lengths[axis] = weights.shape[0]
        weights = xp.broadcast_to(xp.reshape(weights, tuple(lengths)), x.shape)
    total = xp.sum(x * weights, axis=axis, keepdims=keepdims)
    return total / xp.sum(weights, axis=axis, keepdims=keepdims)


def rank_of(x: Any) -> int:
    """The number of axes; 0 for a Python number."""
    return len(getattr(x, "shape", ()))


def dot(xp: Namespace, x: Array, y: Array) -> Array:
    """np.dot."""
    if 0 in (rank_of(x), rank_of(y)):
        return x * y
    if rank_of(x) <= 2 and rank_of(y) <= 2:
        return xp.matmul(x, y)
    return tensordot(xp, x, y, ((rank_of(x) - 1,), (max(rank_of(y) - 2, 0),)))


def inner(xp: Namespace, x: Array, y: Array) -> Array:
    """np.inner."""
    if 0 in (rank_of(x), rank_of(y)):
        return x * y
    return tensordot(xp, x, y, ((rank_of(x) - 1,), (rank_of(y) - 1,)))


def tensordot(xp: Namespace, x: Array, y: Array, axes: Any = 2) -> Array:
    """np.tensordot, as an einsum."""
    m, n = rank_of(x), rank_of(y)
    if isinstance(axes, int):
        first, second = range(m - axes, m), range(axes)
        pairs = list(zip(first, second, strict=True))
    else:
        sides = [(s,) if isinstance(s, int) else tuple(s) for s in axes]
        pairs = [(a % m, b % n) for a, b in zip(*sides, strict=True)]
    letters = iter("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    left = [next(letters) for _ in range(m)]
    right = [next(letters) for _ in range(n)]
    for a, b in pairs:
        right[b] = left[a]
    summed = {left[a] for a, _ in pairs}
    kept = "".join(c for c in left + right if c not in summed)
    return xp.einsum(f"{''.join(left)},{''.join(right)}->{kept}", x, y)


def outer(xp: Namespace, x: Array, y: Array) -> Array:
    """np.outer."""
    return xp.reshape(x, (-1, 1)) * xp.reshape(y, (1, -1))


def vdot(xp: Namespace, x: Array, y: Array) -> Array:
    """np.vdot."""
    return xp.sum(xp.reshape(x, (-1,)) * xp.reshape(y, (-1,)))


def einsum(xp: Namespace, subscripts: Any, *operands: Array, optimize: Any = False) -> Array:
    """np.einsum with letters; implicit results are made explicit."""
    if not isinstance(subscripts, str) or "..." in subscripts:
        raise Untranslatable("np.einsum without letters for every axis has no translation")
    text = subscripts.replace(" ", "")
    if "->" not in text:
        letters = sorted(set(text) - {","})
        text = f"{text}->{''.join(c for c in letters if text.count(c) == 1)}"
    return xp.einsum(text, *operands)


def norm(
    xp: Namespace, x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Array:
    """np.linalg.norm of vectors, and of matrices as long vectors."""
    vector = isinstance(axis, int) or (axis is None and (ord is None or rank_of(x) == 1))
    if ord is None or ord == "fro" or (ord == 2 and vector):
        return xp.sqrt(xp.sum(xp.square(x), axis=axis, keepdims=keepdims))
    if not vector or isinstance(ord, str):
        raise Untranslatable(f"np.linalg.norm of a matrix with ord={ord!r} has no translation")
    size = xp.abs(x)
    if ord == np.inf:
        return xp.max(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return xp.min(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return xp.sum(size, axis=axis, keepdims=keepdims)
    return xp.pow(xp.sum(xp.pow(size, ord), axis=axis, keepdims=keepdims), 1 / ord)


def cumsum(xp: Namespace, x: Array, axis: int | None = None) -> Array:
    """np.cumsum."""
    if axis is None:
        return xp.cumulative_sum(xp.reshape(x, (-1,)), axis=0)
    return xp.cumulative_sum(x, axis=axis % rank_of(x))


def cumprod(xp: Namespace, x: Array, axis: int | None = None) -> Array:
    """np.cumprod."""
    if axis is None:
        return xp.cumulative_prod(xp.reshape(x, (-1,)), axis=0)
    return xp.cumulative_prod(x, axis=axis % rank_of(x))


def cumulative(name: str) -> Rule:
    """The rule of np.cumulative_sum, np.cumulative_prod."""

    def rule(xp: Namespace, x: Array, axis: Any = None, include_initial: bool = False) -> Array:
        return getattr(xp, name)(x, axis=axis, include_initial=include_initial)

    return rule


def diff(xp: Namespace, x: Array, n: int = 1, axis: int = -1) -> Array:
    """np.diff."""
    before = (slice(None),) * (axis % rank_of(x))
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
    return x


def trace(xp: Namespace, x: Array, offset: int = 0) -> Array:
    """np.trace of a matrix."""
    if rank_of(x) != 2:
        raise Untranslatable("np.trace of an array that is no matrix has no translation")
    return xp.sum(xp.where(_diagonals(xp, x) == offset, x, xp.zeros_like(x)))


def upper(xp: Namespace, x: Array, k: int = 0) -> Array:
    """np.triu: the entries on the k-th diagonal and above."""
    return xp.where(_diagonals(xp, x) >= k, x, xp.zeros_like(x))


def lower(xp: Namespace, x: Array, k: int = 0) -> Array:
    """np.tril: the entries on the k-th diagonal and below."""
    return xp.where(_diagonals(xp, x) <= k, x, xp.zeros_like(x))


def _diagonals(xp: Namespace, x: Array) -> Array:
    """On which diagonal each entry of a matrix lies: its column less its row."""
    rows, columns = x.shape[-2:]
    return xp.arange(columns) - xp.expand_dims(xp.arange(rows), axis=1)


def clip(
    xp: Namespace, x: Array, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None
) -> Array:
    """np.clip."""
    low, high = a_min if min is None else min, a_max if max is None else max
    raised = x if low is None else xp.maximum(x, low)
    return raised if high is None else xp.minimum(raised, high)


def joined(name: str) -> Rule:
    """The rule of np.concatenate ("concat") or np.stack ("stack")."""

    def rule(xp: Namespace, arrays: Any, axis: int | None = 0) -> Array:
        return getattr(xp, name)([array_of(xp, x, arrays) for x in arrays], axis=axis)

    return rule


def array_of(xp: Namespace, x: Any, like: Any) -> Array:
    """A Python number among arrays, as an array without axes."""
    if not isinstance(x, float | int):
        return x
    array = next(a for a in like if hasattr(a, "shape"))
    return xp.sum(xp.zeros_like(array)) + x


def stacked(axis: int) -> Rule:
    """The rule of np.vstack (0) or np.hstack (1)."""

    def rule(xp: Namespace, arrays: Any) -> Array:
        parts = [array_of(xp, x, arrays) for x in arrays]
        if axis == 0:
            parts = [xp.reshape(x, (1, -1)) if rank_of(x) < 2 else x for x in parts]
            return xp.concat(parts, axis=0)
        parts = [xp.reshape(x, (1,)) if rank_of(x) == 0 else x for x in parts]
        return xp.concat(parts, axis=0 if rank_of(parts[0]) == 1 else 1)

    return rule


def convolve(xp: Namespace, x: Array, y: Array, mode: str = "full") -> Array:
    """np.convolve: sums over the diagonals of the outer product."""
    n, m = x.shape[0], y.shape[0]
    product = xp.reshape(x, (-1, 1)) * xp.reshape(y, (1, -1))
    diagonal = xp.expand_dims(xp.arange(n), axis=1) + xp.arange(m)
    full = [
        xp.sum(xp.where(diagonal == k, product, xp.zeros_like(product))) for k in range(n + m - 1)
    ]
    start, stop = {
        "full": (0, n + m - 1),
        "same": ((min(n, m) - 1) // 2, (min(n, m) - 1) // 2 + max(n, m)),
        "valid": (min(n, m) - 1, max(n, m)),
    }[mode]
    return xp.stack(full[start:stop], axis=0)


def xlogy(xp: Namespace, x: Array, y: Array) -> Array:
    """scipy.special.xlogy: x ln y, 0 where x is."""
    zero = (x == 0) if hasattr(x, "shape") else np.asarray(x == 0)
    return xp.where(zero, 0.0, x * xp.log(xp.where(zero, 1.0, y)))


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple."""
    return (int(shape),) if np.ndim(shape) == 0 else tuple(int(n) for n in shape)


def order_of(x: Array, axes: Any) -> tuple[int, ...]:
    """The order of axes that np.transpose means."""
    rank = rank_of(x)
    return tuple(reversed(range(rank))) if axes is None else tuple(int(a) % rank for a in axes)

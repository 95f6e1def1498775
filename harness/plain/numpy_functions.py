"""NumPy's functions in the operations of a loss: function -> rule(xp, the function's arguments).

Those that only move entries (`MOVING`), and those whose result has no derivative (`CONSTANT`), need
no rule: `numpy_loss` runs them at the point.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.plain.mathematics import UNARY, differ, logsigmoid
from harness.plain.translation import Untranslatable
from problems.namespace import Namespace

Array = Any
Rule = Callable[..., Any]


def _sum(xp: Namespace, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    return xp.sum(x, axis=axis, keepdims=keepdims)


def _count(x: Array, axis: Any) -> int:
    axes = range(len(x.shape)) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    return math.prod(x.shape[a] for a in axes)


def _var(
    xp: Namespace, x: Array, axis: Any = None, ddof: float = 0, keepdims: bool = False
) -> Array:
    deviation = x - xp.mean(x, axis=axis, keepdims=True)
    total = xp.sum(xp.square(deviation), axis=axis, keepdims=keepdims)
    return total / (_count(x, axis) - ddof)


def _std(xp: Namespace, x: Array, **kwargs: Any) -> Array:
    return xp.sqrt(_var(xp, x, **kwargs))


def _average(
    xp: Namespace, x: Array, axis: Any = None, weights: Any = None, keepdims: bool = False
) -> Array:
    if weights is None:
        return xp.mean(x, axis=axis, keepdims=keepdims)
    if len(weights.shape) != len(x.shape):
        lengths = [1] * len(x.shape)
        lengths[axis] = weights.shape[0]
        weights = xp.broadcast_to(xp.reshape(weights, tuple(lengths)), x.shape)
    total = xp.sum(x * weights, axis=axis, keepdims=keepdims)
    return total / xp.sum(weights, axis=axis, keepdims=keepdims)


def _rank(x: Any) -> int:
    return len(getattr(x, "shape", ()))


def _dot(xp: Namespace, x: Array, y: Array) -> Array:
    if 0 in (_rank(x), _rank(y)):
        return x * y
    if _rank(x) <= 2 and _rank(y) <= 2:
        return xp.matmul(x, y)
    return _tensordot(xp, x, y, ((_rank(x) - 1,), (max(_rank(y) - 2, 0),)))


def _inner(xp: Namespace, x: Array, y: Array) -> Array:
    if 0 in (_rank(x), _rank(y)):
        return x * y
    return _tensordot(xp, x, y, ((_rank(x) - 1,), (_rank(y) - 1,)))


def _tensordot(xp: Namespace, x: Array, y: Array, axes: Any = 2) -> Array:
    m, n = _rank(x), _rank(y)
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


def _outer(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.reshape(x, (-1, 1)) * xp.reshape(y, (1, -1))


def _vdot(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.sum(xp.reshape(x, (-1,)) * xp.reshape(y, (-1,)))


def _einsum(xp: Namespace, subscripts: Any, *operands: Array, optimize: Any = False) -> Array:
    if not isinstance(subscripts, str) or "..." in subscripts:
        raise Untranslatable("np.einsum without letters for every axis has no translation")
    text = subscripts.replace(" ", "")
    if "->" not in text:
        letters = sorted(set(text) - {","})
        text = f"{text}->{''.join(c for c in letters if text.count(c) == 1)}"
    return xp.einsum(text, *operands)


def _norm(
    xp: Namespace, x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Array:
    vector = isinstance(axis, int) or (axis is None and (ord is None or _rank(x) == 1))
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


def _cumsum(xp: Namespace, x: Array, axis: int | None = None) -> Array:
    if axis is None:
        return xp.cumulative_sum(xp.reshape(x, (-1,)), axis=0)
    return xp.cumulative_sum(x, axis=axis % _rank(x))


def _diff(xp: Namespace, x: Array, n: int = 1, axis: int = -1) -> Array:
    before = (slice(None),) * (axis % _rank(x))
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
    return x


def _trace(xp: Namespace, x: Array, offset: int = 0) -> Array:
    if _rank(x) != 2:
        raise Untranslatable("np.trace of an array that is no matrix has no translation")
    return xp.sum(xp.where(np.eye(x.shape[0], x.shape[1], offset, bool), x, xp.zeros_like(x)))


def _triangle(function: Callable[..., Any]) -> Rule:
    def rule(xp: Namespace, x: Array, k: int = 0) -> Array:
        mask = np.broadcast_to(function(np.ones(x.shape[-2:], bool), k), x.shape)
        return xp.where(mask, x, xp.zeros_like(x))

    return rule


def _clip(
    xp: Namespace, x: Array, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None
) -> Array:
    low, high = a_min if min is None else min, a_max if max is None else max
    raised = x if low is None else xp.maximum(x, low)
    return raised if high is None else xp.minimum(raised, high)


def _joined(name: str) -> Rule:
    def rule(xp: Namespace, arrays: Any, axis: int | None = 0) -> Array:
        return getattr(xp, name)([_array(xp, x, arrays) for x in arrays], axis=axis)

    return rule


def _array(xp: Namespace, x: Any, like: Any) -> Array:
    """A Python number among arrays, as an array without axes."""
    if not isinstance(x, float | int):
        return x
    array = next(a for a in like if hasattr(a, "shape"))
    return xp.sum(xp.zeros_like(array)) + x


def _stacked(axis: int) -> Rule:
    """np.vstack (0) and np.hstack (1)."""

    def rule(xp: Namespace, arrays: Any) -> Array:
        parts = [_array(xp, x, arrays) for x in arrays]
        if axis == 0:
            parts = [xp.reshape(x, (1, -1)) if _rank(x) < 2 else x for x in parts]
            return xp.concat(parts, axis=0)
        parts = [xp.reshape(x, (1,)) if _rank(x) == 0 else x for x in parts]
        return xp.concat(parts, axis=0 if _rank(parts[0]) == 1 else 1)

    return rule


def _convolve(xp: Namespace, x: Array, y: Array, mode: str = "full") -> Array:
    n, m = x.shape[0], y.shape[0]
    product = xp.reshape(x, (-1, 1)) * xp.reshape(y, (1, -1))
    diagonal = np.add.outer(np.arange(n), np.arange(m))
    full = [
        xp.sum(xp.where(diagonal == k, product, xp.zeros_like(product))) for k in range(n + m - 1)
    ]
    start, stop = {
        "full": (0, n + m - 1),
        "same": ((min(n, m) - 1) // 2, (min(n, m) - 1) // 2 + max(n, m)),
        "valid": (min(n, m) - 1, max(n, m)),
    }[mode]
    return xp.stack(full[start:stop], axis=0)


def _xlogy(xp: Namespace, x: Array, y: Array) -> Array:
    zero = (x == 0) if hasattr(x, "shape") else np.asarray(x == 0)
    return xp.where(zero, 0.0, x * xp.log(xp.where(zero, 1.0, y)))


_ELEMENTWISE: dict[str, str] = {
    **{name: name for name in UNARY if hasattr(np, name)},
    **{"absolute": "abs", "fabs": "abs", "negative": "neg", "arctan": "atan", "arcsin": "asin"},
    **{"arccos": "acos", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh"},
}

FUNCTIONS: dict[Any, Rule] = {
    **{getattr(np, name): UNARY[ours] for name, ours in _ELEMENTWISE.items()},
    **{
        getattr(np, name): (lambda f: lambda xp, x, y: f(x, y))(function)
        for name, function in {
            **{"add": operator.add, "subtract": operator.sub, "multiply": operator.mul},
            **{"true_divide": operator.truediv, "less": operator.lt, "less_equal": operator.le},
            **{"greater": operator.gt, "greater_equal": operator.ge, "equal": operator.eq},
            **{"not_equal": operator.ne, "logical_and": operator.and_},
            **{"logical_or": operator.or_},
        }.items()
    },
    np.bitwise_and: lambda xp, x, y: x & y,
    np.bitwise_or: lambda xp, x, y: x | y,
    np.bitwise_xor: differ,
    np.logical_xor: differ,
    np.logical_not: lambda xp, x: ~x,
    np.invert: lambda xp, x: ~x,
    np.positive: lambda xp, x: x,
    np.deg2rad: lambda xp, x: x * (math.pi / 180),
    np.radians: lambda xp, x: x * (math.pi / 180),
    np.power: lambda xp, x, y: xp.pow(x, y) if hasattr(x, "shape") else x**y,
    np.float_power: lambda xp, x, y: xp.pow(x, y) if hasattr(x, "shape") else x**y,
    np.arctan2: lambda xp, y, x: xp.atan2(y, x),
    np.hypot: lambda xp, x, y: xp.hypot(x, y),
    np.logaddexp: lambda xp, x, y: xp.logaddexp(x, y),
    np.logaddexp2: lambda xp, x, y: xp.logaddexp(x * math.log(2), y * math.log(2)) / math.log(2),
    np.maximum: lambda xp, x, y: xp.maximum(x, y),
    np.minimum: lambda xp, x, y: xp.minimum(x, y),
    np.fmax: lambda xp, x, y: xp.maximum(x, y),
    np.fmin: lambda xp, x, y: xp.minimum(x, y),
    np.heaviside: lambda xp, x, y: xp.where(x > 0, 1.0, xp.where(x == 0, y, 0.0)),
    np.clip: _clip,
    np.where: lambda xp, condition, x, y: xp.where(condition, x, y),
    np.sum: _sum,
    np.mean: lambda xp, x, axis=None, keepdims=False: xp.mean(x, axis=axis, keepdims=keepdims),
    np.prod: lambda xp, x, axis=None, keepdims=False: xp.prod(x, axis=axis, keepdims=keepdims),
    np.max: lambda xp, x, axis=None, keepdims=False: xp.max(x, axis=axis, keepdims=keepdims),
    np.min: lambda xp, x, axis=None, keepdims=False: xp.min(x, axis=axis, keepdims=keepdims),
    np.ptp: lambda xp, x, axis=None: xp.max(x, axis=axis) - xp.min(x, axis=axis),
    np.var: _var,
    np.std: _std,
    np.average: _average,
    np.cumsum: _cumsum,
    np.diff: _diff,
    np.trace: _trace,
    np.triu: _triangle(np.triu),
    np.tril: _triangle(np.tril),
    np.linalg.norm: _norm,
    np.matmul: lambda xp, x, y: xp.matmul(x, y),
    np.dot: _dot,
    np.inner: _inner,
    np.outer: _outer,
    np.vdot: _vdot,
    np.tensordot: _tensordot,
    np.einsum: _einsum,
    np.convolve: _convolve,
    np.concatenate: _joined("concat"),
    np.stack: _joined("stack"),
    np.vstack: _stacked(0),
    np.hstack: _stacked(1),
    np.reshape: lambda xp, x, shape: xp.reshape(x, _shape(shape)),
    np.transpose: lambda xp, x, axes=None: xp.permute_dims(x, _order(x, axes)),
}
"""Functions that compute."""
FUNCTIONS[np.absolute] = FUNCTIONS[np.abs]

MOVING: frozenset[Any] = frozenset(
    {
        *(operator.getitem, np.ravel, np.squeeze, np.expand_dims, np.swapaxes, np.moveaxis),
        *(np.broadcast_to, np.roll, np.flip, np.fliplr, np.flipud, np.rot90, np.take, np.diagonal),
        *(np.take_along_axis, np.repeat, np.tile, np.atleast_1d, np.atleast_2d, np.copy),
        *(np.split, np.array_split, np.hsplit, np.vsplit, np.delete, np.compress, np.rollaxis),
        *(np.linalg.diagonal, np.matrix_transpose),
    }
)
"""Functions whose result holds entries of their first argument."""

CONSTANT: frozenset[Any] = frozenset(
    {
        *(np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero, np.flatnonzero, np.sign),
        *(np.floor, np.ceil, np.rint, np.trunc, np.round, np.isnan, np.isfinite, np.isinf),
        *(np.zeros_like, np.ones_like, np.empty_like, np.shape, np.ndim, np.size, np.any, np.all),
        *(np.allclose, np.isclose, np.array_equal, np.searchsorted, np.count_nonzero, np.signbit),
        *(np.floor_divide, np.result_type, np.iscomplexobj, np.isrealobj),
    }
)
"""Functions whose result does not move with their arguments, wherever it has a derivative."""


def _shape(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if np.ndim(shape) == 0 else tuple(int(n) for n in shape)


def _order(x: Array, axes: Any) -> tuple[int, ...]:
    rank = _rank(x)
    return tuple(reversed(range(rank))) if axes is None else tuple(int(a) % rank for a in axes)


SCIPY: dict[str, Rule] = {
    "expit": UNARY["sigmoid"],
    "log_expit": logsigmoid,
    "xlogy": _xlogy,
    "logit": lambda xp, x: xp.log(x) - xp.log1p(-x),
    "cbrt": UNARY["cbrt"],
    "entr": lambda xp, x: -_xlogy(xp, x, x),
}
"""Universal functions of scipy.special, by name."""

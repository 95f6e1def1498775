"""NumPy's functions in the operations of a loss: function -> rule(xp, the function's arguments).

Those that only move entries (`MOVING`, `FILLING`), and those whose result has no derivative
(`CONSTANT`), need no rule: `loss` runs them at the point.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy import rules
from gradparity.harness.plain.steps.incomplete_beta import betainc
from gradparity.harness.plain.steps.mathematics import UNARY, differ, logsigmoid
from gradparity.harness.plain.steps.translation import Untranslatable

Rule = Callable[..., Any]


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
    np.clip: rules.clip,
    np.where: lambda xp, condition, x, y: xp.where(condition, x, y),
    np.sum: rules.total,
    np.mean: lambda xp, x, axis=None, keepdims=False: xp.mean(x, axis=axis, keepdims=keepdims),
    np.prod: lambda xp, x, axis=None, keepdims=False: xp.prod(x, axis=axis, keepdims=keepdims),
    np.max: lambda xp, x, axis=None, keepdims=False: xp.max(x, axis=axis, keepdims=keepdims),
    np.min: lambda xp, x, axis=None, keepdims=False: xp.min(x, axis=axis, keepdims=keepdims),
    np.ptp: lambda xp, x, axis=None: xp.max(x, axis=axis) - xp.min(x, axis=axis),
    np.var: rules.var,
    np.std: rules.std,
    np.average: rules.average,
    np.cumsum: rules.cumsum,
    np.cumprod: rules.cumprod,
    np.cumulative_sum: rules.cumulative("cumulative_sum"),
    np.cumulative_prod: rules.cumulative("cumulative_prod"),
    np.diff: rules.diff,
    np.trace: rules.trace,
    np.triu: rules.upper,
    np.tril: rules.lower,
    np.linalg.norm: rules.norm,
    np.matmul: lambda xp, x, y: xp.matmul(x, y),
    np.dot: rules.dot,
    np.inner: rules.inner,
    np.outer: rules.outer,
    np.vdot: rules.vdot,
    np.tensordot: rules.tensordot,
    np.einsum: rules.einsum,
    np.convolve: rules.convolve,
    np.concatenate: rules.joined("concat"),
    np.stack: rules.joined("stack"),
    np.vstack: rules.stacked(0),
    np.hstack: rules.stacked(1),
    np.reshape: lambda xp, x, shape: xp.reshape(x, rules.shape_of(shape)),
    np.transpose: lambda xp, x, axes=None: xp.permute_dims(x, rules.order_of(x, axes)),
}
"""Functions that compute."""
FUNCTIONS[np.absolute] = FUNCTIONS[np.abs]

MOVING: frozenset[Any] = frozenset(
    {
        *(operator.getitem, np.ravel, np.squeeze, np.expand_dims, np.swapaxes, np.moveaxis),
        *(np.broadcast_to, np.roll, np.flip, np.fliplr, np.flipud, np.rot90, np.take, np.diagonal),
        *(np.take_along_axis, np.repeat, np.tile, np.atleast_1d, np.atleast_2d, np.copy),
        *(np.split, np.array_split, np.hsplit, np.vsplit, np.delete, np.compress, np.rollaxis),
        *(np.linalg.diagonal, np.matrix_transpose, np.unstack),
        *(np.lib.stride_tricks.sliding_window_view, np.fft.fftshift, np.fft.ifftshift),
    }
)
"""Functions whose result holds entries of their first argument."""

FILLING: frozenset[Any] = frozenset({np.diag, np.diagflat, np.pad})
"""Functions whose result holds entries of their first argument, and zeros."""

CONSTANT: frozenset[Any] = frozenset(
    {
        *(np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero, np.flatnonzero, np.sign),
        *(np.floor, np.ceil, np.rint, np.trunc, np.round, np.isnan, np.isfinite, np.isinf),
        *(np.zeros_like, np.ones_like, np.empty_like, np.shape, np.ndim, np.size, np.any, np.all),
        *(np.allclose, np.isclose, np.array_equal, np.searchsorted, np.count_nonzero, np.signbit),
        *(np.digitize, np.argpartition, np.lexsort),
        *(np.floor_divide, np.result_type, np.iscomplexobj, np.isrealobj),
    }
)
"""Functions whose result does not move with their arguments, wherever it has a derivative."""


def _zeta(xp: Any, s: Any, x: Any) -> Any:
    """Hurwitz's ζ of a whole number s ≥ 2, by a derivative of ψ."""
    n = int(s) - 1
    if n != s - 1 or n < 1:
        raise Untranslatable(f"scipy.special.zeta({s}, x) has a translation for whole numbers")
    return xp.polygamma(n, x) * ((-1) ** (n + 1) / math.factorial(n))


_OF_SCIPY = (
    *("erf", "erfc", "erfinv", "log_ndtr", "ndtr", "i0e", "i1e", "gammainc", "gammaincc"),
    *("betaln", "xlog1py"),
)

SCIPY: dict[str, Rule] = {
    **{name: (lambda n: lambda xp, *x: getattr(xp, n)(*x))(name) for name in _OF_SCIPY},
    "gammaln": UNARY["lgamma"],
    "psi": UNARY["digamma"],
    **{name: _zeta for name in ("zeta", "_zeta")},
    "exp2": UNARY["exp2"],
    "i0": lambda xp, x: xp.i0e(x) * xp.exp(xp.abs(x)),
    "i1": lambda xp, x: xp.i1e(x) * xp.exp(xp.abs(x)),
    "gamma": lambda xp, x: xp.exp(xp.lgamma(x)),  # where x > 0; else the values tell it apart
    "beta": lambda xp, a, b: xp.beta(a, b),
    "betainc": betainc,
    "expit": UNARY["sigmoid"],
    "log_expit": logsigmoid,
    "xlogy": rules.xlogy,
    "logit": lambda xp, x: xp.log(x) - xp.log1p(-x),
    "cbrt": UNARY["cbrt"],
    "entr": lambda xp, x: -rules.xlogy(xp, x, x),
}
"""Universal functions of scipy.special, by name."""

"""The operations of a loss on HIPS autograd's boxes.

autograd.numpy has NumPy's names, and no derivative for a few operations of a loss: these are
written here in terms of others.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from gradparity.backends.numpy_integers import integers
from gradparity.problems import Namespace
from gradparity.problems.operations import numpy_functions

_WITHOUT = {
    name: f"autograd.scipy.special has no {name} that it can differentiate both ways"
    for name in ("log_ndtr", "i0e", "i1e")
}
_NAMES = {
    **{"asin": "arcsin", "acos": "arccos", "asinh": "arcsinh", "acosh": "arccosh"},
    **{"atanh": "arctanh", "round": "rint"},
}
"""Our names for what autograd.numpy has under another."""


@cache
def library(dtype: str = "float64") -> tuple[Any, Namespace]:
    """The library and its namespace, under Array API names, for losses in `dtype`."""
    import autograd
    import autograd.numpy as anp
    import autograd.scipy.special

    special = autograd.scipy.special

    def take(x: Any, indices: Any, axis: int | None = None) -> Any:
        along = 0 if axis is None else axis % anp.ndim(x)
        return x[(slice(None),) * along + (indices,)]

    def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
        rank = anp.ndim(indices)
        along = axis % rank
        places: list[Any] = []
        for i, length in enumerate(np.shape(indices)):
            places.append(np.arange(length).reshape([-1 if j == i else 1 for j in range(rank)]))
        places[along] = indices
        return x[tuple(places)]

    def flip(x: Any, axis: Any = None) -> Any:
        rank = anp.ndim(x)
        given = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        turned = {a % rank for a in given}
        return x[tuple(slice(None, None, -1 if i in turned else None) for i in range(rank))]

    def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        # autograd divides the product by each factor: NaN at a zero. So multiply one by one.
        rank = anp.ndim(x)
        given = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        for a in sorted({a % rank for a in given}, reverse=True):
            ahead = (slice(None),) * a
            product = anp.ones_like(x[(*ahead, 0)]) if anp.shape(x)[a] else anp.sum(x, axis=a) + 1
            for i in range(anp.shape(x)[a]):
                product = product * x[(*ahead, i)]
            x = anp.expand_dims(product, a) if keepdims else product
        return x

    def cumulative_sum(x: Any, axis: int | None = None, include_initial: bool = False) -> Any:
        along = 0 if axis is None else axis
        found = anp.cumsum(x, axis=along)
        if not include_initial:
            return found
        start = anp.zeros_like(take(x, np.arange(1), axis=along))
        return anp.concatenate([start, found], axis=along)

    def argsort(x: Any, **how: Any) -> Any:
        return integers(numpy_functions.argsort(_plain(x), **how), floating)

    def hypot(x: Any, y: Any) -> Any:
        # autograd's own has no forward rule, and 0/0 for a derivative at the origin; 0 is the
        # centre of the subgradients there. s √((x/s)² + (y/s)²) is the same for any constant s: a
        # power of two near the larger of the two rounds nothing, and keeps squares in range.
        largest = np.maximum(np.abs(_plain(x)), np.abs(_plain(y)))
        s = np.ldexp(np.ones_like(largest), np.frexp(largest)[1] - 1)
        s = np.maximum(s, 4 * np.finfo(s.dtype).tiny)  # s times a slope is not to underflow
        squares = anp.square(x / s) + anp.square(y / s)
        origin = _plain(squares) == 0
        return anp.where(origin, 0.0, s * anp.sqrt(anp.where(origin, 1.0, squares)))

    def solve(a: Any, b: Any) -> Any:
        if anp.ndim(b) == 1:
            return anp.linalg.solve(a, b[:, None])[..., 0]
        lead = np.broadcast_shapes(anp.shape(a)[:-2], anp.shape(b)[:-2])
        pair = (x + np.zeros((*lead, *anp.shape(x)[-2:]), x.dtype) for x in (a, b))
        return anp.linalg.solve(*pair)

    def arange(*bounds: Any, dtype: Any = None, **more: Any) -> Any:
        return integers(np.arange(*bounds, dtype=dtype, **more), floating)

    def broadcast_to(x: Any, shape: Any) -> Any:
        # autograd's own has no derivative where axes are new.
        if _is_whole(x):
            return np.broadcast_to(x, shape)
        return x * np.ones(shape, _plain(x).dtype)

    def where(condition: Any, x: Any, y: Any) -> Any:
        if isinstance(x, float) and isinstance(y, float):
            return np.where(condition, np.asarray(x, dtype), np.asarray(y, dtype))
        # autograd's own is wrong about an operand of fewer axes than the condition.
        shape = np.broadcast_shapes(*(np.shape(_plain(v)) for v in (condition, x, y)))
        whole = all(not isinstance(v, float) and _is_whole(v) for v in (x, y))
        x, y = (
            np.full(shape, v, None if whole else dtype)
            if isinstance(v, int | float)
            else (v if anp.shape(v) == shape else broadcast_to(v, shape))
            for v in (x, y)
        )
        return anp.where(condition, x, y)

    def polygamma(n: int, x: Any) -> Any:
        return special.polygamma(n, x).astype(_plain(x).dtype)  # SciPy's is in float64

    floating = dtype
    names = ("erf", "erfc", "erfinv", "digamma", "gammainc", "gammaincc", "logit")
    replacements = {
        **{name: getattr(special, name) for name in names},
        "lgamma": special.gammaln,
        "betaln": special.betaln,
        **{ours: getattr(anp, theirs) for ours, theirs in _NAMES.items()},
        "complex": lambda re, im: re + 1j * im,
        **{name: getattr(anp, name) for name in ("real", "imag", "conj", "angle")},
        "arange": arange,
        "argsort": argsort,
        "argmax": lambda x, **how: integers(np.argmax(_plain(x), **how), floating),
        "polygamma": polygamma,
        "broadcast_to": broadcast_to,
        "where": where,
        "pow": anp.power,
        "atan": anp.arctan,
        "atan2": anp.arctan2,
        "hypot": hypot,
        "concat": anp.concatenate,
        "permute_dims": anp.transpose,
        "matrix_transpose": lambda x: anp.swapaxes(x, -1, -2),
        "astype": lambda x, dtype: x.astype(dtype),
        "prod": prod,
        "flip": flip,
        "take": take,
        "take_along_axis": take_along_axis,
        "cumulative_sum": cumulative_sum,
        "solve": solve,
        "slogdet": anp.linalg.slogdet,
        "cholesky": lambda x, upper=False: _turned(anp.linalg.cholesky(_symmetric(x)), upper),
        "eigh": lambda x: anp.linalg.eigh(_symmetric(x)),
    }
    without = _WITHOUT | dict.fromkeys(("qr", "expm"), "the library has no derivative of it")
    return autograd, Namespace("autograd", anp, replacements, without)


def _symmetric(x: Any) -> Any:
    return (x + _turned(x)) / 2


def _turned(x: Any, really: bool = True) -> Any:
    import autograd.numpy as anp

    return anp.swapaxes(x, -1, -2) if really else x


def _is_whole(x: Any) -> bool:
    """Whether x holds integers or truth values."""
    return np.asarray(getattr(x, "_value", x)).dtype.kind in "biu"


def _plain(x: Any) -> Any:
    """The array in all the boxes of autograd's traces, an array of floats or complex numbers."""
    from autograd.tracer import getval, isbox

    while isbox(x):
        x = getval(x)
    return x if np.asarray(x).dtype.kind in "fc" else np.asarray(x, np.float64)

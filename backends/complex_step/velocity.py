"""Complex arrays with a velocity: second derivatives by an imaginary step, without a difference.

Let θ move along v, formally: z + w ε with ε² = 0 and z, w complex. For an analytic f

    f(z + w ε) = f(z) + f′(z) w ε,

and with z = θ + ih u and w = v the imaginary part of f′(z) w is h uᵀ H v: nothing is subtracted, so
a small entry of a Hessian beside large ones keeps its digits.

A rule is f′ at a complex number (`functions.py`). What is linear acts on both parts; a product has
two terms. A velocity of zero stays zero whatever it meets.

Source: Lantoine, Russell and Dargent, Using multicomplex variables for automatic computation of
high-order derivatives, ACM Transactions on Mathematical Software 38 (2012); the second imaginary
unit is ε here, because only its first power is asked for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradparity.backends.complex_step.functions import ANALYTIC
from gradparity.backends.complex_step.numbers import NO_LAPACK, Shift, refuse
from gradparity.problems import Array, Namespace
from gradparity.problems.namespace import NUMPY
from gradparity.problems.operations import linear_algebra, numpy_functions
from gradparity.problems.refusals import Refusals

_LINEAR = {
    *("sum", "mean", "cumulative_sum", "cumsum", "reshape", "expand_dims", "squeeze", "ravel"),
    *("broadcast_to", "permute_dims", "transpose", "matrix_transpose", "swapaxes", "moveaxis"),
    *("flip", "roll", "take", "take_along_axis", "copy", "atleast_1d"),
}
_PRODUCTS = {"einsum", "dot", "vecdot"}
_JOINING = {"concatenate", "concat", "stack"}


class Moving(Refusals, NDArrayOperatorsMixin):
    """z + w ε. value, velocity: z and w, clongdouble, of one shape."""

    __slots__ = ("value", "velocity")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Array, velocity: Array) -> None:
        self.value = np.asarray(value, np.clongdouble)
        self.velocity = np.broadcast_to(velocity, self.value.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as of a NumPy array."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim

    @property
    def dtype(self) -> Any:
        """Always clongdouble."""
        return self.value.dtype

    @property
    def T(self) -> Moving:
        """The array with its axes reversed."""
        return Moving(self.value.T, self.velocity.T)

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, key: Any) -> Moving:
        return Moving(self.value[key], self.velocity[key])

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc not in _UFUNCS or method != "__call__":
            raise refuse(ufunc.__name__)
        return _UFUNCS[ufunc](*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = function.__name__
        if name in _LINEAR:
            x, *rest = args
            parts = (function(part, *rest, **kwargs) for part in (x.value, x.velocity))
            return Moving(*parts)
        if name in _JOINING:
            arrays, *rest = args
            parts = (function([part(x) for x in arrays], *rest, **kwargs) for part in _PARTS)
            return Moving(*parts)
        if name == "where":
            condition, *branches = args
            return Moving(*(np.where(condition, *map(part, branches)) for part in _PARTS))
        if name in _PRODUCTS:
            fixed = [x for x in args if isinstance(x, str)]
            return _product(partial(function, *fixed, **kwargs), *args[len(fixed) :])
        if name == "prod":
            return _prod(*args, **kwargs)
        if name in ("zeros_like", "ones_like"):
            return function(args[0].value.real, *args[1:], **kwargs)
        raise refuse(name)


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Moving) else np.asarray(x)


def _velocity(x: Any) -> Any:
    return x.velocity if isinstance(x, Moving) else np.zeros(np.shape(x), np.clongdouble)


_PARTS = (_value, _velocity)


def _elementwise(function: Callable[..., Array], *slopes: Callable[..., Any]) -> Callable[..., Any]:
    """The function of operands that broadcast; slopes: ∂/∂z of each, of (z ..., result)."""

    def operation(*operands: Any) -> Moving:
        z = [np.asarray(_value(x)) + 0j for x in operands]
        y = function(*z)
        total: Any = 0.0
        for x, slope in zip(operands, slopes, strict=True):
            if isinstance(x, Moving):
                total = total + np.where(x.velocity == 0, 0.0, slope(*z, y) * x.velocity)
        return Moving(y, total)

    return operation


def _product(product: Callable[..., Array], *operands: Any) -> Moving:
    """product(*operands), linear in each."""
    z = [_value(x) for x in operands]
    moving = (i for i, x in enumerate(operands) if isinstance(x, Moving))
    terms = (product(*z[:i], operands[i].velocity, *z[i + 1 :]) for i in moving)
    return Moving(product(*z), reduce(operator.add, terms))


def _prod(x: Moving, axis: Any = None, keepdims: bool = False) -> Any:
    """The product over axes, factor by factor: no division, so zeros do no harm."""
    axes = np.lib.array_utils.normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    front = np.permute_dims(x, (*axes, *kept))
    flat = np.reshape(front, (-1, *(x.shape[i] for i in kept)))
    one = Moving(np.ones(flat.shape[1:]), np.zeros(flat.shape[1:]))
    found = reduce(operator.mul, (flat[i] for i in range(len(flat))), one)
    return np.expand_dims(found, axes) if keepdims else found


# fmt: off
_ARITHMETIC: dict[str, tuple[Callable[..., Any], ...]] = {
    "add":        (np.add, lambda x, y, f: 1.0, lambda x, y, f: 1.0),
    "subtract":   (np.subtract, lambda x, y, f: 1.0, lambda x, y, f: -1.0),
    "multiply":   (np.multiply, lambda x, y, f: y, lambda x, y, f: x),
    "divide":     (np.divide, lambda x, y, f: 1 / y, lambda x, y, f: -f / y),
    "negative":   (np.negative, lambda z, f: -1.0),
    "positive":   (np.positive, lambda z, f: 1.0),
}
# fmt: on
_UFUNCS: dict[Any, Callable[..., Moving]] = {
    np.matmul: partial(_product, np.matmul),
    **{
        getattr(np, name): _elementwise(*rule)
        for name, rule in {**_ARITHMETIC, **ANALYTIC}.items()
        if hasattr(np, name)
    },
}


def _reduced(name: str) -> Callable[..., Any]:
    """max or min, which `prepare` has found to be a shift alone."""
    shifted = Shift(0.0).operation(name)
    return lambda x, **options: shifted(_value(x).real if isinstance(x, Moving) else x, **options)


def _special(name: str) -> Callable[..., Any]:
    """A function that NumPy lacks."""
    real, moving = getattr(NUMPY, name), _elementwise(*ANALYTIC[name])

    def operation(*operands: Any) -> Any:
        some = any(isinstance(x, Moving) for x in operands)
        return moving(*operands) if some else real(*operands)

    return operation


MOVING = Namespace(
    "NumPy in clongdouble, with velocities",
    np,
    {
        **{name: _reduced(name) for name in ("max", "min")},
        **{name: _special(name) for name in ANALYTIC if not hasattr(np, name)},
        "argsort": numpy_functions.argsort,
        "astype": lambda x, dtype: x if isinstance(x, Moving) else x.astype(dtype),
    },
    dict.fromkeys(linear_algebra.FAMILY.primitives, NO_LAPACK),
    complex_pairs=True,
)
"""The operations of a loss on `Moving` parameters and real data."""
